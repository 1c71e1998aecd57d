import assert from "node:assert/strict";
import fc from "fast-check";
import { Histogram } from "../../../../lib/lab/link/histogram.ts";

const values = fc.array(fc.double({ min: -10, max: 2 ** 26, noNaN: true }), { minLength: 1 });

/** The smallest of the sorted values that so many are not above. */
function exact(sorted: readonly number[], q: number): number {
  return Math.max(0, sorted[Math.ceil(q * sorted.length) - 1]!);
}

Deno.test("Histogram has nothing to say before the first value, and after clear()", () => {
  const histogram = new Histogram();
  assert.equal(histogram.quantiles(), null);
  histogram.record(5);
  histogram.clear();
  assert.equal(histogram.quantiles(), null);
});

Deno.test("Histogram.quantiles() is within 1 or 1 part in 64 of the truth, and max is exact", () => {
  fc.assert(fc.property(values, (values) => {
    const histogram = new Histogram();
    for (const value of values) histogram.record(value);
    const sorted = values.toSorted((a, b) => a - b);
    const found = histogram.quantiles();
    assert(found !== null);
    assert.equal(found.max, Math.max(0, sorted.at(-1)!));
    for (const [mine, q] of [[found.p50, 0.5], [found.p99, 0.99]] as const) {
      const truth = exact(sorted, q);
      assert(Math.abs(mine - truth) <= Math.max(1, truth / 64), `${mine} for ${truth}`);
    }
  }));
});

Deno.test("Histogram counts each whole number below 64 by itself, and what is beyond its end in the last", () => {
  const histogram = new Histogram();
  for (let value = 0; value < 64; value++) histogram.record(value);
  assert.deepEqual(histogram.quantiles(), { p50: 31.5, p99: 63, max: 63 });
  histogram.clear();
  histogram.record(1e12);
  assert.equal(histogram.quantiles()?.max, 1e12);
  assert(histogram.quantiles()!.p50 > 2 ** 25);
});
