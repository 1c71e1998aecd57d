import { hkdfExpandLabel } from "./hkdf.ts";
import { type CipherSuite, IV_BYTES } from "./suites.ts";
import { versionConstants } from "./version_constants.ts";

/** What protects the packets of one direction at one encryption level. */
export interface PacketKeys {
  readonly key: Uint8Array<ArrayBuffer>;
  readonly iv: Uint8Array<ArrayBuffer>;
  /** The header protection key, which a key update leaves as it is. */
  readonly headerKey: Uint8Array<ArrayBuffer>;
}

const NO_CONTEXT = new Uint8Array(0);

/** RFC 9001 5.1: the keys that follow from a secret. */
export function derivePacketKeys(suite: CipherSuite, secret: Uint8Array, version: number): PacketKeys {
  return {
    key: deriveKey(suite, secret, version, "key", suite.keyBytes),
    iv: deriveKey(suite, secret, version, "iv", IV_BYTES),
    headerKey: deriveKey(suite, secret, version, "hp", suite.keyBytes),
  };
}

/** One key from a secret, by the last word of its label. */
export function deriveKey(
  suite: CipherSuite,
  secret: Uint8Array,
  version: number,
  label: "key" | "iv" | "hp" | "ku",
  length: number,
): Uint8Array<ArrayBuffer> {
  const { labelPrefix } = versionConstants(version);
  return hkdfExpandLabel(suite.hash, secret, `${labelPrefix} ${label}`, NO_CONTEXT, length);
}
