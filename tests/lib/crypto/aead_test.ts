import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../lib/base/errors.ts";
import { LIBCRYPTO } from "../../../lib/crypto/libcrypto.ts";
import { NODE_CRYPTO } from "../../../lib/crypto/node_crypto.ts";
import { CIPHER_SUITES, type CipherSuite } from "../../../lib/crypto/suites.ts";
import { requires } from "../../support/requires.ts";
import { testBackends, withPacketCipher } from "./backends.ts";

const SLAB_BYTES = 4096;

/** A place in a slab with bytes in it. */
interface Placed {
  readonly suite: CipherSuite;
  readonly key: Uint8Array<ArrayBuffer>;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly fill: Uint8Array;
  readonly headerStart: number;
  readonly headerBytes: number;
  readonly payloadBytes: number;
  readonly pathId: number;
  readonly packetNumber: number;
}

const placed: fc.Arbitrary<Placed> = fc.record({
  suite: fc.constantFrom(...CIPHER_SUITES),
  key: bytes(32),
  iv: bytes(12),
  fill: fc.uint8Array({ minLength: 1, maxLength: 64 }),
  headerStart: fc.nat(1500),
  headerBytes: fc.integer({ min: 1, max: 60 }),
  payloadBytes: fc.nat(1500),
  pathId: fc.oneof(fc.nat(3), fc.constant(2 ** 32 - 1)),
  packetNumber: fc.oneof(fc.nat(100), fc.maxSafeNat()),
}).map((fields) => ({ ...fields, key: fields.key.slice(0, fields.suite.keyBytes) }));

function bytes(length: number): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return fc.uint8Array({ minLength: length, maxLength: length }).map((array) => new Uint8Array(array));
}

function slabOf(fill: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: SLAB_BYTES }, (_, at) => fill[at % fill.length] ?? 0);
}

testBackends("open() gives back what seal() took, and nothing else in the slab changes", (backend) => {
  fc.assert(fc.property(placed, (place) => {
    const { suite, headerStart, pathId, packetNumber } = place;
    const slab = slabOf(place.fill);
    const before = slab.slice();
    const payloadStart = headerStart + place.headerBytes;
    const payloadEnd = payloadStart + place.payloadBytes;
    withPacketCipher(backend, suite, place, (cipher) => {
      const end = cipher.seal(slab, headerStart, payloadStart, payloadEnd, pathId, packetNumber);
      assert.equal(end, payloadEnd + 16);
      assert.deepEqual(slab.subarray(0, payloadStart), before.subarray(0, payloadStart));
      assert.deepEqual(slab.subarray(end), before.subarray(end));
      assert(cipher.open(slab, headerStart, payloadStart, end, pathId, packetNumber));
      assert.deepEqual(slab.subarray(0, payloadEnd), before.subarray(0, payloadEnd));
    });
  }));
});

Deno.test({
  name: "both backends seal to the same bytes, and each opens what the other sealed",
  ...requires("libcrypto"),
  fn: () => {
    fc.assert(fc.property(placed, (place) => {
      const { suite, headerStart, pathId, packetNumber } = place;
      const one = slabOf(place.fill);
      const other = one.slice();
      const payloadStart = headerStart + place.headerBytes;
      const payloadEnd = payloadStart + place.payloadBytes;
      withPacketCipher(NODE_CRYPTO, suite, place, (node) => {
        withPacketCipher(LIBCRYPTO, suite, place, (libcrypto) => {
          const end = node.seal(one, headerStart, payloadStart, payloadEnd, pathId, packetNumber);
          libcrypto.seal(other, headerStart, payloadStart, payloadEnd, pathId, packetNumber);
          assert.deepEqual(one, other);
          assert(libcrypto.open(one, headerStart, payloadStart, end, pathId, packetNumber));
          assert(node.open(other, headerStart, payloadStart, end, pathId, packetNumber));
          assert.deepEqual(one, other);
        });
      });
    }));
  },
});

testBackends("open() refuses every changed bit, and leaves the last 16 bytes", (backend) => {
  for (const suite of CIPHER_SUITES) {
    const keys = { key: new Uint8Array(suite.keyBytes).fill(7), iv: new Uint8Array(12).fill(9) };
    withPacketCipher(backend, suite, keys, (cipher) => {
      const sealed = new Uint8Array(64).fill(3);
      const end = cipher.seal(sealed, 5, 9, 40, 0, 1);
      for (let bit = 8 * 5; bit < 8 * end; bit++) {
        const packet = sealed.slice();
        packet[bit >> 3]! ^= 1 << (bit & 7);
        const tag = packet.slice(end - 16, end);
        assert(!cipher.open(packet, 5, 9, end, 0, 1), `bit ${bit}`);
        assert.deepEqual(packet.subarray(end - 16, end), tag);
      }
      assert(!cipher.open(sealed.slice(), 5, 9, end, 0, 2), "another packet number");
      assert(!cipher.open(sealed.slice(), 5, 9, end, 1, 1), "another path");
      assert(!cipher.open(sealed.slice(), 5, 9, end, 0, 1 + 2 ** 32), "a packet number 2^32 away");
      assert(!cipher.open(sealed.slice(), 4, 9, end, 0, 1), "another header");
      assert(cipher.open(sealed, 5, 9, end, 0, 1));
    });
  }
});

