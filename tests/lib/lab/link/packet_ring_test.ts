import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_PACKET_BYTES, PacketRing } from "../../../../lib/lab/link/packet_ring.ts";

/** What is done to a ring: a packet of so many bytes comes, one goes, or all move to a larger memory. */
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ push: fc.integer({ min: 1, max: MAX_PACKET_BYTES }) }) },
  { weight: 2, arbitrary: fc.record({ push: fc.integer({ min: 1, max: 200 }) }) },
  { weight: 6, arbitrary: fc.constant("shift" as const) },
  { weight: 1, arbitrary: fc.constant("move" as const) },
);

Deno.test("PacketRing gives packets back whole and in order, whatever comes and goes", () => {
  fc.assert(fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
    let memory = new Uint8Array(4 * MAX_PACKET_BYTES);
    let ring = new PacketRing(memory);
    const expected: { readonly mark: number; readonly length: number }[] = [];
    for (const [index, step] of operations.entries()) {
      if (step === "shift") {
        if (expected.length === 0) continue;
        const { mark, length } = expected.shift()!;
        assert.equal(ring.length, length);
        assert.equal(ring.dueUs, mark);
        const bytes = memory.subarray(ring.offset, ring.offset + length);
        assert(bytes.every((byte) => byte === mark % 251));
        ring.shift();
      } else if (step === "move") {
        memory = new Uint8Array(memory.length + 1000);
        ring = ring.movedTo(memory);
      } else {
        const offset = ring.room();
        if (offset < 0) continue;
        assert(offset + MAX_PACKET_BYTES <= memory.length);
        memory.fill(index % 251, offset, offset + step.push);
        ring.push(offset, step.push, index, index, index);
        expected.push({ mark: index, length: step.push });
      }
      assert.equal(ring.count, expected.length);
      assert.equal(ring.dueUs, expected[0]?.mark ?? Infinity);
      assert.equal(ring.newestDueUs, expected.at(-1)?.mark ?? -Infinity);
    }
  }));
});

Deno.test("PacketRing has room for the longest packet until less than that is left", () => {
  const ring = new PacketRing(new Uint8Array(3 * MAX_PACKET_BYTES));
  for (const offset of [0, MAX_PACKET_BYTES, 2 * MAX_PACKET_BYTES]) {
    assert.equal(ring.room(), offset);
    ring.push(offset, MAX_PACKET_BYTES, 0, 0, 0);
  }
  assert.equal(ring.room(), -1);
  ring.shift();
  // The end of the newest would touch the oldest: full and empty must differ.
  assert.equal(ring.room(), -1);
  ring.shift();
  assert.equal(ring.room(), 0);
});

Deno.test("PacketRing has no room when there are too many small packets to keep account of", () => {
  const ring = new PacketRing(new Uint8Array(3 * MAX_PACKET_BYTES));
  let count = 0;
  for (; ring.room() >= 0; count++) ring.push(ring.room(), 1, 0, 0, 0);
  assert.equal(count, Math.ceil(3 * MAX_PACKET_BYTES / 128));
  ring.shift();
  assert(ring.room() >= 0);
});
