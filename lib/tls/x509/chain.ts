import { createHash, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { Buffer } from "node:buffer";
import { type AlertName, TlsError } from "../alerts.ts";
import { OID, parseCertificate, type ParsedCertificate } from "./certificate.ts";

/** Why a chain of certificates does not prove an identity. */
export type ChainProblem =
  | "malformed"
  | "expired"
  | "not-yet-valid"
  | "unknown-issuer"
  | "self-signed"
  | "wrong-usage"
  | "weak-key"
  | "unsupported-extension";

/** What became of the verification of a chain. */
export type ChainVerdict =
  | { readonly ok: true; readonly leaf: ParsedCertificate; readonly depth: number }
  | { readonly ok: false; readonly problem: ChainProblem; readonly text: string; readonly alert: AlertName };

/** What to verify. */
export interface ChainInput {
  /** The peer's certificates in DER, its own first. */
  readonly certificates: readonly Uint8Array[];
  /** The certificates that are trusted. */
  readonly roots: readonly ParsedCertificate[];
  /** The time, in milliseconds since 1970. */
  readonly nowMs: number;
  /** What the certificate is used for. */
  readonly usage: "server" | "client";
}

/** No honest chain is longer. */
const MAX_DEPTH = 8;
const MAX_CERTIFICATES = 16;

/** A chain made to have many ways through ends here. */
const MAX_SIGNATURES = 32;

const MIN_RSA_BITS = 2048;

/** Signatures with MD5 or SHA-1. */
const WEAK_ALGORITHMS: readonly string[] = [
  "1.2.840.113549.1.1.4",
  "1.2.840.113549.1.1.5",
  "1.2.840.10045.4.1",
];

const failed = (problem: ChainProblem, text: string, alert: AlertName): ChainVerdict => ({
  ok: false,
  problem,
  text,
  alert,
});

/** Verifies a chain of certificates up to one that is trusted (RFC 5280 6, without policies). */
export function verifyChain(input: ChainInput): ChainVerdict {
  let given: readonly ParsedCertificate[];
  try {
    if (input.certificates.length > MAX_CERTIFICATES) {
      throw new TlsError("bad_certificate", "there are too many");
    }
    given = input.certificates.map(parseCertificate);
  } catch (error) {
    return failed("malformed", error instanceof Error ? error.message : String(error), "bad_certificate");
  }
  const [leaf, ...others] = given;
  if (leaf === undefined) return failed("malformed", "there is no certificate", "certificate_required");
  const problem = leafProblem(leaf, input);
  if (problem !== null) return problem;
  // The user may trust the very certificate.
  if (input.roots.some((root) => sameBytes(root.der, leaf.der))) return { ok: true, leaf, depth: 0 };
  const depth = climb(leaf, others, input, 1, { signatures: 0 }, [leaf]);
  if (depth > 0) return { ok: true, leaf, depth };
  return sameBytes(leaf.issuer, leaf.subject)
    ? failed("self-signed", "it is self-signed, and nobody here trusts it", "unknown_ca")
    : failed("unknown-issuer", "no trusted certificate stands behind it", "unknown_ca");
}

/** The SHA-256 of a SubjectPublicKeyInfo, as `sha256/BASE64` pins it. */
export function pinOf(publicKeyInfo: Uint8Array): string {
  return `sha256/${createHash("sha256").update(publicKeyInfo).digest("base64")}`;
}

/** Keys that were read lately: a program meets few servers, and most of them often. */
const readKeys = new Map<string, KeyObject>();

const MAX_READ_KEYS = 64;

/**
 * The key of a SubjectPublicKeyInfo: for the same bytes the same object, from which what libcrypto has made of
 * it is found again.
 *
 * @throws {TlsError} `unsupported_certificate` if it is of a kind that is not known here.
 */
export function publicKeyOf(publicKeyInfo: Uint8Array): KeyObject {
  const bytes = Buffer.from(publicKeyInfo);
  const name = bytes.toString("latin1");
  const known = readKeys.get(name);
  if (known !== undefined) return known;
  try {
    const key = createPublicKey({ key: bytes, format: "der", type: "spki" });
    if (readKeys.size === MAX_READ_KEYS) readKeys.clear();
    readKeys.set(name, key);
    return key;
  } catch (error) {
    throw new TlsError(
      "unsupported_certificate",
      "Cannot use the peer's key: its kind is not known here",
      error,
    );
  }
}

function leafProblem(leaf: ParsedCertificate, { nowMs, usage }: ChainInput): ChainVerdict | null {
  const date = dateProblem(leaf, nowMs);
  if (date !== null) return date;
  if (leaf.unknownCritical.length > 0) return unsupported(leaf);
  const wanted = usage === "server" ? OID.serverAuth : OID.clientAuth;
  if (leaf.maySign === false || !allows(leaf, wanted)) {
    return failed("wrong-usage", `it may not be used by a ${usage}`, "unsupported_certificate");
  }
  return hasWeakKey(leaf) ? failed("weak-key", "its key is too short", "bad_certificate") : null;
}

/** Depth-first; the number of certificates above, or 0 if no way leads to a trusted one. */
function climb(
  child: ParsedCertificate,
  others: readonly ParsedCertificate[],
  input: ChainInput,
  depth: number,
  budget: { signatures: number },
  way: readonly ParsedCertificate[],
): number {
  if (depth > MAX_DEPTH || WEAK_ALGORITHMS.includes(child.signatureAlgorithm)) return 0;
  for (const [candidates, trusted] of [[input.roots, true], [others, false]] as const) {
    for (const issuer of candidates) {
      if (!sameBytes(issuer.subject, child.issuer) || way.includes(issuer)) continue;
      // Certificates of authorities below this one that it may have (RFC 5280 4.2.1.9).
      if (issuer.pathLength !== null && issuer.pathLength < depth - 1) continue;
      if (!mayIssue(issuer, input) || budget.signatures++ >= MAX_SIGNATURES) continue;
      if (!signed(issuer, child)) continue;
      if (trusted) return depth;
      const above = climb(issuer, others, input, depth + 1, budget, [...way, issuer]);
      if (above > 0) return above;
    }
  }
  return 0;
}

function mayIssue(issuer: ParsedCertificate, { nowMs, usage }: ChainInput): boolean {
  return issuer.isCa && issuer.mayCertify !== false && issuer.unknownCritical.length === 0 &&
    dateProblem(issuer, nowMs) === null && !hasWeakKey(issuer) &&
    allows(issuer, usage === "server" ? OID.serverAuth : OID.clientAuth);
}

function signed(issuer: ParsedCertificate, child: ParsedCertificate): boolean {
  try {
    return new X509Certificate(Buffer.from(child.der)).verify(publicKeyOf(issuer.publicKeyInfo));
  } catch {
    return false;
  }
}

function allows({ extendedUsage }: ParsedCertificate, usage: string): boolean {
  return extendedUsage === null || extendedUsage.includes(usage) || extendedUsage.includes(OID.anyUsage);
}

function dateProblem(certificate: ParsedCertificate, nowMs: number): ChainVerdict | null {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  if (nowMs > certificate.notAfterMs) {
    return failed("expired", `it expired on ${day(certificate.notAfterMs)}`, "certificate_expired");
  }
  if (nowMs < certificate.notBeforeMs) {
    return failed(
      "not-yet-valid",
      `it is not valid before ${day(certificate.notBeforeMs)}`,
      "bad_certificate",
    );
  }
  return null;
}

function hasWeakKey({ publicKeyInfo }: ParsedCertificate): boolean {
  try {
    const bits = publicKeyOf(publicKeyInfo).asymmetricKeyDetails?.modulusLength;
    return bits !== undefined && bits < MIN_RSA_BITS;
  } catch {
    return true;
  }
}

function unsupported({ unknownCritical }: ParsedCertificate): ChainVerdict {
  const text = `it has critical extensions that are not known here: ${unknownCritical.join(", ")}`;
  return failed("unsupported-extension", text, "unsupported_certificate");
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
