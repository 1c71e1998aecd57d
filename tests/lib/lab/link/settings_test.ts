import assert from "node:assert/strict";
import {
  changedSettings,
  defaultQueueBytes,
  type LinkSettings,
  linkSettings,
} from "../../../../lib/lab/link/settings.ts";

Deno.test("linkSettings() of nothing is a perfect link", () => {
  assert.deepEqual(linkSettings(), {
    rateBps: null,
    delayUs: 0,
    jitterUs: 0,
    loss: { kind: "none" },
    queueBytes: 1 << 20,
    mtu: 1500,
    blackhole: false,
  });
});

Deno.test("defaultQueueBytes() is 50 ms at the rate, and at least 10 packets", () => {
  assert.equal(defaultQueueBytes(20e6, 1500), 125_000);
  assert.equal(defaultQueueBytes(1e6, 1500), 15_000);
  assert.equal(defaultQueueBytes(1e6, 9000), 90_000);
  assert.equal(defaultQueueBytes(null, 1500), 1 << 20);
  assert.equal(defaultQueueBytes(100e9, 1500), 32 << 20);
});

const IMPOSSIBLE: readonly (readonly [Partial<LinkSettings>, RegExp])[] = [
  [{ rateBps: 0 }, /a rate of 0: it is not from 1000 to 100000000000 bit\/s/],
  [{ rateBps: NaN }, /a rate of NaN/],
  [{ rateBps: 1e12 }, /a rate of/],
  [{ delayUs: -1 }, /a delay of -1/],
  [{ delayUs: 10_000_001 }, /a delay of 10000001/],
  [{ jitterUs: 5 }, /a jitter of 5 us: it is more than the delay of 0 us/],
  [{ mtu: 67 }, /an MTU of 67/],
  [{ mtu: 65536 }, /an MTU of 65536/],
  [{ mtu: 1500.5 }, /an MTU of 1500.5: it is not a whole number/],
  [{ queueBytes: 1499 }, /a queue of 1499/],
  [{ queueBytes: 33 << 20 }, /a queue of/],
  [{ loss: { kind: "random", probability: 1.1 } }, /a loss of 1.1/],
  [{ loss: { kind: "random", probability: -0.1 } }, /a loss of -0.1/],
  [{ loss: { kind: "burst", probability: 0.1, meanBurst: 0.5 } }, /a mean burst of 0.5/],
  [
    { loss: { kind: "burst", probability: 0.9, meanBurst: 2 } },
    /with bursts of 2 packets at most 0.667 can be lost/,
  ],
];

for (const [settings, message] of IMPOSSIBLE) {
  Deno.test(`linkSettings() refuses ${message.source}`, () => {
    assert.throws(() => linkSettings(settings), { code: "ERR_INVALID_VALUE", message });
    assert.throws(() => changedSettings(linkSettings(), settings), { code: "ERR_INVALID_VALUE", message });
  });
}

Deno.test("changedSettings() changes what is named, and checks it with the rest", () => {
  const settings = linkSettings({ rateBps: 1e6, delayUs: 20_000, jitterUs: 10_000 });
  assert.deepEqual(changedSettings(settings, { rateBps: 5e6 }), { ...settings, rateBps: 5e6 });
  assert.deepEqual(changedSettings(settings, { rateBps: null }), { ...settings, rateBps: null });
  assert.throws(() => changedSettings(settings, { delayUs: 5000 }), { message: /a jitter of 10000 us/ });
});
