import assert from "node:assert/strict";
import fc from "fast-check";
import type { CongestionController } from "../../../../lib/quic/recovery/congestion.ts";
import { type CoupledFlow, Coupling } from "../../../../lib/quic/recovery/coupling.ts";
import { Lia, liaAlpha } from "../../../../lib/quic/recovery/lia.ts";
import { NewReno } from "../../../../lib/quic/recovery/new_reno.ts";
import { Olia, oliaShift } from "../../../../lib/quic/recovery/olia.ts";

const MTU = 1200;

/** A flow that only says what it is. */
function flow(windowPackets: number, rttMs: number, lossIntervalBytes: number = 0): CoupledFlow {
  return { windowBytes: windowPackets * MTU, mtu: MTU, rttUs: rttMs * 1000, lossIntervalBytes };
}

function coupling(...flows: readonly CoupledFlow[]): Coupling {
  const result = new Coupling();
  for (const each of flows) result.join(each);
  return result;
}

/** Acknowledges a packet that was sent an RTT before. */
function ack(controller: CongestionController, rttMs: number, nowMs: number): void {
  const rtt = { smoothedUs: rttMs * 1000, minUs: rttMs * 1000 };
  const sentAtUs = (nowMs - rttMs) * 1000;
  controller.onAcked({ bytes: MTU, sentAtUs, appLimited: false }, nowMs * 1000, rtt);
}

/** Brings a controller out of slow start and tells its window then. */
function avoidance(controller: CongestionController, rttMs: number): number {
  ack(controller, rttMs, 1000);
  controller.onCongestion(1_000_000, 1_001_000);
  return controller.windowBytes;
}

function near(actual: number, expected: number): void {
  assert(Math.abs(actual - expected) <= 1e-9 * Math.abs(expected), `${actual} is not ${expected}`);
}

Deno.test("RFC 6356 3 (2): alpha of equal paths is one over their number", () => {
  near(liaAlpha(coupling(flow(10, 100))), 1);
  near(liaAlpha(coupling(flow(10, 100), flow(10, 100))), 1 / 2);
  near(liaAlpha(coupling(flow(10, 100), flow(10, 100), flow(10, 100), flow(10, 100))), 1 / 4);
});

Deno.test("RFC 6356 3 (2): alpha of unequal paths", () => {
  // 50 * max(20/10^2, 30/50^2) / (20/10 + 30/50)^2 = 50 * 0.2 / 2.6^2
  near(liaAlpha(coupling(flow(20, 10), flow(30, 50))), 10 / 6.76);
});

Deno.test("a path without an RTT sample does not count yet", () => {
  near(liaAlpha(coupling(flow(20, 10), flow(30, 0))), 1);
  assert.equal(liaAlpha(coupling(flow(30, 0))), 0);
});

Deno.test("RFC 6356 3 (1): LIA grows by the smaller of the coupled and the uncoupled increase", () => {
  const other = flow(30, 50);
  const group = coupling(other);
  const lia = new Lia(MTU, group);
  const before = avoidance(lia, 10);
  const alpha = liaAlpha(group);
  ack(lia, 10, 1012);
  near(
    lia.windowBytes - before,
    Math.min(alpha * MTU * MTU / (before + other.windowBytes), MTU * MTU / before),
  );
});

Deno.test("LIA on one path grows as fast as Reno", () => {
  const lia = new Lia(MTU, new Coupling());
  const before = avoidance(lia, 10);
  ack(lia, 10, 1012);
  near(lia.windowBytes - before, MTU * MTU / before);
});

Deno.test("LIA never grows faster than a connection of its own (RFC 6356 goal 2)", () => {
  const flows = fc.array(fc.tuple(fc.integer({ min: 2, max: 1000 }), fc.integer({ min: 1, max: 1000 })), {
    maxLength: 7,
  });
  fc.assert(fc.property(flows, fc.integer({ min: 1, max: 1000 }), (others, rttMs) => {
    const lia = new Lia(MTU, coupling(...others.map(([window, rtt]) => flow(window, rtt))));
    const before = avoidance(lia, rttMs);
    ack(lia, rttMs, 1002 + rttMs);
    const growth = lia.windowBytes - before;
    assert(growth > 0 && growth <= MTU * MTU / before * (1 + 1e-9), `${growth}`);
  }));
});

Deno.test("OLIA moves window from the largest path to the best one, and only if they differ", () => {
  const best = flow(5, 10, 1_000_000);
  const largest = flow(50, 10, 10_000);
  const neither = flow(20, 10, 20_000);
  const group = coupling(best, largest, neither);
  near(oliaShift(group, best), 1 / 3);
  near(oliaShift(group, largest), -1 / 3);
  assert.equal(oliaShift(group, neither), 0);

  const both = flow(50, 10, 1_000_000);
  const second = coupling(both, neither);
  assert.equal(oliaShift(second, both), 0);
  assert.equal(oliaShift(second, neither), 0);
});

