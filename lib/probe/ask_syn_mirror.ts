import type { Endpoint } from "../base/endpoint.ts";
import { toMptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import type { Tristate } from "../base/path.ts";
import type { Connection } from "../io/connection.ts";
import { deadline, orAborted } from "../io/deadline.ts";
import { mpCapableOf } from "../mptcp/syn.ts";
import { findTcpSocket } from "../netlink/sockets.ts";
import { ULP_FLAGS } from "../netlink/ulp.ts";
import { StreamReader } from "../protocol/stream_reader.ts";
import { MAX_SYN_MIRROR_BYTES, parseSynMirror, type SynMirrorAnswer } from "../protocol/syn_mirror.ts";
import { connectKernel } from "../transport/connect_kernel.ts";

/** What to ask a SYN mirror with. */
export interface SynMirrorAskOptions {
  /** The kind of socket whose SYN is looked at. */
  readonly transport: "tcp" | "mptcp";
  /** How long the connect and the answer may take together, in milliseconds. */
  readonly timeoutMs: number;
  /** Local address. @default {undefined} the kernel chooses */
  readonly localAddress?: Ip;
  /** Interface. @default {undefined} the kernel chooses */
  readonly interface?: string;
  /** TCP_MAXSEG: an odd one that arrives changed was changed on the way. @default {undefined} from the path */
  readonly maxSegmentBytes?: number;
  /** Ends the question. */
  readonly signal?: AbortSignal;
}

/** A question to a SYN mirror and what came of it. */
export interface SynMirrorAsk {
  /** The kind of socket that was used. */
  readonly transport: "tcp" | "mptcp";
  /** This end's address and port; null when there was no connection. */
  readonly local: string | null;
  /** How long the connect took, in milliseconds; null when there was no connection. */
  readonly ms: number | null;
  /**
   * Whether the SYN that the mirror answered left with MP_CAPABLE. `no` on an MPTCP socket: this host has
   * switched MPTCP off after a black hole, or gave up on it when the first SYNs got no answer.
   */
  readonly sent_mp_capable: Tristate;
  /** The SYN as it arrived; null when there was no usable answer. */
  readonly answer: SynMirrorAnswer | null;
  /** Why there is no answer; null when there is one. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/**
 * Opens a connection to the SYN mirror of an `mpt serve` and fetches how its SYN arrived. The mirror is a
 * plain TCP port, so an MPTCP socket always falls back there; what counts is what its SYN carried.
 *
 * @param ip The address of the server.
 * @param port The mirror's port, as the check answer tells it.
 * @param options The kind of socket, limits, signal.
 * @returns What came of it. A failure is data; it never rejects.
 */
export async function askSynMirror(
  ip: Ip,
  port: number,
  options: SynMirrorAskOptions,
): Promise<SynMirrorAsk> {
  const { transport, timeoutMs, signal, ...rest } = options;
  let connection: Connection | undefined;
  let sent: Tristate = transport === "tcp" ? "no" : "unknown";
  const outcome = (answer: SynMirrorAnswer | null, error: SynMirrorAsk["error"]): SynMirrorAsk => ({
    transport,
    local: connection?.local.address ?? null,
    ms: connection?.connectMs ?? null,
    sent_mp_capable: sent,
    answer,
    error,
  });
  using limit = deadline(timeoutMs, signal);
  try {
    connection = await connectKernel(transport, ip, port, { ...rest, timeoutMs, signal: limit.signal });
    // Before the mirror closes: the socket tells it only while it lives.
    if (transport === "mptcp") sent = askedForMptcp(connection);
    const line = await orAborted(readLine(connection), "get the SYN mirror's answer", limit.signal);
    return outcome(parseSynMirror(line), null);
  } catch (error) {
    const { code, message } = toMptError(error, "Cannot ask the SYN mirror");
    if (limit.expired) {
      const reason = `Cannot ask the SYN mirror: no answer in ${timeoutMs / 1000} s`;
      return outcome(null, { code: "ERR_TIMED_OUT", message: reason });
    }
    return outcome(null, { code, message });
  } finally {
    connection?.abort();
    await connection?.closed;
  }
}

/**
 * Whether MP_CAPABLE survives on the way to the server.
 *
 * @param ask What came of a question over MPTCP.
 * @returns `no` only when it left here and did not arrive; `unknown` when it did not leave, or nobody can tell.
 */
export function mpCapableArrived({ sent_mp_capable, answer }: SynMirrorAsk): Tristate {
  if (answer?.options === null || answer?.options === undefined) return "unknown";
  if (mpCapableOf(answer.options) !== null) return "yes";
  return sent_mp_capable === "yes" && answer.malformed_hex === null ? "no" : "unknown";
}

/** The kernel's own record: the flag goes when it gives up on MPTCP before a SYN. */
function askedForMptcp(ends: { readonly local: Endpoint; readonly remote: Endpoint }): Tristate {
  try {
    const flags = findTcpSocket(ends.local, ends.remote)?.ulp?.flags;
    if (flags === undefined) return "unknown";
    return (flags & ULP_FLAGS.MCAP_LOC) === 0 ? "no" : "yes";
  } catch {
    return "unknown";
  }
}

async function readLine(connection: Connection): Promise<string> {
  const reader = new StreamReader(await connection.openStream());
  const parts: Uint8Array[] = [];
  let length = 0;
  // One byte more than allowed is enough for the parser to refuse it.
  while (length <= MAX_SYN_MIRROR_BYTES) {
    const chunk = await reader.readSome(MAX_SYN_MIRROR_BYTES + 1 - length);
    if (chunk === null) break;
    parts.push(chunk.slice());
    length += chunk.length;
    if (chunk.includes(0x0a)) break;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return new TextDecoder().decode(bytes);
}
