import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../../lib/base/errors.ts";
import { memoryFor } from "../../../../lib/lab/link/delay_line.ts";
import { type LinkSettings, linkSettings } from "../../../../lib/lab/link/settings.ts";
import { type Out, VirtualLine } from "./virtual_line.ts";

const END_US = 1e9;

function near(actual: number, expected: number): void {
  assert(Math.abs(actual - expected) < 1e-3, `${actual} instead of ${expected}`);
}

/** Packets of one size that come at even distances, to their end. */
function stream(line: VirtualLine, count: number, gapUs: number, length: number = 1000): readonly Out[] {
  for (let mark = 0; mark < count; mark++) line.offer(mark * gapUs, mark, length);
  line.runTo(END_US);
  return line.out;
}

Deno.test("DelayLine without settings lets packets through at once", () => {
  const out = stream(new VirtualLine({}), 100, 10);
  assert.deepEqual(out, Array.from({ length: 100 }, (_, mark) => ({ mark, length: 1000, atUs: mark * 10 })));
});

Deno.test("DelayLine delays every packet by exactly what was asked", () => {
  for (const { mark, atUs } of stream(new VirtualLine({ delayUs: 12_345 }), 100, 17)) {
    near(atUs, mark * 17 + 12_345);
  }
});

Deno.test("DelayLine sends packets one after the other at exactly its rate", () => {
  // 1000 bytes at 8 Mbit/s take 1 ms each.
  const out = stream(new VirtualLine({ rateBps: 8e6, queueBytes: 1_000_000, delayUs: 500 }), 100, 0);
  for (const { mark, atUs } of out) near(atUs, (mark + 1) * 1000 + 500);
  assert.equal(out.length, 100);
});

Deno.test("DelayLine at a rate delays packets that do not have to wait by their own time on the link", () => {
  for (const { mark, atUs } of stream(new VirtualLine({ rateBps: 8e6 }), 50, 3000)) {
    near(atUs, mark * 3000 + 1000);
  }
});

Deno.test("DelayLine drops what finds no room in its queue, by bytes", () => {
  const line = new VirtualLine({ rateBps: 8e6, queueBytes: 10_000 });
  const fates = Array.from({ length: 12 }, (_, mark) => line.offer(0, mark, 1000));
  assert.deepEqual(fates, [...Array(10).fill("queued"), "queue", "queue"]);
  // Half a packet has left: still no room for a whole one, but for one of half the size.
  assert.equal(line.offer(500, 12, 1000), "queue");
  assert.equal(line.offer(500, 13, 500), "queued");
  assert.equal(line.offer(1500, 14, 1000), "queued");
  line.runTo(END_US);
  assert.deepEqual(line.out.map(({ mark }) => mark), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14]);
  assert.equal(line.line.status(END_US).droppedByQueue, 3);
});

Deno.test("DelayLine under twice its rate carries its rate, and keeps packets as long as its queue takes", () => {
  const line = new VirtualLine({ rateBps: 8e6, queueBytes: 50_000, delayUs: 10_000 });
  const out = stream(line, 10_000, 500);
  // 4999 had left when the last came, and 50 waited.
  assert.equal(out.length, 4999 + 50);
  for (let i = 1; i < out.length; i++) near(out[i]!.atUs - out[i - 1]!.atUs, 1000);
  const longest = Math.max(...out.map(({ mark, atUs }) => atUs - mark * 500));
  assert(longest <= 60_000 + 1e-3 && longest > 59_000, `${longest}`);
});

Deno.test("DelayLine loses packets on the way: the link is busy with them all the same", () => {
  const line = new VirtualLine({ rateBps: 8e6, queueBytes: 1e7, loss: { kind: "random", probability: 0.5 } });
  const out = stream(line, 1000, 0);
  for (const { mark, atUs } of out) near(atUs, (mark + 1) * 1000);
  const { packets, droppedByLoss } = line.line.status(END_US);
  assert.equal(packets, out.length);
  assert.equal(packets + droppedByLoss, 1000);
  // 4 standard deviations of a binomial distribution.
  assert(Math.abs(droppedByLoss - 500) < 4 * Math.sqrt(250), `${droppedByLoss}`);
});

Deno.test("DelayLine with a black hole swallows everything that comes, and lets out what had come before", () => {
  const line = new VirtualLine({ delayUs: 1000 });
  line.offer(0, 1, 100);
  line.change(10, { blackhole: true });
  assert.equal(line.offer(20, 2, 100), "blackhole");
  line.change(30, { blackhole: false });
  line.offer(40, 3, 100);
  line.runTo(END_US);
  assert.deepEqual(line.out.map(({ mark }) => mark), [1, 3]);
  assert.equal(line.line.status(END_US).droppedByBlackhole, 1);
});

