import assert from "node:assert/strict";
import fc from "fast-check";
import { Pacer } from "../../../../lib/quic/recovery/pacer.ts";

const MTU = 1200;

Deno.test("a pacer lets everything through until it knows a rate", () => {
  assert.equal(new Pacer().available(0), Infinity);
});

Deno.test("over a second a pacer lets the rate through, and one burst", () => {
  const arbitrary = fc.record({
    window: fc.integer({ min: 2400, max: 10_000_000 }),
    rtt: fc.integer({ min: 100, max: 500_000 }),
  });
  fc.assert(
    fc.property(arbitrary, ({ window, rtt }) => {
      const pacer = new Pacer();
      pacer.update(0, window, rtt, false, MTU);
      const bytesPerUs = 1.25 * window / rtt;
      assert(Math.abs(pacer.rateBps / (bytesPerUs * 8e6) - 1) < 1e-9);
      let nowUs = 0;
      let sent = 0;
      for (let packets = 0; nowUs < 1_000_000 && packets < 5000; packets++) {
        const readyUs = pacer.readyAtUs(nowUs, MTU);
        assert(readyUs >= nowUs);
        nowUs = readyUs;
        pacer.onSent(MTU);
        sent += MTU;
        const burst = Math.max(10 * MTU, bytesPerUs * 2000);
        assert(sent <= bytesPerUs * nowUs + burst + 1, `${sent} bytes after ${nowUs} us`);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("a pause gives credit for one burst, not for the whole pause", () => {
  const pacer = new Pacer();
  pacer.update(0, 120_000, 100_000, false, MTU);
  pacer.onSent(120_000);
  assert(pacer.available(0) < 0);
  assert.equal(pacer.available(10_000_000), 12_000);
});

Deno.test("in slow start the rate is twice the window over the RTT", () => {
  const pacer = new Pacer();
  pacer.update(0, 120_000, 100_000, true, MTU);
  assert(Math.abs(pacer.rateBps - 2 * 120_000 * 8 / 0.1) < 1e-3);
});

Deno.test("a clock that goes back gives no credit", () => {
  const pacer = new Pacer();
  pacer.update(1000, 120_000, 100_000, false, MTU);
  pacer.onSent(12_000);
  assert.equal(pacer.available(500), 0);
  assert.equal(pacer.available(1000), 0);
});
