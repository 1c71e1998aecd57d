import assert from "node:assert/strict";
import fc from "fast-check";
import { median, quantile, summarize } from "../../../lib/base/statistics.ts";

const finite = fc.double({ min: -1e150, max: 1e150, noNaN: true });
const samples = fc.array(finite, { minLength: 1 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

Deno.test("quantile() stays within the samples and never falls as q rises", () => {
  fc.assert(fc.property(samples, share, share, (values, a, b) => {
    const sorted = values.toSorted((x, y) => x - y);
    const [low, high] = [quantile(sorted, Math.min(a, b)), quantile(sorted, Math.max(a, b))];
    assert.ok(low <= high);
    assert.ok(low >= Math.min(...values) && high <= Math.max(...values));
  }));
});

Deno.test("quantile() of the positions of the samples gives the samples", () => {
  fc.assert(fc.property(fc.array(fc.integer(), { minLength: 2, maxLength: 30 }), (values) => {
    const sorted = values.toSorted((x, y) => x - y);
    assert.equal(quantile(sorted, 0), sorted[0]);
    assert.equal(quantile(sorted, 1), sorted.at(-1));
  }));
  assert.equal(quantile([1, 2, 3, 4, 5], 0.25), 2);
  assert.equal(quantile([1, 2, 3, 4, 5], 0.75), 4);
});

Deno.test("quantile() agrees with R type 7 on known values", () => {
  // quantile(c(15, 20, 35, 40, 50), c(.05, .3, .4, .95), type = 7)
  const sorted = [15, 20, 35, 40, 50];
  for (const [q, expected] of [[0.05, 16], [0.3, 23], [0.4, 29], [0.95, 48]] as const) {
    assert.ok(Math.abs(quantile(sorted, q) - expected) < 1e-9);
  }
});

Deno.test("quantile() refuses an empty list and a q outside 0 to 1", () => {
  assert.throws(() => quantile([], 0.5), { code: "ERR_INVALID_VALUE" });
  for (const q of [-0.1, 1.1, NaN]) assert.throws(() => quantile([1], q), { code: "ERR_INVALID_VALUE" });
});

Deno.test("summarize() keeps its numbers in order and the samples as they were", () => {
  fc.assert(fc.property(samples, (values) => {
    const frozen = Object.freeze([...values]);
    const summary = summarize(frozen);
    assert.ok(summary !== null);
    const { min, p50, p95, p99, max, mean, stddev, count } = summary;
    assert.ok(min <= p50 && p50 <= p95 && p95 <= p99 && p99 <= max);
    assert.ok(min <= mean && mean <= max);
    assert.ok(stddev >= 0);
    assert.equal(count, values.length);
    // 0 and -0 are the same measurement
    assert.ok(min === Math.min(...values));
    assert.equal(p50, median(values));
  }));
});

Deno.test("summarize() does not depend on the order of the samples", () => {
  fc.assert(fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
    assert.deepEqual(summarize(values.toReversed()), summarize(values));
  }));
});

Deno.test("summarize() knows mean and standard deviation, also far from zero", () => {
  const summary = summarize([2, 4, 4, 4, 5, 5, 7, 9]);
  assert.equal(summary?.mean, 5);
  assert.ok(Math.abs((summary?.stddev ?? 0) - Math.sqrt(32 / 7)) < 1e-12);
  const far = summarize([1e12 + 1, 1e12 + 2, 1e12 + 3]);
  assert.equal(far?.mean, 1e12 + 2);
  assert.ok(Math.abs((far?.stddev ?? 0) - 1) < 1e-3);
});

Deno.test("summarize() and median() give null for nothing and refuse what is not finite", () => {
  assert.equal(summarize([]), null);
  assert.equal(median([]), null);
  assert.equal(summarize([7])?.stddev, 0);
  assert.equal(median([3, 1]), 2);
  for (const wrong of [NaN, Infinity, -Infinity]) {
    assert.throws(() => summarize([1, wrong]), { code: "ERR_INVALID_VALUE" });
    assert.throws(() => median([wrong]), { code: "ERR_INVALID_VALUE" });
  }
});
