import { getCACertificates } from "node:tls";
import { X509Certificate } from "node:crypto";
import { MptError } from "../../base/errors.ts";
import { checkIdentity, type IdentityVerdict, type PeerIdentity } from "../../tls/identity.ts";
import { parseCertificate, type ParsedCertificate } from "../../tls/x509/certificate.ts";
import type { QuicClientTrust, QuicTrust } from "./options.ts";

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

const ACCEPTED: IdentityVerdict = { trusted: true, problem: null, text: "", alert: "close_notify" };

let systemRoots: readonly ParsedCertificate[] | undefined;

/** What a client was last told to trust: most trust the same in all their connections. */
let lastRoots: { readonly ca: string; readonly roots: readonly ParsedCertificate[] } | undefined;

/**
 * The certificates of a PEM text, in DER.
 *
 * @throws {MptError} `ERR_INVALID_VALUE` if there is none, or one cannot be read.
 */
export function certificatesOf(pem: string, what: string): readonly Uint8Array[] {
  const found = pem.match(PEM) ?? [];
  if (found.length === 0) {
    throw new MptError("ERR_INVALID_VALUE", `Cannot use ${what}: it has no certificate in PEM form`);
  }
  try {
    return found.map((each) => new Uint8Array(new X509Certificate(each).raw));
  } catch (error) {
    throw new MptError("ERR_INVALID_VALUE", `Cannot use ${what}: a certificate in it cannot be read`, {
      cause: error,
    });
  }
}

/** The check of a server's identity that follows from whom a client trusts. */
export function checkOf(trust: QuicTrust, host: string): (identity: PeerIdentity) => IdentityVerdict {
  const { ca, pins = [] } = trust;
  const given = ca === undefined ? undefined : rootsOf(ca);
  // With pins alone nobody else is trusted. What cannot be read is told now, and not as an error of the handshake
  const roots = given ?? (pins.length > 0 ? [] : rootsOfSystem(trust.insecure ?? false));
  return (identity) => checkIdentity(identity, "server", { roots, pins, host, nowMs: Date.now() });
}

/** The check of a client's identity that follows from whom a server takes. */
export function clientCheckOf(trust: QuicClientTrust): (identity: PeerIdentity | null) => IdentityVerdict {
  const { ca, pins = [], optional = false } = trust;
  const roots = ca === undefined ? [] : rootsOf(ca);
  const anybody = ca === undefined && pins.length === 0;
  return (identity) => {
    if (identity === null ? optional : anybody) return ACCEPTED;
    if (identity !== null) {
      return checkIdentity(identity, "client", { roots, pins, host: null, nowMs: Date.now() });
    }
    const text = "it shows no certificate";
    return { trusted: false, problem: "unknown-key", text, alert: "certificate_required" };
  };
}

/**
 * Reads what the system trusts, which takes a while, before somebody waits for it.
 *
 * @returns Why it cannot be read; null when it can.
 */
export function systemTrustProblem(): MptError | null {
  try {
    rootsOfSystem(false);
    return null;
  } catch (error) {
    if (error instanceof MptError) return error;
    throw error;
  }
}

function rootsOf(ca: string): readonly ParsedCertificate[] {
  if (lastRoots?.ca === ca) return lastRoots.roots;
  const roots = certificatesOf(ca, "the CA file").map(parseCertificate);
  lastRoots = { ca, roots };
  return roots;
}

/** What the system trusts. Read once: it takes a while. */
function rootsOfSystem(insecure: boolean): readonly ParsedCertificate[] {
  if (systemRoots !== undefined) return systemRoots;
  let pems: readonly string[];
  try {
    pems = getCACertificates("system");
  } catch (error) {
    // Without a store nobody is trusted, and that is what the verdict then says
    if (insecure) return [];
    throw new MptError(
      "ERR_PERMISSION",
      "Cannot read the system's certificates: run again with --allow-sys=ca",
      {
        cause: error,
        fix: "--allow-sys=ca",
      },
    );
  }
  systemRoots = pems.flatMap((pem) => {
    try {
      return certificatesOf(pem, "the system's certificates").map(parseCertificate);
    } catch {
      // One that we cannot read helps nobody
      return [];
    }
  });
  return systemRoots;
}