Deno.test("DelayLine with jitter keeps the order, the bounds and the mean", () => {
  const count = 50_000;
  const out = stream(new VirtualLine({ delayUs: 20_000, jitterUs: 5000 }, 3), count, 1000);
  const delays = out.map(({ mark, atUs }) => atUs - mark * 1000);
  assert(Math.min(...delays) >= 15_000 && Math.max(...delays) <= 25_000);
  assert(out.every(({ mark }, index) => mark === index));
  const mean = delays.reduce((sum, delay) => sum + delay, 0) / count;
  // A target is drawn every 20 ms: 2500 of them, even over 10 ms.
  assert(Math.abs(mean - 20_000) < 4 * 5000 / Math.sqrt(3) / Math.sqrt(2500), `${mean}`);
});

Deno.test("DelayLine.change() of the rate scales what still waits", () => {
  const line = new VirtualLine({ rateBps: 8e6, queueBytes: 100_000 });
  for (let mark = 0; mark < 10; mark++) line.offer(0, mark, 1000);
  // Two and a half packets have left; seven and a half take twice as long now.
  line.change(2500, { rateBps: 4e6 });
  line.offer(2500, 10, 1000);
  line.runTo(END_US);
  const times = [1000, 2000, ...Array.from({ length: 9 }, (_, index) => 3500 + index * 2000)];
  line.out.forEach(({ mark, atUs }, index) => {
    assert.equal(mark, index);
    near(atUs, times[index]!);
  });
});

Deno.test("DelayLine.change() to no rate lets out all that waits", () => {
  const line = new VirtualLine({ rateBps: 8e6, queueBytes: 100_000, delayUs: 300 });
  for (let mark = 0; mark < 10; mark++) line.offer(0, mark, 1000);
  line.change(2500, { rateBps: null });
  line.runTo(END_US);
  assert.deepEqual(line.out.map(({ atUs }) => atUs), [1300, 2300, ...Array(8).fill(2800)]);
  line.change(END_US, { rateBps: 8e6 });
  line.offer(END_US, 10, 1000);
  near(line.line.dueUs, END_US + 1300);
});

Deno.test("DelayLine.change() of the delay is for packets to come, which do not overtake", () => {
  const line = new VirtualLine({ delayUs: 10_000 });
  line.offer(0, 0, 100);
  line.change(1000, { delayUs: 2000 });
  line.offer(1000, 1, 100);
  line.offer(9500, 2, 100);
  line.runTo(END_US);
  assert.deepEqual(line.out.map(({ atUs }) => atUs), [10_000, 10_000, 11_500]);
});

Deno.test("DelayLine.change() to something impossible changes nothing", () => {
  const line = new VirtualLine({ rateBps: 8e6, delayUs: 100 });
  const before = line.line.settings;
  assert.throws(() => line.change(0, { delayUs: 5, jitterUs: 10 }), MptError);
  assert.throws(() => line.change(0, { queueBytes: 1 }), MptError);
  assert.equal(line.line.settings, before);
});

Deno.test("DelayLine asks for more memory when a change needs it, and keeps its packets in the move", () => {
  const line = new VirtualLine({ delayUs: 1000 });
  for (let mark = 0; mark < 50; mark++) line.offer(mark, mark, 4 + mark);
  assert.equal(line.line.wantedBytes, null);
  line.line.change(50, { delayUs: 10_000 });
  assert.equal(line.line.wantedBytes, memoryFor(line.line.settings));
  line.change(50, {});
  assert.equal(line.line.wantedBytes, null);
  line.offer(50, 50, 54);
  line.runTo(END_US);
  const expected = Array.from({ length: 51 }, (_, mark) => ({ mark, length: 4 + mark }));
  assert.deepEqual(line.out.map(({ mark, length }) => ({ mark, length })), expected);
});

Deno.test("DelayLine drops and counts what it has no memory for", () => {
  const line = new VirtualLine({ delayUs: 1000 }, 1, 2 * 65535);
  const fates = Array.from({ length: 5 }, (_, mark) => line.offer(0, mark, 60_000));
  assert.deepEqual(fates, ["queued", "queued", "overload", "overload", "overload"]);
  assert.equal(line.line.status(0).droppedByOverload, 3);
  line.runTo(END_US);
  assert.equal(line.offer(END_US, 9, 60_000), "queued");
});

Deno.test("DelayLine counts packets that the device refused, and not as delivered", () => {
  const { line } = new VirtualLine({});
  line.offer(0, line.room(), 100);
  line.shift(0, false);
  const { packets, bytes, droppedByDevice } = line.status(0);
  assert.deepEqual({ packets, bytes, droppedByDevice }, { packets: 0, bytes: 0, droppedByDevice: 1 });
});

Deno.test("DelayLine.status() has the rate of the last whole second, the delay and the lateness", () => {
  const { line } = new VirtualLine({ delayUs: 10_000 });
  for (let i = 0; i < 1000; i++) {
    line.offer(1_000_000 + i * 1000, line.room(), 1250);
    line.shift(1_010_300 + i * 1000, true);
  }
  const status = line.status(2_500_000);
  // The packets of 990 ms came out in the first second.
  assert.equal(status.rateBps, 990 * 1250 * 8);
  assert.equal(line.status(3_000_000).rateBps, 10 * 1250 * 8);
  assert.equal(line.status(4_000_000).rateBps, 0);
  assert.equal(status.latenessUs?.max, 300);
  assert(Math.abs(status.latenessUs.p50 - 300) <= 300 / 64);
  assert.equal(status.delayUs?.max, 10_300);
  assert(Math.abs(status.delayUs.p99 - 10_300) <= 10_300 / 64);
});

