import assert from "node:assert/strict";
import fc from "fast-check";
import { CryptoStream } from "../../../../lib/quic/connection/crypto_stream.ts";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { errorCodeOf } from "../ids/support.ts";

const BYTES = Uint8Array.from({ length: 300 }, (_, index) => index);

/** Reads everything that is there, a piece at a time. */
function readAll(stream: CryptoStream): number[] {
  const all: number[] = [];
  for (let bytes = stream.read(); bytes !== null; bytes = stream.read()) all.push(...bytes);
  return all;
}

Deno.test("CryptoStream gives the bytes in order and once, in whatever order and how often they come", () => {
  const piece = fc.tuple(fc.nat(BYTES.length - 1), fc.integer({ min: 1, max: 120 }), fc.boolean());
  fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
    const stream = new CryptoStream();
    const read: number[] = [];
    for (const [offset, length, isRead] of pieces) {
      stream.insert(offset, BYTES, offset, Math.min(offset + length, BYTES.length));
      if (isRead) read.push(...readAll(stream));
    }
    stream.insert(0, BYTES, 0, BYTES.length);
    read.push(...readAll(stream));
    assert.deepEqual(Uint8Array.from(read), BYTES);
  }));
});

Deno.test("CryptoStream refuses bytes that are too far ahead (RFC 9000 7.5)", () => {
  const stream = new CryptoStream();
  stream.insert(65_436, BYTES, 0, 100);
  assert.equal(errorCodeOf(() => stream.insert(65_437, BYTES, 0, 100)), QUIC_ERROR.CRYPTO_BUFFER_EXCEEDED);
});

Deno.test("CryptoStream has nothing to send before something was written, nor after it was forgotten", () => {
  const stream = new CryptoStream();
  assert.deepEqual([stream.hasData, stream.isUnderWay], [false, false]);
  stream.sendAgain();
  assert(!stream.hasData);
  stream.send.write(BYTES);
  assert.deepEqual([stream.hasData, stream.isUnderWay], [true, true]);
  stream.forget();
  assert.deepEqual([stream.hasData, stream.isUnderWay], [false, false]);
});
