import assert from "node:assert/strict";
import fc from "fast-check";
import { RangeSet } from "../../../../lib/quic/streams/range_set.ts";

const step = fc.record({
  add: fc.boolean(),
  start: fc.nat(60),
  length: fc.nat(15),
});

Deno.test("RangeSet holds the numbers that a plain set of the same steps holds, in ranges that do not touch", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 100, size: "max" }), (steps) => {
    const ranges = new RangeSet();
    const model = new Set<number>();
    for (const { add, start, length } of steps) {
      const end = start + length;
      if (add) {
        const before = model.size;
        for (let i = start; i < end; i++) model.add(i);
        assert.equal(ranges.add(start, end), model.size - before);
      } else {
        for (let i = start; i < end; i++) model.delete(i);
        ranges.remove(start, end);
      }
      const all = [...ranges];
      assert.equal(all.length, ranges.size);
      assert.deepEqual(
        all.flatMap(([low, high]) => Array.from({ length: high - low }, (_, i) => low + i)),
        [...model].sort((a, b) => a - b),
      );
      assert(all.every(([low], i) => i === 0 || low > all[i - 1]![1]), "they touch");
      for (let i = 0; i < 80; i++) assert.equal(ranges.has(i), model.has(i));
      assert.equal(ranges.firstStart, all[0]?.[0] ?? Infinity);
      assert.equal(ranges.firstEnd, all[0]?.[1] ?? Infinity);
    }
  }));
});

Deno.test("RangeSet takes offsets up to 2^53 - 1 and can be emptied at one blow", () => {
  const ranges = new RangeSet();
  ranges.add(Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER);
  ranges.add(0, 1);
  assert.equal(ranges.size, 2);
  ranges.remove(0, Infinity);
  assert.equal(ranges.size, 0);
});
