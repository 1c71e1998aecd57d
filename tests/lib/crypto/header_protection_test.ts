import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { fromHex, toHex } from "../../../lib/base/bytes.ts";
import { HeaderProtection } from "../../../lib/crypto/header_protection.ts";
import { ChaCha20Block } from "../../../lib/crypto/chacha20_block.ts";
import { LIBCRYPTO } from "../../../lib/crypto/libcrypto.ts";
import { NODE_CRYPTO } from "../../../lib/crypto/node_crypto.ts";
import { CIPHER_SUITES } from "../../../lib/crypto/suites.ts";
import { requires } from "../../support/requires.ts";
import { testBackends, withHeaderCipher } from "./backends.ts";

testBackends("a batch of 64 masks is 64 masks one by one, each new each time", (backend) => {
  const samples = Uint8Array.from({ length: 64 * 16 }, (_, at) => at * 31 + (at >> 4));
  for (const suite of CIPHER_SUITES) {
    withHeaderCipher(backend, suite, new Uint8Array(suite.keyBytes).fill(5), (cipher) => {
      const batch = new Uint8Array(64 * 16).fill(0xaa);
      cipher.mask(samples, batch, 64);
      const again = batch.slice();
      cipher.mask(samples, again, 64);
      assert.deepEqual(again, batch);
      for (let index = 0; index < 64; index++) {
        const one = new Uint8Array(16);
        cipher.mask(samples.slice(16 * index), one, 1);
        assert.equal(toHex(one.subarray(0, 5)), toHex(batch.subarray(16 * index, 16 * index + 5)));
      }
    });
  }
});

testBackends("mask() refuses more masks than there is room for", (backend) => {
  for (const suite of CIPHER_SUITES) {
    withHeaderCipher(backend, suite, new Uint8Array(suite.keyBytes), (cipher) => {
      for (const count of [0, -1, 0.5, 3, NaN]) {
        assert.throws(() => cipher.mask(new Uint8Array(32), new Uint8Array(48), count), {
          code: "ERR_INVALID_VALUE",
        });
        assert.throws(() => cipher.mask(new Uint8Array(48), new Uint8Array(32), count), {
          code: "ERR_INVALID_VALUE",
        });
      }
    });
  }
});

Deno.test({
  name: "both backends make the same masks",
  ...requires("libcrypto"),
  fn: () => {
    fc.assert(fc.property(
      fc.constantFrom(...CIPHER_SUITES),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ minLength: 48, maxLength: 48 }),
      (suite, key, sample) => {
        const headerKey = new Uint8Array(key.subarray(0, suite.keyBytes));
        const masks = [NODE_CRYPTO, LIBCRYPTO].map((backend) => {
          const mask = new Uint8Array(48);
          withHeaderCipher(
            backend,
            suite,
            headerKey,
            (cipher) => cipher.mask(new Uint8Array(sample), mask, 3),
          );
          return mask;
        });
        assert.deepEqual(masks[0], masks[1]);
      },
    ));
  },
});

Deno.test("ChaCha20Block makes the block of RFC 8439 2.3.2", () => {
  const key = fromHex("000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f");
  const masks = new Uint8Array(16);
  new ChaCha20Block(key).run(fromHex("01000000 | 000000090000004a00000000"), masks, 0);
  assert.equal(toHex(masks), "10f1e7e4d13b5915500fdd1fa32071c4");
});

Deno.test("ChaCha20Block agrees with node:crypto", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    (key, sample) => {
      const masks = new Uint8Array(20);
      new ChaCha20Block(key).run(sample, masks, 0);
      const cipher = createCipheriv("chacha20", key, sample);
      assert.deepEqual(masks.subarray(0, 16), new Uint8Array(cipher.update(new Uint8Array(16))));
      cipher.final();
    },
  ));
});

testBackends("unprotect() undoes protect(), for every length of the packet number", (backend) => {
  for (const suite of CIPHER_SUITES) {
    withHeaderCipher(backend, suite, new Uint8Array(suite.keyBytes).fill(1), (cipher) => {
      const protection = new HeaderProtection(cipher);
      const packets = [0x40, 0x41, 0x42, 0x43, 0xc0, 0xc1, 0xe2, 0xe3, 0x7f].map((first, index) => {
        const packet = Uint8Array.from({ length: 60 }, (_, at) => at * 7 + index);
        packet[3] = first;
        return packet;
      });
      const before = packets.map((packet) => packet.slice());
      for (const packet of packets) assert(protection.add(packet, 3, 9, 60));
      protection.protect();
      for (const [index, packet] of packets.entries()) {
        const original = before[index]!;
        const numberBytes = (original[3]! & 3) + 1;
        const changed = [...packet.keys()].filter((at) => packet[at] !== original[at]);
        assert(changed.every((at) => at === 3 || (at >= 9 && at < 9 + numberBytes)), `${changed}`);
        const fixed = original[3]! >= 0x80 ? 0xf0 : 0xe0;
        assert.equal(packet[3]! & fixed, original[3]! & fixed);
        assert(protection.add(packet, 3, 9, 60));
      }
      protection.unprotect();
      assert.deepEqual(packets, before);
    });
  }
});

Deno.test("HeaderProtection does not take a packet that is too short to be sampled", () => {
  withHeaderCipher(NODE_CRYPTO, CIPHER_SUITES[0]!, new Uint8Array(16), (cipher) => {
    const protection = new HeaderProtection(cipher);
    const packet = new Uint8Array(64);
    // RFC 9001 5.4.2: four bytes for the packet number, sixteen for the sample
    for (let end = 9; end < 29; end++) assert(!protection.add(packet, 0, 9, end));
    assert.equal(protection.pending, 0);
    assert(protection.add(packet, 0, 9, 29));
    assert.equal(protection.pending, 1);
  });
});

Deno.test("HeaderProtection refuses what lies outside the buffer, and more than a batch", () => {
  withHeaderCipher(NODE_CRYPTO, CIPHER_SUITES[0]!, new Uint8Array(16), (cipher) => {
    const protection = new HeaderProtection(cipher);
    const packet = new Uint8Array(64);
    for (const [header, number, end] of [[0, 9, 65], [-1, 9, 40], [9, 9, 40], [0.5, 9, 40]] as const) {
      assert.throws(() => protection.add(packet, header, number, end), { code: "ERR_INVALID_VALUE" });
    }
    while (!protection.full) assert(protection.add(packet, 0, 9, 40));
    assert.equal(protection.pending, 64);
    assert.throws(() => protection.add(packet, 0, 9, 40), { code: "ERR_LIMIT" });
    protection.unprotect();
    assert.equal(protection.pending, 0);
    protection.protect();
  });
});
