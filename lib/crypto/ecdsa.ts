import { type KeyObject, sign, verify } from "node:crypto";
import { LibCryptoKey } from "../../ffi/mod.ts";
import type { HashName } from "./hkdf.ts";
import { libcryptoReason } from "./libcrypto.ts";

/** Keys that libcrypto has read; null for one that it cannot read. */
const readKeys = new WeakMap<KeyObject, LibCryptoKey | null>();

/** Signs data with an ECDSA key: with libcrypto where it can be called, which takes a tenth of the time. */
export function ecdsaSign(
  hash: HashName,
  key: KeyObject,
  data: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  return keyOf(key)?.sign(hash, data) ?? new Uint8Array(sign(hash, data, key));
}

/** Whether an ECDSA signature (DER) of data is right; with libcrypto where it can be called. */
export function ecdsaVerify(
  hash: HashName,
  key: KeyObject,
  data: Uint8Array<ArrayBuffer>,
  signature: Uint8Array,
): boolean {
  const read = keyOf(key);
  return read === null
    ? verify(hash, data, key, signature)
    : read.verify(hash, data, new Uint8Array(signature));
}

/** The key as libcrypto has it; null if libcrypto cannot be called, or cannot read it. */
function keyOf(key: KeyObject): LibCryptoKey | null {
  let read = readKeys.get(key);
  if (read === undefined) {
    read = libcryptoReason() === null ? readKey(key) : null;
    readKeys.set(key, read);
  }
  return read;
}

function readKey(key: KeyObject): LibCryptoKey | null {
  return key.type === "private"
    ? LibCryptoKey.fromPrivate(new Uint8Array(key.export({ type: "pkcs8", format: "der" })))
    : LibCryptoKey.fromPublic(new Uint8Array(key.export({ type: "spki", format: "der" })));
}
