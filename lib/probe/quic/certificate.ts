import { Buffer } from "node:buffer";
import { type KeyObject, X509Certificate } from "node:crypto";
import { Ip } from "../../base/ip.ts";
import type { QuicChoice } from "../../quic/driver/options.ts";
import type { IdentityVerdict, PeerIdentity } from "../../tls/identity.ts";
import { parseCertificate } from "../../tls/x509/certificate.ts";
import type { QuicCertificateJson, QuicIdentityJson } from "./result.ts";

/** A stranger's chain can be long, and its names many. */
const MAX_CHAIN = 8;
const MAX_NAMES = 32;
const MAX_TEXT = 200;

/** The curves by the names that people know. */
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
};

/**
 * How a server proved who it is.
 *
 * @param peer What it showed.
 * @param verdict What the check of that found.
 * @param serverName The name that it was checked for.
 * @param choice Whom the user trusts.
 * @param storeProblem Why the system's certificates cannot be read; null when they can, or are not needed.
 */
export function identityJson(
  peer: PeerIdentity,
  verdict: IdentityVerdict,
  serverName: string,
  choice: QuicChoice,
  storeProblem: string | null,
): QuicIdentityJson {
  const basis = {
    server_name: serverName,
    type: peer.type === "x509" ? "x509" : "raw-public-key",
    pin: peer.pin,
    chain: peer.type === "x509" ? peer.entries.slice(0, MAX_CHAIN).flatMap(certificateJson) : [],
  } as const;
  if (verdict.trusted) {
    const by = choice.pins?.includes(peer.pin) ? "pin" : choice.ca === undefined ? "system" : "ca";
    return { trusted: "yes", trusted_by: by, problem: null, reason: null, ...basis };
  }
  // Dates and uses are judged before the trust, and without it
  const untold = verdict.problem === "unknown-issuer" || verdict.problem === "self-signed";
  if (untold && storeProblem !== null) {
    return {
      trusted: "unknown",
      trusted_by: null,
      problem: "no-trust-store",
      reason: storeProblem,
      ...basis,
    };
  }
  const reason = verdict.problem === "pin-mismatch" ? "its key is not the pinned one" : verdict.text;
  return { trusted: "no", trusted_by: null, problem: verdict.problem, reason, ...basis };
}

/** A certificate; none for one that cannot be read, of which the verdict tells. */
function certificateJson(der: Uint8Array): readonly QuicCertificateJson[] {
  try {
    const certificate = new X509Certificate(Buffer.from(der));
    const { dnsNames, ipAddresses, notBeforeMs, notAfterMs } = parseCertificate(der);
    const names = [...dnsNames, ...ipAddresses.flatMap(ipText)];
    return [{
      subject: nameText(certificate.subject),
      issuer: nameText(certificate.issuer),
      names: names.slice(0, MAX_NAMES).map(printable),
      not_before: new Date(notBeforeMs).toISOString(),
      not_after: new Date(notAfterMs).toISOString(),
      key: keyText(certificate.publicKey),
    }];
  } catch {
    return [];
  }
}

/** `CN=example.com, O=Example`: node:crypto gives a line for each part. */
function nameText(name: string | undefined): string {
  return printable((name ?? "").split("\n").filter((part) => part !== "").join(", "));
}

/** Kind and size of a key, such as `ECDSA P-256`. */
function keyText(key: KeyObject): string {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "ec":
      return `ECDSA ${CURVES[namedCurve ?? ""] ?? namedCurve ?? ""}`.trim();
    case "rsa":
    case "rsa-pss":
      return `RSA ${modulusLength ?? ""}`.trim();
    case "ed25519":
      return "Ed25519";
    default:
      return key.asymmetricKeyType ?? "unknown";
  }
}

function ipText(bytes: Uint8Array): readonly string[] {
  return bytes.length === 4 || bytes.length === 16 ? [Ip.fromBytes(bytes).toString()] : [];
}

/** What a stranger wrote, so that a terminal only shows it. */
function printable(text: string): string {
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
  return plain.length > MAX_TEXT ? `${plain.slice(0, MAX_TEXT - 3)}...` : plain;
}
