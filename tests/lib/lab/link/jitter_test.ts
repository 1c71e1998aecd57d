import assert from "node:assert/strict";
import fc from "fast-check";
import { Jitter } from "../../../../lib/lab/link/jitter.ts";
import { Random } from "../../../../lib/lab/link/random.ts";

const gaps = fc.array(fc.double({ min: 0, max: 50_000, noNaN: true }), { minLength: 2, maxLength: 200 });

Deno.test("Jitter stays within its bounds and never overtakes", () => {
  fc.assert(fc.property(fc.nat(), fc.integer({ min: 1, max: 10_000 }), gaps, (seed, jitterUs, gaps) => {
    const jitter = new Jitter(jitterUs, Random.of(seed));
    let now = 1e9;
    let before = -Infinity;
    for (const gap of gaps) {
      now += gap;
      const offset = jitter.at(now);
      assert(Math.abs(offset) <= jitterUs, `${offset}`);
      // A rounding error of the clock is not an overtaking.
      assert(now + offset >= before - 1e-3, `${now + offset} after ${before}`);
      before = now + offset;
    }
  }));
});

Deno.test("Jitter of 0 adds nothing, and draws nothing", () => {
  const random = Random.of(1);
  const jitter = new Jitter(0, random);
  for (const now of [0, 5, 1e9]) assert.equal(jitter.at(now), 0);
  assert.equal(random.uint32(), Random.of(1).uint32());
});

Deno.test("Jitter has the mean 0 and visits both ends, for dense packets and for sparse ones", () => {
  for (const gapUs of [50, 300_000]) {
    const jitter = new Jitter(2000, Random.of(4));
    const strideUs = 8000;
    const count = 200_000;
    let [sum, min, max] = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const offset = jitter.at(i * gapUs);
      sum += offset;
      min = Math.min(min, offset);
      max = Math.max(max, offset);
    }
    // Targets are even from -2000 to 2000; packets of one stride share them.
    const independent = Math.min(count, count * gapUs / strideUs);
    const deviation = 2000 / Math.sqrt(3) / Math.sqrt(independent);
    assert(Math.abs(sum / count) < 4 * deviation, `${sum / count}`);
    assert(min < -1800 && max > 1800, `${min} to ${max}`);
  }
});
