import { deriveKey, type PacketKeys } from "./packet_keys.ts";
import { type CipherSuite, IV_BYTES } from "./suites.ts";

/** RFC 9001 6.1: the secret of the next key phase. */
export function nextSecret(suite: CipherSuite, secret: Uint8Array, version: number): Uint8Array<ArrayBuffer> {
  return deriveKey(suite, secret, version, "ku", secret.length);
}

/**
 * The keys of the next key phase.
 *
 * @param secret What {@linkcode nextSecret} gave.
 * @param previous The keys of the phase before, whose header protection key stays in use (RFC 9001 6.1).
 */
export function nextKeys(
  suite: CipherSuite,
  secret: Uint8Array,
  version: number,
  previous: PacketKeys,
): PacketKeys {
  return {
    key: deriveKey(suite, secret, version, "key", suite.keyBytes),
    iv: deriveKey(suite, secret, version, "iv", IV_BYTES),
    headerKey: previous.headerKey,
  };
}
