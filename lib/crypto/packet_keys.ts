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
  return { ...deriveSealKeys(suite, secret, version), ...deriveHeaderKey(suite, secret, version) };
}

/** Those of them that a key update changes (RFC 9001 6.1). */
export function deriveSealKeys(
  suite: CipherSuite,
  secret: Uint8Array,
  version: number,
): Pick<PacketKeys, "key" | "iv"> {
  return {
    key: deriveKey(suite, secret, version, "key", suite.keyBytes),
    iv: deriveKey(suite, secret, version, "iv", IV_BYTES),
  };
}

/** The one that protects headers, through all key updates (RFC 9001 6.1). */
export function deriveHeaderKey(
  suite: CipherSuite,
  secret: Uint8Array,
  version: number,
): Pick<PacketKeys, "headerKey"> {
  return { headerKey: deriveKey(suite, secret, version, "hp", suite.keyBytes) };
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
