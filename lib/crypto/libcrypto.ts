import { AeadContext, type LibCryptoProblem, libcryptoProblem, MaskContext } from "../../ffi/mod.ts";
import type { CryptoBackend } from "./aead.ts";
import { GuardedHeaderCipher, GuardedPacketCipher } from "./guarded_cipher.ts";
import { type AeadName, CIPHER_SUITES } from "./suites.ts";

const AEADS = {
  "aes-128-gcm": "AES-128-GCM",
  "aes-256-gcm": "AES-256-GCM",
  "chacha20-poly1305": "ChaCha20-Poly1305",
} as const satisfies Record<AeadName, string>;

const MASKS = {
  "aes-128-gcm": "AES-128-ECB",
  "aes-256-gcm": "AES-256-ECB",
  "chacha20-poly1305": "ChaCha20",
} as const satisfies Record<AeadName, string>;

/** Packet protection by OpenSSL's libcrypto. Make sure first that {@linkcode libcryptoReason} is null. */
export const LIBCRYPTO: CryptoBackend = {
  name: "libcrypto",
  suites: CIPHER_SUITES,
  packetCipher: (suite, { key, iv }) => new GuardedPacketCipher(new AeadContext(AEADS[suite.aead], key), iv),
  headerCipher: (suite, { headerKey }) =>
    new GuardedHeaderCipher(new MaskContext(MASKS[suite.aead], headerKey)),
};

/** Why libcrypto cannot be used here, in words, or null when it can. Never prompts. */
export function libcryptoReason(): string | null {
  const problem = libcryptoProblem();
  return problem === null ? null : reasonOf(problem);
}

function reasonOf(problem: LibCryptoProblem): string {
  switch (problem) {
    case "not-linux":
      return "libcrypto is used on Linux only";
    case "no-permission":
      return "libcrypto needs --allow-ffi";
    case "no-library":
      return "libcrypto.so.3 (OpenSSL 3) could not be opened";
    case "no-cipher":
      return "libcrypto.so.3 lacks a cipher that QUIC needs";
    default:
      return problem satisfies never;
  }
}
