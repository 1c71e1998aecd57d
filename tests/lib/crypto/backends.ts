import type { CryptoBackend, HeaderCipher, PacketCipher } from "../../../lib/crypto/aead.ts";
import { LIBCRYPTO } from "../../../lib/crypto/libcrypto.ts";
import { NODE_CRYPTO } from "../../../lib/crypto/node_crypto.ts";
import type { PacketKeys } from "../../../lib/crypto/packet_keys.ts";
import type { CipherSuite } from "../../../lib/crypto/suites.ts";
import { requires } from "../../support/requires.ts";

/** Registers a test for each implementation of packet protection. */
export function testBackends(name: string, run: (backend: CryptoBackend) => void): void {
  Deno.test(`node:crypto: ${name}`, () => run(NODE_CRYPTO));
  Deno.test({ name: `libcrypto: ${name}`, ...requires("libcrypto"), fn: () => run(LIBCRYPTO) });
}

/** Uses a cipher and closes it. */
export function withPacketCipher(
  backend: CryptoBackend,
  suite: CipherSuite,
  keys: Pick<PacketKeys, "key" | "iv">,
  use: (cipher: PacketCipher) => void,
): void {
  const cipher = backend.packetCipher(suite, keys);
  try {
    use(cipher);
  } finally {
    cipher.close();
  }
}

/** Uses a cipher and closes it. */
export function withHeaderCipher(
  backend: CryptoBackend,
  suite: CipherSuite,
  headerKey: Uint8Array<ArrayBuffer>,
  use: (cipher: HeaderCipher) => void,
): void {
  const cipher = backend.headerCipher(suite, { headerKey });
  try {
    use(cipher);
  } finally {
    cipher.close();
  }
}
