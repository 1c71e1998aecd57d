import { libcrypto } from "./libcrypto.ts";

/** The hash functions that are used here. */
export type DigestName = "sha256" | "sha384";

const DIGEST_BYTES: Readonly<Record<DigestName, number>> = { sha256: 32, sha384: 48 };

/** RFC 2104 2: keys are filled up with zeros. libcrypto does not take an empty one with empty data. */
const EMPTY_KEY = new Uint8Array(1);

const digests = new Map<DigestName, Deno.PointerObject>();

/** libcrypto's implementation of a hash function, looked up once. */
export function digestOf(name: DigestName): Deno.PointerObject {
  let digest = digests.get(name);
  if (digest === undefined) {
    const lib = libcrypto();
    const found = name === "sha256" ? lib.EVP_sha256() : lib.EVP_sha384();
    if (found === null) throw new Error(`Cannot use ${name}: libcrypto does not have it`);
    digests.set(name, digest = found);
  }
  return digest;
}

/** The authentication code of data (RFC 2104). */
export function hmac(name: DigestName, key: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const lib = libcrypto();
  const code = new Uint8Array(DIGEST_BYTES[name]);
  // Only types tell shared memory, which nobody has here, from any other
  const [own, text] = [
    key.length === 0 ? EMPTY_KEY : key as Uint8Array<ArrayBuffer>,
    data as Uint8Array<ArrayBuffer>,
  ];
  if (lib.HMAC(digestOf(name), own, own.length, text, text.length, code, null) !== null) return code;
  lib.ERR_clear_error();
  throw new Error(`Cannot authenticate with ${name}: libcrypto refused`);
}
