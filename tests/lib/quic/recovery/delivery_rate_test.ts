import assert from "node:assert/strict";
import fc from "fast-check";
import { DeliveryRate } from "../../../../lib/quic/recovery/delivery_rate.ts";

/** Bytes that arrive at a steady rate, in packets, for so long. */
function feed(rate: DeliveryRate, bytesPerMs: number, fromMs: number, forMs: number, idle = false): number {
  for (let ms = fromMs; ms < fromMs + forMs; ms++) rate.onAcked(bytesPerMs, idle, 20_000, ms * 1000);
  return rate.bitsPerSecond;
}

Deno.test("a delivery rate is not known before the first round trip", () => {
  const rate = new DeliveryRate();
  assert.equal(rate.bitsPerSecond, 0);
  assert.equal(feed(rate, 1_250, 0, 10), 0);
});

Deno.test("a steady flow is measured exactly", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 100_000 }), (bytesPerMs) => {
    const bps = feed(new DeliveryRate(), bytesPerMs, 0, 100);
    assert(Math.abs(bps - bytesPerMs * 8_000) <= bytesPerMs * 8_000 * 1e-9, `${bps}`);
  }));
});

Deno.test("a sender with nothing more to send does not lower the rate, one that is held up does", () => {
  const rate = new DeliveryRate();
  const fast = feed(rate, 1_000, 0, 100);
  assert.equal(feed(rate, 100, 100, 200, true), fast);
  assert(feed(rate, 100, 300, 400) < fast / 4);
  assert(feed(rate, 2_000, 700, 400) > fast);
});

Deno.test("a pause is no slow delivery", () => {
  const rate = new DeliveryRate();
  const fast = feed(rate, 1_000, 0, 100);
  assert.equal(feed(rate, 1_000, 5_000, 100), fast);
});
