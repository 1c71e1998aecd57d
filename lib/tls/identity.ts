import type { KeyObject } from "node:crypto";
import type { AlertName } from "./alerts.ts";
import type { CertificateType } from "./code_points.ts";
import type { Signer } from "./signatures.ts";
import { parseCertificate } from "./x509/certificate.ts";
import { type ChainProblem, pinOf, publicKeyOf, verifyChain } from "./x509/chain.ts";
import { coversHost } from "./x509/host_name.ts";
import type { ParsedCertificate } from "./x509/certificate.ts";

/** What this end proves its identity with. */
export interface Credentials {
  readonly type: CertificateType;
  /** Certificates in DER, our own first; or one SubjectPublicKeyInfo. */
  readonly entries: readonly Uint8Array[];
  readonly key: KeyObject;
}

/** What the other end showed. */
export interface PeerIdentity {
  readonly type: CertificateType;
  readonly entries: readonly Uint8Array[];
  /** Its key, whose use the handshake proves. */
  readonly publicKey: KeyObject;
  /** `sha256/BASE64` of its SubjectPublicKeyInfo. */
  readonly pin: string;
}

/** Why an identity was not proved. */
export type IdentityProblem = ChainProblem | "host-mismatch" | "pin-mismatch" | "unknown-key";

/** What the check of an identity found. */
export interface IdentityVerdict {
  /** Whether it is who it should be. */
  readonly trusted: boolean;
  readonly problem: IdentityProblem | null;
  /** Why, in words, to follow "the certificate is ... : ". */
  readonly text: string;
  /** What to close the connection with if it is not trusted. */
  readonly alert: AlertName;
}

/** Whom to trust. */
export interface Trust {
  /** Trusted certificates. */
  readonly roots: readonly ParsedCertificate[];
  /** Keys that are trusted whatever certificate they come in: `sha256/BASE64`. */
  readonly pins?: readonly string[];
  /** The name that the certificate must be for; null for none (client certificates). */
  readonly host: string | null;
  /** The time, in milliseconds since 1970. */
  readonly nowMs: number;
}

const TRUSTED: IdentityVerdict = { trusted: true, problem: null, text: "", alert: "close_notify" };

/**
 * The identity in a Certificate message.
 *
 * @throws {TlsError} If its key cannot be used.
 */
export function identityOf(type: CertificateType, entries: readonly Uint8Array[]): PeerIdentity {
  const [first = new Uint8Array(0)] = entries;
  const info = type === "rawPublicKey" ? first : parseCertificate(first).publicKeyInfo;
  return { type, entries, publicKey: publicKeyOf(info), pin: pinOf(info) };
}

/** Checks an identity; `peer` is the end that showed it. */
export function checkIdentity(identity: PeerIdentity, peer: Signer, trust: Trust): IdentityVerdict {
  if (trust.pins?.includes(identity.pin) === true) return TRUSTED;
  if (identity.type === "rawPublicKey") {
    return denied(
      "unknown-key",
      `its public key ${identity.pin} is not one of those expected`,
      "bad_certificate",
    );
  }
  const { roots, nowMs, host } = trust;
  if (trust.pins !== undefined && trust.pins.length > 0 && roots.length === 0) {
    return denied("pin-mismatch", `its key is ${identity.pin}`, "bad_certificate");
  }
  const chain = verifyChain({ certificates: identity.entries, roots, nowMs, usage: peer });
  if (!chain.ok) return denied(chain.problem, chain.text, chain.alert);
  if (host !== null && !coversHost(chain.leaf, host)) {
    const names = [...chain.leaf.dnsNames].slice(0, 4).join(", ");
    return denied(
      "host-mismatch",
      `it is not for ${host}${names === "" ? "" : ` but for ${names}`}`,
      "bad_certificate",
    );
  }
  return TRUSTED;
}

function denied(problem: IdentityProblem, text: string, alert: AlertName): IdentityVerdict {
  return { trusted: false, problem, text, alert };
}