Deno.test("OLIA: what some get is what others give", () => {
  const one = fc.tuple(
    fc.integer({ min: 2, max: 20 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 0, max: 5 }),
  );
  fc.assert(fc.property(fc.array(one, { minLength: 1, maxLength: 8 }), (values) => {
    const flows = values.map(([window, rttMs, interval]) => flow(window, rttMs, interval * 1000));
    const group = coupling(...flows);
    const sum = flows.reduce((total, each) => total + oliaShift(group, each), 0);
    assert(Math.abs(sum) < 1e-9);
  }));
});

Deno.test("OLIA grows by its formula", () => {
  const other = flow(30, 50, 1e9);
  const group = coupling(other);
  const olia = new Olia(MTU, group);
  const before = avoidance(olia, 10);
  const window = before / MTU;
  ack(olia, 10, 1012);
  // The other one is both the best and the largest: nothing is moved
  const sum = window / 10_000 + 30 / 50_000;
  near(olia.windowBytes - before, window / 10_000 ** 2 / sum ** 2 * MTU);
});

Deno.test("OLIA: the interval between losses is the longer of the last two", () => {
  const olia = new Olia(MTU, new Coupling());
  for (let i = 0; i < 10; i++) ack(olia, 10, 100 + i);
  assert.equal(olia.lossIntervalBytes, 12_000);
  olia.onCongestion(110_000, 111_000);
  assert.equal(olia.lossIntervalBytes, 12_000);
  for (let i = 0; i < 15; i++) ack(olia, 10, 200 + i);
  assert.equal(olia.lossIntervalBytes, 18_000);
});

for (const make of [Lia, Olia]) {
  const { name } = new make(MTU, new Coupling());

  Deno.test(`${name}: slow start and the reduction after a loss are those of Reno`, () => {
    const coupled = new make(MTU, coupling(flow(30, 50)));
    const reno = new NewReno(MTU);
    for (const controller of [coupled, reno]) {
      for (let i = 0; i < 30; i++) ack(controller, 10, 100 + i);
      controller.onCongestion(125_000, 135_000);
      controller.onCongestion(126_000, 136_000);
    }
    assert.equal(coupled.windowBytes, reno.windowBytes);
    assert.equal(coupled.thresholdBytes, reno.thresholdBytes);
    coupled.onSpuriousLoss();
    assert.equal(coupled.windowBytes, 42 * MTU - 2 * MTU);
    coupled.onPersistentCongestion();
    assert.equal(coupled.windowBytes, 2 * MTU);
  });

  Deno.test(`${name} never goes below two packets and is always finite`, () => {
    const step = fc.oneof(
      fc.record({
        op: fc.constant("ack" as const),
        path: fc.nat(2),
        rttMs: fc.integer({ min: 1, max: 500 }),
      }),
      fc.record({ op: fc.constantFrom("loss" as const, "stall" as const, "end" as const), path: fc.nat(2) }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const group = new Coupling();
      const paths = [new make(MTU, group), new make(MTU, group), new make(MTU, group)];
      for (const [index, each] of steps.entries()) {
        const path = paths[each.path]!;
        if (each.op === "ack") ack(path, each.rttMs, 1000 + index);
        else if (each.op === "loss") path.onCongestion((1000 + index) * 1000, (1000 + index) * 1000);
        else if (each.op === "stall") path.onPersistentCongestion();
        else path.end();
        for (const { windowBytes } of paths) assert(windowBytes >= 2 * MTU && windowBytes < 1e9);
      }
    }));
  });

  Deno.test(`${name}: a path that is over does not count any more`, () => {
    const group = new Coupling();
    const [first, second] = [new make(MTU, group), new make(MTU, group)];
    assert.equal(group.flows.length, 2);
    second.end();
    second.end();
    assert.deepEqual(group.flows, [first]);
  });
}

Deno.test("two LIA paths over one bottleneck share it fairly with a connection of one path", () => {
  // 100 packets in flight are one RTT's worth; one too many costs a random window, in proportion to its size
  const group = new Coupling();
  const paths = [new Lia(MTU, group), new Lia(MTU, group), new NewReno(MTU)];
  let seed = 1;
  const random = (): number => (seed = seed * 48_271 % 0x7fffffff) / 0x7fffffff;
  const carried = [0, 0];
  for (let round = 1; round <= 6000; round++) {
    const nowMs = round * 100;
    for (const path of paths) {
      for (let i = Math.floor(path.windowBytes / MTU); i > 0; i--) ack(path, 100, nowMs);
    }
    const total = paths.reduce((sum, { windowBytes }) => sum + windowBytes, 0);
    if (round > 1000) {
      carried[0]! += paths[0]!.windowBytes + paths[1]!.windowBytes;
      carried[1]! += paths[2]!.windowBytes;
    }
    if (total <= 100 * MTU) continue;
    let at = random() * total;
    const unlucky = paths.find(({ windowBytes }) => (at -= windowBytes) <= 0) ?? paths[2]!;
    unlucky.onCongestion(nowMs * 1000, nowMs * 1000);
  }
  const ratio = carried[0]! / carried[1]!;
  assert(ratio > 0.7 && ratio < 1.4, `two paths together carried ${ratio.toFixed(2)} of what one did`);
});