testBackends("open() refuses a packet that is shorter than its tag", (backend) => {
  for (const suite of CIPHER_SUITES) {
    const keys = { key: new Uint8Array(suite.keyBytes), iv: new Uint8Array(12) };
    withPacketCipher(backend, suite, keys, (cipher) => {
      const packet = new Uint8Array(32);
      for (let end = 5; end < 20; end++) assert(!cipher.open(packet, 0, 4, end, 0, 0));
    });
  }
});

testBackends("seal() and open() refuse a packet that does not lie within the buffer", (backend) => {
  const [suite] = CIPHER_SUITES;
  assert(suite !== undefined);
  const keys = { key: new Uint8Array(suite.keyBytes), iv: new Uint8Array(12) };
  const outside = {
    name: "MptError",
    code: "ERR_INVALID_VALUE",
    message: /^Cannot protect a packet with header/,
  };
  withPacketCipher(backend, suite, keys, (cipher) => {
    const buffer = new Uint8Array(64);
    for (
      const [header, payload, end] of [
        [-1, 4, 8],
        [0, 0, 8],
        [5, 4, 8],
        [0, 9, 8],
        [0, 4, 49],
        [0, 4, 2 ** 32],
        [0.5, 4, 8],
        [0, 4.5, 8],
        [0, 4, NaN],
        [NaN, 4, 8],
      ] as const
    ) {
      assert.throws(
        () => cipher.seal(buffer, header, payload, end, 0, 0),
        outside,
        `${[header, payload, end]}`,
      );
      if (end >= payload || Number.isNaN(end)) {
        assert.throws(() => cipher.open(buffer, header, payload, end + 16, 0, 0), outside);
      }
    }
    assert.throws(() => cipher.seal(new Uint8Array(0), 0, 4, 8, 0, 0), outside);
    assert(buffer.every((byte) => byte === 0));
  });
});

testBackends("a cipher that was closed throws, and may be closed again", (backend) => {
  for (const suite of CIPHER_SUITES) {
    const closed = (error: unknown): boolean => error instanceof MptError && error.code === "ERR_CLOSED";
    const keys = { key: new Uint8Array(suite.keyBytes), iv: new Uint8Array(12) };
    const cipher = backend.packetCipher(suite, keys);
    cipher.close();
    cipher.close();
    assert.throws(() => cipher.seal(new Uint8Array(64), 0, 4, 8, 0, 0), closed);
    assert.throws(() => cipher.open(new Uint8Array(64), 0, 4, 28, 0, 0), closed);
    const header = backend.headerCipher(suite, { headerKey: new Uint8Array(suite.keyBytes) });
    header.close();
    header.close();
    assert.throws(() => header.mask(new Uint8Array(16), new Uint8Array(16), 1), closed);
  }
});

testBackends("many places in many slabs do not get into each other's way", (backend) => {
  const [suite] = CIPHER_SUITES;
  assert(suite !== undefined);
  const keys = { key: new Uint8Array(suite.keyBytes).fill(1), iv: new Uint8Array(12) };
  withPacketCipher(backend, suite, keys, (cipher) => {
    const slabs = [0, 1, 2].map((value) => new Uint8Array(65536).fill(value));
    // 1,024 apart are offsets that share a place in the cache of pointers
    for (let round = 0; round < 200; round++) {
      for (const [index, slab] of slabs.entries()) {
        const start = (round % 50) * 1024 + (round % 3);
        slab.fill(index, start, start + 40);
        const end = cipher.seal(slab, start, start + 8, start + 40, index, round);
        assert(cipher.open(slab, start, start + 8, end, index, round));
        assert(slab.subarray(start, start + 40).every((byte) => byte === index));
      }
    }
  });
});

testBackends("keys change as often as they like: 2,000 ciphers made and closed", (backend) => {
  for (const suite of CIPHER_SUITES) {
    const buffer = new Uint8Array(64);
    for (let index = 0; index < 2000; index++) {
      const keys = { key: new Uint8Array(suite.keyBytes).fill(index), iv: new Uint8Array(12) };
      const cipher = backend.packetCipher(suite, keys);
      if (index % 100 === 0) assert.equal(cipher.seal(buffer, 0, 4, 8, 0, index), 24);
      cipher.close();
    }
  }
});