const packets = fc.array(
  fc.record({ gapUs: fc.integer({ min: 0, max: 5000 }), length: fc.integer({ min: 4, max: 1500 }) }),
  { minLength: 1, maxLength: 100 },
);
const change: fc.Arbitrary<Partial<LinkSettings>> = fc.oneof(
  fc.record({ rateBps: fc.oneof(fc.constant(null), fc.integer({ min: 1e5, max: 1e9 })) }),
  fc.record({ delayUs: fc.integer({ min: 3000, max: 30_000 }) }),
  fc.record({ jitterUs: fc.integer({ min: 0, max: 3000 }) }),
  fc.record({ queueBytes: fc.integer({ min: 1500, max: 100_000 }) }),
  fc.record({ blackhole: fc.boolean() }),
  fc.constant<Partial<LinkSettings>>({ loss: { kind: "burst", probability: 0.1, meanBurst: 3 } }),
  fc.constant<Partial<LinkSettings>>({ loss: { kind: "none" } }),
);
const steps = fc.array(fc.oneof({ weight: 4, arbitrary: packets }, { weight: 1, arbitrary: change }));

Deno.test("DelayLine keeps order, loses no account and lets nothing out early, whatever changes", () => {
  fc.assert(fc.property(fc.nat(), steps, (seed, steps) => {
    const line = new VirtualLine({ delayUs: 10_000, jitterUs: 1000 }, seed);
    const arrivals: number[] = [];
    let queued = 0;
    let now = 0;
    for (const step of steps) {
      if (!Array.isArray(step)) {
        line.change(now, step);
        continue;
      }
      for (const { gapUs, length } of step) {
        now += gapUs;
        if (line.offer(now, arrivals.length, length) === "queued") queued++;
        arrivals.push(now);
      }
    }
    assert.equal(line.line.status(now).inFlight, queued - line.out.length);
    line.runTo(END_US);
    assert.equal(line.out.length, queued);
    for (const [index, { mark, atUs }] of line.out.entries()) {
      assert(index === 0 || mark > line.out[index - 1]!.mark, "out of order");
      assert(index === 0 || atUs >= line.out[index - 1]!.atUs, "back in time");
      assert(atUs >= arrivals[mark]!, "before it came");
    }
    const status = line.line.status(END_US);
    const dropped = status.droppedByQueue + status.droppedByLoss + status.droppedByBlackhole +
      status.droppedByOverload;
    assert.equal(status.packets + dropped, arrivals.length);
    assert.equal(status.inFlight, 0);
  }));
});

Deno.test("DelayLine never carries more than its rate, over any stretch of packets", () => {
  fc.assert(fc.property(packets, fc.integer({ min: 1e5, max: 1e8 }), (packets, rateBps) => {
    const line = new VirtualLine({ rateBps, delayUs: 7000 });
    let now = 0;
    packets.forEach(({ gapUs, length }, mark) => line.offer(now += gapUs, mark, length));
    line.runTo(END_US);
    for (let first = 0; first < line.out.length; first++) {
      let bits = 0;
      for (let last = first + 1; last < line.out.length; last++) {
        bits += line.out[last]!.length * 8;
        const us = line.out[last]!.atUs - line.out[first]!.atUs;
        assert(bits / rateBps * 1e6 <= us + 1e-3, `${bits} bits in ${us} us`);
      }
    }
  }));
});

Deno.test("DelayLine does the same to the same packets for the same seed, and other luck for another", () => {
  const settings: Partial<LinkSettings> = {
    delayUs: 5000,
    jitterUs: 2000,
    loss: { kind: "random", probability: 0.2 },
  };
  const one = stream(new VirtualLine(settings, 42), 500, 100);
  assert.deepEqual(one, stream(new VirtualLine(settings, 42), 500, 100));
  assert.notDeepEqual(one, stream(new VirtualLine(settings, 43), 500, 100));
});

Deno.test("DelayLine loses the same packets with jitter as without", () => {
  const loss = { kind: "random", probability: 0.1 } as const;
  const marks = (settings: Partial<LinkSettings>): readonly number[] =>
    stream(new VirtualLine({ delayUs: 5000, loss, ...settings }, 5), 1000, 100).map(({ mark }) => mark);
  assert.deepEqual(marks({ jitterUs: 4000 }), marks({}));
});

Deno.test("memoryFor() is enough for the queue and what flies, and bounded", () => {
  const settings = linkSettings({ rateBps: 100e6, delayUs: 100_000, queueBytes: 500_000 });
  assert(memoryFor(settings) >= 500_000 + 100e6 / 8 * 0.1);
  assert.equal(memoryFor(linkSettings({ delayUs: 10_000_000 })), 64 << 20);
});
