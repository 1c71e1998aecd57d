import { createPrivateKey, X509Certificate } from "node:crypto";
import { MptError } from "../../base/errors.ts";
import type { Credentials } from "../../tls/identity.ts";
import { parseCertificate } from "../../tls/x509/certificate.ts";
import { pinOf } from "../../tls/x509/chain.ts";
import { certificatePem, makeSelfSigned } from "../../tls/x509/self_signed.ts";
import { random } from "./clock.ts";
import type { QuicListenOptions } from "./options.ts";
import { certificatesOf } from "./trust.ts";

/** What a server shows, and what a client needs to trust it. */
export interface ServerIdentity {
  readonly credentials: Credentials;
  /** `sha256/BASE64` of its public key. */
  readonly pin: string;
  /** Its own certificate as PEM. */
  readonly pem: string;
  /** Whether it was made just now. */
  readonly selfSigned: boolean;
}

/**
 * The identity of a server: the given certificate and key, or a new one that signs itself.
 *
 * @throws {MptError} `ERR_INVALID_VALUE` for what cannot be read, or does not belong together.
 */
export function identityOf(
  options: Pick<QuicListenOptions, "cert" | "key" | "hosts">,
  address: string,
): ServerIdentity {
  const { cert, key } = options;
  if (cert === undefined && key === undefined) return selfSigned(options.hosts ?? ["localhost", address]);
  if (cert === undefined || key === undefined) {
    throw new MptError("ERR_INVALID_VALUE", "Cannot use the certificate: it needs both cert and key");
  }
  const entries = certificatesOf(cert, "the certificate");
  const own = entries[0]!;
  let credentials: Credentials;
  try {
    credentials = { type: "x509", entries, key: createPrivateKey(key) };
  } catch (error) {
    throw new MptError("ERR_INVALID_VALUE", "Cannot use the key of the certificate: it cannot be read", {
      cause: error,
    });
  }
  if (!new X509Certificate(own).checkPrivateKey(credentials.key)) {
    throw new MptError("ERR_INVALID_VALUE", "Cannot use the certificate: the key is that of another one");
  }
  return { credentials, pin: pinFor(own), pem: certificatePem(own), selfSigned: false };
}

function selfSigned(hosts: readonly string[]): ServerIdentity {
  const { certificate, key } = makeSelfSigned({ hosts, nowMs: Date.now(), random });
  return {
    credentials: { type: "x509", entries: [certificate], key },
    pin: pinFor(certificate),
    pem: certificatePem(certificate),
    selfSigned: true,
  };
}

function pinFor(certificate: Uint8Array): string {
  return pinOf(parseCertificate(certificate).publicKeyInfo);
}
