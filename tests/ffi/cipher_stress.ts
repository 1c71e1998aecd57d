// deno-lint-ignore-file no-console
/** Seals with ciphers and slabs that are thrown away, with garbage and collections in between. */
import assert from "node:assert/strict";
import { LIBCRYPTO } from "../../lib/crypto/libcrypto.ts";
import { NODE_CRYPTO } from "../../lib/crypto/node_crypto.ts";
import { CIPHER_SUITES } from "../../lib/crypto/suites.ts";

const ROUNDS = 3000;
const GC_EVERY = 50;

declare const gc: () => void;

const MASK_BYTES = 32;

let garbage: Uint8Array[] = [];
for (let round = 0; round < ROUNDS; round++) {
  garbage.push(new Uint8Array(20_000).fill(0xee));
  const suite = CIPHER_SUITES[round % CIPHER_SUITES.length]!;
  const keys = {
    key: new Uint8Array(suite.keyBytes).fill(round),
    iv: new Uint8Array(12).fill(round >> 8),
    headerKey: new Uint8Array(suite.keyBytes).fill(round + 1),
  };
  // Not closed: what nobody refers to any more is freed by itself
  const cipher = LIBCRYPTO.packetCipher(suite, keys);
  const header = LIBCRYPTO.headerCipher(suite, keys);
  if (round % GC_EVERY === 0) {
    garbage = [];
    gc();
    // Finalizers run between tasks
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const sealed = [cipher, NODE_CRYPTO.packetCipher(suite, keys)].map((one) => {
    const slab = new Uint8Array(4096).fill(round);
    assert.equal(one.seal(slab, 100, 120, 1400, round % 3, round), 1416);
    return slab;
  });
  assert.deepEqual(sealed[0], sealed[1]);
  const samples = new Uint8Array(MASK_BYTES).fill(round);
  const node = NODE_CRYPTO.headerCipher(suite, keys);
  const masks = [header, node].map((one) => {
    const mask = new Uint8Array(MASK_BYTES);
    one.mask(samples, mask, 2);
    return mask;
  });
  node.close();
  assert.deepEqual(masks[0], masks[1]);
}
console.log(`${ROUNDS} right answers`);
