import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { MptError } from "../../base/errors.ts";
import type { Credentials } from "../../tls/identity.ts";
import { parseCertificate } from "../../tls/x509/certificate.ts";
import { pinOf } from "../../tls/x509/chain.ts";
import { certificatePem, makeSelfSigned } from "../../tls/x509/self_signed.ts";
import { random } from "./clock.ts";
import type { QuicIdentity, QuicListenOptions } from "./options.ts";
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
 * The identity of a server: the given certificate and key, or a new one that signs itself, with the given key or
 * a new one.
 *
 * @throws {MptError} `ERR_INVALID_VALUE` for what cannot be read, or does not belong together.
 */
export function identityOf(
  options: Pick<QuicListenOptions, "cert" | "key" | "hosts">,
  address: string,
): ServerIdentity {
  const { cert, key } = options;
  if (cert === undefined) return selfSigned(options.hosts ?? ["localhost", address], key);
  if (key === undefined) {
    throw new MptError("ERR_INVALID_VALUE", "Cannot use the certificate: its key is missing");
  }
  const entries = certificatesOf(cert, "the certificate");
  const own = entries[0]!;
  const credentials: Credentials = { type: "x509", entries, key: keyOf(key) };
  if (!new X509Certificate(own).checkPrivateKey(credentials.key)) {
    throw new MptError("ERR_INVALID_VALUE", "Cannot use the certificate: the key is that of another one");
  }
  return { credentials, pin: pinFor(own), pem: certificatePem(own), selfSigned: false };
}

/**
 * What a client shows.
 *
 * @throws {MptError} `ERR_INVALID_VALUE` for what cannot be read, or does not belong together.
 */
export function clientCredentials({ key, cert }: QuicIdentity): Credentials {
  return cert === undefined ? bareKey(keyOf(key)) : identityOf({ cert, key }, "").credentials;
}

/** The public key of credentials, without a certificate (RFC 7250 3). */
export function bareKey(key: KeyObject): Credentials {
  const info = createPublicKey(key).export({ type: "spki", format: "der" });
  return { type: "rawPublicKey", entries: [new Uint8Array(info)], key };
}

function keyOf(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new MptError("ERR_INVALID_VALUE", "Cannot use the key: it cannot be read", {
      cause: error,
    });
  }
}

function selfSigned(hosts: readonly string[], pem: string | undefined): ServerIdentity {
  const own = pem === undefined ? undefined : signingKey(pem);
  const { certificate, key } = makeSelfSigned({
    hosts,
    nowMs: Date.now(),
    random,
    ...(own === undefined ? {} : { key: own }),
  });
  return {
    credentials: { type: "x509", entries: [certificate], key },
    pin: pinFor(certificate),
    pem: certificatePem(certificate),
    selfSigned: true,
  };
}

/** A key that can sign a certificate of our making. */
function signingKey(pem: string): KeyObject {
  const key = keyOf(pem);
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType === "ed25519" || (key.asymmetricKeyType === "ec" && curve === "prime256v1")) {
    return key;
  }
  throw new MptError(
    "ERR_INVALID_VALUE",
    "Cannot sign a certificate with this key: it has to be of ECDSA P-256 or Ed25519, or come with a certificate",
  );
}

function pinFor(certificate: Uint8Array): string {
  return pinOf(parseCertificate(certificate).publicKeyInfo);
}
