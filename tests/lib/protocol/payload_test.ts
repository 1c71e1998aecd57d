import assert from "node:assert/strict";
import { chunkOfZeros, Payload } from "../../../lib/protocol/payload.ts";

Deno.test("Payload grows its pieces while writes are fast, up to 1 MiB, and shrinks them while they are slow", () => {
  let now = 1000;
  const payload = new Payload(now);
  const lengths = (ms: number, count: number): number[] =>
    Array.from({ length: count }, () => {
      payload.taken(now += ms);
      return payload.next(Infinity).length;
    });
  assert.equal(payload.next(Infinity).length, 65_536);
  assert.deepEqual(lengths(1, 6), [131_072, 262_144, 524_288, 1_048_576, 1_048_576, 1_048_576]);
  assert.deepEqual(lengths(50, 1), [1_048_576]);
  assert.deepEqual(lengths(200, 5), [524_288, 262_144, 131_072, 65_536, 32_768]);
  assert.deepEqual(lengths(200, 4), [16_384, 8192, 4096, 4096]);
});

Deno.test("Payload gives no more than what is left", () => {
  assert.equal(new Payload(0).next(10).length, 10);
  assert.equal(new Payload(0).next(0).length, 0);
});

Deno.test("chunkOfZeros() frames a piece as one chunk (RFC 9112 7.1), the same memory for each common size", () => {
  for (const length of [1, 255, 4096, 65_536, 65_537, 1_048_576]) {
    const text = new TextDecoder().decode(chunkOfZeros(length));
    assert.equal(text, `${length.toString(16)}\r\n${"\0".repeat(length)}\r\n`);
  }
  assert.equal(chunkOfZeros(65_536), chunkOfZeros(65_536));
  assert.notEqual(chunkOfZeros(65_537), chunkOfZeros(65_537));
});
