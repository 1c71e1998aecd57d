import type { HashName } from "./hkdf.ts";

/** The AEAD algorithms of QUIC packet protection. */
export type AeadName = "aes-128-gcm" | "aes-256-gcm" | "chacha20-poly1305";

/** Everything that a TLS 1.3 cipher suite says about packet protection. */
export interface CipherSuite {
  /** The code point in TLS messages. */
  readonly code: number;
  /** The name in the TLS registry. */
  readonly name: string;
  readonly aead: AeadName;
  readonly hash: HashName;
  /** Bytes of the packet protection key; the header protection key is as long. */
  readonly keyBytes: number;
  /** RFC 9001 6.6: packets that may be encrypted with one key. */
  readonly confidentialityLimit: number;
  /** RFC 9001 6.6: packets that may fail authentication in the life of a connection. */
  readonly integrityLimit: number;
}

/** Bytes of every tag (RFC 9001 5.3) and of every initialization vector (RFC 9001 5.3). */
export const TAG_BYTES = 16;
export const IV_BYTES = 12;

export const AES_128_GCM_SHA256: CipherSuite = {
  code: 0x1301,
  name: "TLS_AES_128_GCM_SHA256",
  aead: "aes-128-gcm",
  hash: "sha256",
  keyBytes: 16,
  confidentialityLimit: 2 ** 23,
  integrityLimit: 2 ** 52,
};

export const AES_256_GCM_SHA384: CipherSuite = {
  code: 0x1302,
  name: "TLS_AES_256_GCM_SHA384",
  aead: "aes-256-gcm",
  hash: "sha384",
  keyBytes: 32,
  confidentialityLimit: 2 ** 23,
  integrityLimit: 2 ** 52,
};

export const CHACHA20_POLY1305_SHA256: CipherSuite = {
  code: 0x1303,
  name: "TLS_CHACHA20_POLY1305_SHA256",
  aead: "chacha20-poly1305",
  hash: "sha256",
  keyBytes: 32,
  // More than there are packet numbers.
  confidentialityLimit: Infinity,
  integrityLimit: 2 ** 36,
};

/** The cipher suites that QUIC can use here, in the order in which they are offered. */
export const CIPHER_SUITES: readonly CipherSuite[] = [
  AES_128_GCM_SHA256,
  AES_256_GCM_SHA384,
  CHACHA20_POLY1305_SHA256,
];

/** The cipher suite of a TLS code point, or undefined for one that QUIC does not use. */
export function cipherSuite(code: number): CipherSuite | undefined {
  return CIPHER_SUITES.find((suite) => suite.code === code);
}
