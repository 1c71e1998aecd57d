import assert from "node:assert/strict";
import fc from "fast-check";
import { RttEstimator } from "../../../../lib/quic/recovery/rtt.ts";

Deno.test("RFC 9002 6.2.2: before any sample the RTT is 333 ms and the probe timeout 999 ms", () => {
  const rtt = new RttEstimator();
  assert.equal(rtt.smoothedUs, 333_000);
  assert.equal(rtt.probeTimeoutUs(0), 999_000);
});

Deno.test("RFC 9002 5.3: the first sample replaces the assumption, whatever the delay", () => {
  const rtt = new RttEstimator();
  rtt.sample(40_000, 30_000, 25_000);
  assert.deepEqual([rtt.smoothedUs, rtt.variationUs, rtt.minUs, rtt.latestUs], [
    40_000,
    20_000,
    40_000,
    40_000,
  ]);
});

Deno.test("RFC 9002 5.3: the acknowledgment delay is limited, and never takes a sample below the minimum", () => {
  const rtt = new RttEstimator();
  rtt.sample(40_000, 0, 25_000);
  rtt.sample(80_000, 60_000, 25_000);
  assert.equal(rtt.smoothedUs, 40_000 + (55_000 - 40_000) / 8);
  const small = new RttEstimator();
  small.sample(40_000, 0, 25_000);
  small.sample(50_000, 20_000, 25_000);
  assert.equal(small.smoothedUs, 40_000 + (50_000 - 40_000) / 8, "30 ms would be below the minimum");
});

Deno.test("the smoothed RTT stays between the smallest and the largest sample", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 1e7 }), { minLength: 1 }), (samples) => {
    const rtt = new RttEstimator();
    for (const sample of samples) rtt.sample(sample, 0, Infinity);
    assert(rtt.smoothedUs >= Math.min(...samples) - 1e-6 && rtt.smoothedUs <= Math.max(...samples) + 1e-6);
    assert.equal(rtt.minUs, Math.min(...samples));
    assert(rtt.probeTimeoutUs(0) >= rtt.smoothedUs + 1000);
  }));
});

Deno.test("RFC 9002 5.2: the minimum can start again from the newest sample", () => {
  const rtt = new RttEstimator();
  rtt.sample(10_000, 0, Infinity);
  rtt.sample(90_000, 0, Infinity);
  rtt.restartMinimum();
  assert.equal(rtt.minUs, 90_000);
});

Deno.test("windowUs passes over most of a long queue: a window must not grow with the queue that it fills", () => {
  const rtt = new RttEstimator(100_000);
  assert.equal(rtt.windowUs, 100_000, "before any sample it is the assumed RTT");
  rtt.sample(200, 0, 0);
  assert.equal(rtt.windowUs, 200);
  for (let n = 0; n < 100; n++) rtt.sample(10_000, 0, 0);
  assert(rtt.smoothedUs > 9000);
  assert.equal(rtt.windowUs, 2 * 200 + 1000);
});
