import assert from "node:assert/strict";
import { changedDemand, demandOf, needsDelayLine, settingsOf } from "../../../../lib/lab/plan/demand.ts";
import type { DirectionOptions } from "../../../../lib/lab/plan/options.ts";

const settings = (options: DirectionOptions, mtu = 1500) =>
  settingsOf(demandOf({}, options), mtu, "paths[0]");

Deno.test("settingsOf() turns units for people into those of the link", () => {
  const { rateBps, delayUs, jitterUs, loss, blackhole } = settings({
    rateMbit: 1.5,
    delayMs: 10.25,
    jitterMs: 0.5,
    loss: 0.02,
  });
  assert.deepEqual([rateBps, delayUs, jitterUs, blackhole], [1_500_000, 10_250, 500, false]);
  assert.deepEqual(loss, { kind: "random", probability: 0.02 });
  assert.deepEqual(settings({ loss: 0.02, burst: 4 }).loss, {
    kind: "burst",
    probability: 0.02,
    meanBurst: 4,
  });
  assert.deepEqual(settings({ loss: 0.02, burst: 1 }).loss.kind, "random");
  assert.deepEqual(settings({ burst: 4 }).loss, { kind: "none" });
});

Deno.test("settingsOf() sizes the queue by time, by packets or by default", () => {
  assert.equal(settings({ rateMbit: 8, queueMs: 100 }).queueBytes, 100_000);
  assert.equal(settings({ rateMbit: 8, queuePackets: 20 }, 1400).queueBytes, 28_000);
  assert.equal(settings({ rateMbit: 8 }).queueBytes, 50_000);
  assert.equal(settings({ rateMbit: 0.01, queueMs: 1 }).queueBytes, 1500);
});

Deno.test("changedDemand() changes what is named; the default queue follows the rate", () => {
  const before = demandOf({}, { rateMbit: 20, delayMs: 30, jitterMs: 5, burst: 3 });
  const after = changedDemand(before, { rateMbit: 5, loss: 0.1 });
  assert.deepEqual(after, { ...before, rateMbit: 5, loss: 0.1 });
  assert.equal(settingsOf(after, 1500, "path1").queueBytes, 31_250);
  assert.equal(changedDemand(before, { rateMbit: null }).rateMbit, null);
  assert.equal(changedDemand(before, { burst: null }).burst, null);
  assert.equal(changedDemand(before, { delayMs: 2 }).jitterMs, 2);
  assert.equal(changedDemand(before, { blackhole: true }).blackhole, true);
});

Deno.test("changedDemand() can take the rate of a queue in milliseconds away, and give it back", () => {
  const before = demandOf({}, { rateMbit: 8, queueMs: 100 });
  const without = changedDemand(before, { rateMbit: null });
  assert.equal(settingsOf(without, 1500, "path1").rateBps, null);
  const back = changedDemand(without, { rateMbit: 4 });
  assert.equal(settingsOf(back, 1500, "path1").queueBytes, 50_000);
});

Deno.test("needsDelayLine() is true for what tbf and nftables cannot do", () => {
  assert.equal(needsDelayLine(demandOf({}, { rateMbit: 1, loss: 0.5 })), false);
  assert.equal(needsDelayLine(demandOf({}, { burst: 3 })), false);
  assert.equal(needsDelayLine(demandOf({}, { burst: 3, loss: 0.1 })), true);
  assert.equal(needsDelayLine(demandOf({ delayMs: 1 }, {})), true);
});
