import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type CongestionController,
  initialWindow,
  minimumWindow,
} from "../../../../lib/quic/recovery/congestion.ts";
import { Cubic } from "../../../../lib/quic/recovery/cubic.ts";
import { NewReno } from "../../../../lib/quic/recovery/new_reno.ts";

const MTU = 1200;
const RTT = { smoothedUs: 100_000, minUs: 100_000 };

const CONTROLLERS: readonly (() => CongestionController)[] = [() => new NewReno(MTU), () => new Cubic(MTU)];

/** Acknowledges one whole window, sent a round trip before. */
function roundTrip(controller: CongestionController, nowUs: number): void {
  const packets = Math.ceil(controller.windowBytes / MTU);
  for (let i = 0; i < packets; i++) {
    controller.onAcked({ bytes: MTU, sentAtUs: nowUs - RTT.smoothedUs, appLimited: false }, nowUs, RTT);
  }
}

Deno.test("RFC 9002 7.2: the first window is ten packets, and at most 14,720 bytes or two packets", () => {
  assert.equal(initialWindow(1200), 12_000);
  assert.equal(initialWindow(1472), 14_720);
  assert.equal(initialWindow(9000), 18_000);
  for (const make of CONTROLLERS) assert.equal(make().windowBytes, 12_000);
});

for (const make of CONTROLLERS) {
  const { name } = make();

  Deno.test(`${name} doubles its window in a round trip of slow start`, () => {
    const controller = make();
    roundTrip(controller, 100_000);
    assert.equal(controller.windowBytes, 24_000);
    assert.equal(controller.inSlowStart, true);
  });

  Deno.test(`${name} reduces its window once for the losses of one round trip`, () => {
    const controller = make();
    for (let i = 1; i <= 4; i++) roundTrip(controller, i * 100_000);
    const before = controller.windowBytes;
    controller.onCongestion(400_000, 500_000);
    const after = controller.windowBytes;
    assert(after < before && after >= before / 2);
    controller.onCongestion(450_000, 510_000);
    assert.equal(controller.windowBytes, after, "that packet was sent before the reduction");
    controller.onAcked({ bytes: MTU, sentAtUs: 450_000, appLimited: false }, 520_000, RTT);
    assert.equal(controller.windowBytes, after, "and so was this one");
    controller.onCongestion(500_001, 600_000);
    assert(controller.windowBytes < after);
    assert.equal(controller.congestionEvents, 2);
  });

  Deno.test(`${name} takes a reduction back that was for nothing`, () => {
    const controller = make();
    for (let i = 1; i <= 4; i++) roundTrip(controller, i * 100_000);
    const before = controller.windowBytes;
    controller.onCongestion(400_000, 500_000);
    controller.onSpuriousLoss();
    assert.equal(controller.windowBytes, before);
    controller.onSpuriousLoss();
    assert.equal(controller.windowBytes, before);
  });

  Deno.test(`${name} falls to two packets in persistent congestion`, () => {
    const controller = make();
    controller.onCongestion(0, 100_000);
    controller.onPersistentCongestion();
    assert.equal(controller.windowBytes, minimumWindow(MTU));
    assert.equal(controller.inSlowStart, true);
  });

  Deno.test(`${name} does not grow when the sender has nothing to send`, () => {
    const controller = make();
    controller.onAcked({ bytes: MTU, sentAtUs: 1, appLimited: true }, 100_000, RTT);
    assert.equal(controller.windowBytes, 12_000);
  });

  Deno.test(`${name} keeps a window of at least two packets, whatever happens`, () => {
    const event = fc.oneof(
      fc.record({ acked: fc.integer({ min: 1, max: 65_535 }), limited: fc.boolean() }),
      fc.record({ mtu: fc.integer({ min: 1200, max: 9000 }) }),
      fc.constantFrom("loss", "persistent", "spurious"),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200, size: "max" }), fc.nat(200_000), (events, gapUs) => {
        const controller = make();
        let nowUs = 0;
        let mtu = MTU;
        for (const each of events) {
          nowUs += gapUs;
          if (each === "loss") controller.onCongestion(nowUs - 1, nowUs);
          else if (each === "persistent") controller.onPersistentCongestion();
          else if (each === "spurious") controller.onSpuriousLoss();
          else if ("mtu" in each) controller.onMtu(mtu = each.mtu);
          else {controller.onAcked(
              { bytes: each.acked, sentAtUs: nowUs, appLimited: each.limited },
              nowUs,
              RTT,
            );}
          assert(Number.isFinite(controller.windowBytes));
          assert(controller.windowBytes >= minimumWindow(Math.min(mtu, MTU)));
        }
      }),
    );
  });
}

