import assert from "node:assert/strict";
import fc from "fast-check";
import { ReceiveBuffer } from "../../../../lib/quic/streams/receive_buffer.ts";

const LENGTH = 300_000;
const CONTENT = Uint8Array.from({ length: LENGTH }, (_, i) => (i * 31 + (i >> 7)) & 0xff);

const act = fc.oneof(
  { weight: 3, arbitrary: fc.record({ offset: fc.nat(LENGTH - 1), length: fc.nat(70_000) }) },
  { weight: 1, arbitrary: fc.record({ read: fc.integer({ min: 1, max: 100_000 }) }) },
);

Deno.test("ReceiveBuffer gives the bytes once and in order, however they arrive", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60, size: "max" }), (acts) => {
      const buffer = new ReceiveBuffer();
      const seen = new Uint8Array(LENGTH);
      let count = 0;
      let read = 0;
      const readAll = (most: number): void => {
        const chunk = buffer.read(most);
        if (chunk === null) return assert.equal(seen[read] ?? 0, 0);
        assert(chunk.length > 0 && chunk.length <= most);
        assert.deepEqual(chunk, CONTENT.subarray(read, read + chunk.length));
        read += chunk.length;
      };
      const insert = (offset: number, length: number): void => {
        const end = Math.min(offset + length, LENGTH);
        // The bytes lie anywhere in a datagram.
        const datagram = new Uint8Array(end - offset + 9);
        datagram.set(CONTENT.subarray(offset, end), 5);
        let added = 0;
        for (let i = offset; i < end; i++) {
          if (seen[i] === 0) {
            seen[i] = 1;
            added++;
          }
        }
        assert.equal(buffer.insert(offset, datagram, 5, 5 + end - offset), added);
        count += added;
      };
      for (const each of acts) {
        if ("read" in each) readAll(each.read);
        else insert(each.offset, each.length);
        assert.equal(buffer.readOffset, read);
      }
      insert(0, LENGTH);
      assert.equal(count, LENGTH);
      assert.equal(buffer.gaps, 0);
      while (read < LENGTH) readAll(Infinity);
      assert.equal(buffer.read(), null);
      assert.equal(buffer.endOffset, LENGTH);
    }),
    { numRuns: 40 },
  );
});

Deno.test("ReceiveBuffer counts the gaps that a peer makes", () => {
  const buffer = new ReceiveBuffer();
  for (const offset of [2, 4, 6]) buffer.insert(offset, CONTENT, offset, offset + 1);
  assert.equal(buffer.gaps, 3);
  assert.equal(buffer.readableBytes, 0);
  buffer.insert(0, CONTENT, 0, 2);
  assert.equal(buffer.gaps, 2);
  assert.equal(buffer.readableBytes, 3);
});

Deno.test("ReceiveBuffer.clear() gives nothing any more", () => {
  const buffer = new ReceiveBuffer();
  buffer.insert(0, CONTENT, 0, 100);
  buffer.clear();
  assert.equal(buffer.read(), null);
});

Deno.test("RFC 9000 21.7: a byte on each of 200 streams takes 2 KB each, not a block", () => {
  const buffers = Array.from({ length: 200 }, () => new ReceiveBuffer());
  for (const buffer of buffers) buffer.insert(0, CONTENT, 0, 1);
  const bytes = buffers.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  assert.equal(bytes, 200 * 2048);
});

Deno.test("ReceiveBuffer holds no more than what flow control allows, and two blocks", () => {
  const window = 200_000;
  const step = fc.record({
    at: fc.nat(window - 1),
    length: fc.integer({ min: 1, max: 2000 }),
    read: fc.nat(5000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const buffer = new ReceiveBuffer();
      const datagram = new Uint8Array(2000);
      for (const { at, length, read } of steps) {
        // A peer that keeps to its window, and scatters what it sends over it
        const end = Math.min(at + length, window);
        buffer.insert(buffer.readOffset + at, datagram, 0, end - at);
        assert(buffer.memoryBytes <= window + 2 * 65_536, `${buffer.memoryBytes} bytes`);
        if (read > 0) buffer.read(read);
        buffer.reuse();
      }
    }),
    { numRuns: 40 },
  );
});
