import type { MptError } from "../../base/errors.ts";
import type { Tristate } from "../../base/path.ts";
import type { SendOutcome } from "../../io/datagram_socket.ts";
import { chooseDatagramBackend } from "../../io/open_datagram_socket.ts";
import type { CloseReason } from "../../quic/connection/events.ts";
import { alertOf } from "../../quic/wire/error_codes.ts";
import { isReservedVersion } from "../../quic/wire/versions.ts";
import { reasonOf } from "../failure.ts";
import { versionWords } from "./version_words.ts";

/** What is known of an attempt that failed. */
export interface FailedQuic {
  readonly error: MptError;
  /** How the connection ended; null when there never was one. */
  readonly close: CloseReason | null;
  /** Whether a packet of the server was read. */
  readonly heard: boolean;
  /** Whether the server had the address proved first. */
  readonly retry: boolean;
  /** What became of the last packets that were sent. */
  readonly lastSend: SendOutcome;
  /** What was offered. */
  readonly alpn: readonly string[];
  /** The name that the server was told; null for none. */
  readonly serverName: string | null;
  readonly timeoutMs: number;
  /** Whether the probe itself was cut short. */
  readonly aborted: boolean;
}

/** What a failed attempt says about the server. */
export interface QuicFailure {
  readonly status: Tristate;
  readonly reason: string;
  /** What may mend it; null for nothing known. */
  readonly fix: string | null;
}

/** Alerts of TLS by number (RFC 9846 6.2, RFC 7301 3.2, RFC 6066 3). */
const HANDSHAKE_FAILURE = 40;
const UNSUPPORTED_CERTIFICATE = 43;
const UNRECOGNIZED_NAME = 112;
const CERTIFICATE_REQUIRED = 116;
const NO_APPLICATION_PROTOCOL = 120;

/** More versions than people read. */
const MAX_VERSIONS = 8;

/**
 * Judges a failed attempt. Silence proves nothing: UDP may be lost or blocked on the way. Nor does a server that
 * wanted something else to be offered. What ICMP or the server itself says is a no.
 */
export function judgeFailure(failed: FailedQuic): QuicFailure {
  const { error, close } = failed;
  if (failed.aborted) return unknown("the probe was cut short");
  switch (error.code) {
    case "ERR_TIMED_OUT":
      return unknown(silence(failed));
    case "ERR_REFUSED":
      return no(close?.by === "peer" ? reasonOf(error) : "nothing listens on this UDP port (ICMP says so)");
    case "ERR_UNREACHABLE":
      return no("the host cannot be reached (ICMP says so)");
    case "ERR_PERMISSION":
      return no("a firewall turns it away (ICMP says so)");
    case "ERR_RESET":
    case "ERR_CLOSED":
      return no(reasonOf(error));
    case "ERR_PROTOCOL":
      return no(close?.by === "version" ? otherVersions(close) : reasonOf(error));
    case "ERR_TLS":
      return close?.by === "peer" ? byAlert(failed, close) : no(reasonOf(error));
    default:
      // What this host could not do
      return { status: "unknown", reason: reasonOf(error), fix: error.fix ?? null };
  }
}

function silence({ heard, retry, lastSend, timeoutMs }: FailedQuic): string {
  const seconds = `${timeoutMs / 1000} s`;
  if (heard) return `the server answered, and the handshake was not complete in ${seconds}`;
  if (retry) return `the server asked to try again with a token (Retry), and then was silent for ${seconds}`;
  if (lastSend === "denied") return "a firewall of this host does not let it out";
  if (lastSend === "unreachable") return "this host has no route to it";
  const { backend } = chooseDatagramBackend();
  const deaf = backend === "ffi" ? "" : "; without --allow-ffi nobody would hear that nothing listens there";
  return `no answer over UDP in ${seconds}${deaf}`;
}

function otherVersions({ versions = [] }: CloseReason): string {
  const real = versions.filter((version) => !isReservedVersion(version));
  if (real.length === 0) return "the server speaks QUIC, and no version that it would name";
  const names = real.slice(0, MAX_VERSIONS).map(versionWords).join(", ");
  return `the server speaks QUIC but not version 1: it offers ${names}`;
}

function byAlert({ error, alpn, serverName }: FailedQuic, { errorCode }: CloseReason): QuicFailure {
  const reason = `the server speaks QUIC, but ${reasonOf(error).replace(/^the other end/, "it")}`;
  switch (errorCode === null ? null : alertOf(errorCode)) {
    case NO_APPLICATION_PROTOCOL:
      return {
        status: "unknown",
        reason: `the server speaks QUIC, but none of ${alpn.join(", ")}`,
        fix: "--alpn with a protocol that the server has",
      };
    case UNRECOGNIZED_NAME:
      return { status: "unknown", reason, fix: "--server-name with a name that the server has" };
    case HANDSHAKE_FAILURE:
      // Servers of many names have no certificate to show to those who ask for none
      return serverName === null
        ? { status: "unknown", reason, fix: "--server-name with a name that the server has" }
        : no(reason);
    case UNSUPPORTED_CERTIFICATE:
      return unknown("the server speaks QUIC, but has no certificate of a kind that was asked for");
    case CERTIFICATE_REQUIRED:
      return unknown("the server speaks QUIC, but only with clients that show a certificate");
    default:
      return no(reason);
  }
}

function unknown(reason: string): QuicFailure {
  return { status: "unknown", reason, fix: null };
}

function no(reason: string): QuicFailure {
  return { status: "no", reason, fix: null };
}