Deno.test("NewReno grows by one packet in a round trip of congestion avoidance", () => {
  const controller = new NewReno(MTU);
  controller.onCongestion(0, 1);
  const before = controller.windowBytes;
  for (let i = 0; i < before / MTU; i++) {
    controller.onAcked({ bytes: MTU, sentAtUs: 2, appLimited: false });
  }
  assert.equal(controller.windowBytes, before + MTU);
});

Deno.test("RFC 9438 4.2: CUBIC is back at its old window K seconds after the loss, flat there, then faster", () => {
  const controller = new Cubic(MTU);
  let nowUs = 0;
  // A window large enough that the cubic region, not Reno, decides.
  while (controller.windowBytes < 1000 * MTU) roundTrip(controller, nowUs += RTT.smoothedUs);
  const before = controller.windowBytes;
  controller.onCongestion(nowUs, nowUs);
  assert.equal(controller.windowBytes, Math.floor(before * 0.7));
  const k = Math.cbrt(before * 0.3 / MTU / 0.4);
  const startUs = nowUs;
  const growth: number[] = [];
  while (nowUs - startUs < 2 * k * 1e6) {
    const last = controller.windowBytes;
    roundTrip(controller, nowUs += RTT.smoothedUs);
    growth.push(controller.windowBytes - last);
    const seconds = (nowUs - startUs) / 1e6;
    if (Math.abs(seconds - k) < 0.05) assert(Math.abs(controller.windowBytes / before - 1) < 0.02);
  }
  const third = Math.floor(growth.length / 3);
  const mean = (part: readonly number[]): number => part.reduce((a, b) => a + b, 0) / part.length;
  const [early, middle, late] = [0, 1, 2].map((i) => mean(growth.slice(i * third, (i + 1) * third)));
  assert(middle! < early! / 2 && middle! < late! / 2, `${early}, ${middle}, ${late}`);
});

Deno.test("RFC 9438 4.3: with a small window CUBIC grows at least as Reno does", () => {
  const controller = new Cubic(MTU);
  controller.onCongestion(0, 1);
  let nowUs = 1;
  const before = controller.windowBytes;
  for (let i = 0; i < 10; i++) roundTrip(controller, nowUs += 10_000 + RTT.smoothedUs);
  assert(controller.windowBytes >= before + 10 * 0.5 * MTU);
});

Deno.test("RFC 9438 4.7: a second loss before the old window was reached releases bandwidth", () => {
  const controller = new Cubic(MTU);
  let nowUs = 0;
  while (controller.windowBytes < 500 * MTU) roundTrip(controller, nowUs += RTT.smoothedUs);
  controller.onCongestion(nowUs, nowUs);
  const window = controller.windowBytes;
  controller.onCongestion(nowUs + 1, nowUs + 2);
  assert.equal(controller.windowBytes, Math.floor(window * 0.7));
  const target = window * (1 + 0.7) / 2;
  for (let i = 0; i < 40; i++) roundTrip(controller, nowUs += RTT.smoothedUs);
  assert(controller.windowBytes > target * 0.9 && controller.windowBytes < target * 1.2);
});
