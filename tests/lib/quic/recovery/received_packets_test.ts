import assert from "node:assert/strict";
import fc from "fast-check";
import { ReceivedPackets } from "../../../../lib/quic/recovery/received_packets.ts";

function rangesOf(received: ReceivedPackets): readonly (readonly [number, number])[] {
  return Array.from(
    { length: received.count },
    (_, i) => [received.largest(i), received.smallest(i)] as const,
  );
}

/** The ranges of a set of numbers, the highest first. */
function modelRanges(numbers: ReadonlySet<number>): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => b - a)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

Deno.test("ReceivedPackets has the ranges of the set of numbers that arrived", () => {
  fc.assert(fc.property(fc.array(fc.nat(60), { maxLength: 80, size: "max" }), (numbers) => {
    const received = new ReceivedPackets(25_000);
    const model = new Set<number>();
    for (const number of numbers) {
      assert.equal(received.isDuplicate(number), model.has(number));
      if (model.has(number)) continue;
      received.onReceived(number, number, true);
      model.add(number);
      assert.deepEqual(rangesOf(received), modelRanges(model));
      assert.equal(received.newest, Math.max(...model));
    }
  }));
});

Deno.test("ReceivedPackets keeps at most 64 ranges and takes what it forgot for duplicates", () => {
  const received = new ReceivedPackets(25_000);
  for (let number = 0; number < 400; number += 2) received.onReceived(number, 0, true);
  assert.equal(received.count, 64);
  assert.equal(received.newest, 398);
  assert.deepEqual(rangesOf(received).at(-1), [272, 272]);
  assert.equal(received.isDuplicate(269), true, "below the floor nothing can be told");
  assert.equal(received.isDuplicate(271), false);
});

Deno.test("ReceivedPackets never takes a packet that it has seen for a new one, whatever it forgets", () => {
  const act = fc.oneof(
    fc.record({ arrive: fc.nat(400) }),
    fc.record({ acknowledged: fc.nat(400) }),
  );
  fc.assert(fc.property(fc.array(act, { maxLength: 400, size: "max" }), (acts) => {
    const received = new ReceivedPackets(25_000);
    const seen = new Set<number>();
    for (const each of acts) {
      if ("acknowledged" in each) {
        received.onAckAcknowledged(Math.min(each.acknowledged, received.newest));
        continue;
      }
      if (seen.has(each.arrive)) assert.equal(received.isDuplicate(each.arrive), true);
      if (received.isDuplicate(each.arrive)) continue;
      seen.add(each.arrive);
      received.onReceived(each.arrive, 0, true);
      assert(rangesOf(received).every(([high, low]) => high >= low));
    }
  }));
});

Deno.test("the second packet in order is acknowledged at once, the first after the delay", () => {
  const received = new ReceivedPackets(25_000);
  assert.equal(received.ackAtUs, Infinity);
  received.onReceived(0, 1000, true);
  assert.equal(received.ackAtUs, 26_000);
  received.onReceived(1, 2000, true);
  assert.equal(received.ackAtUs, -Infinity);
  assert.equal(received.ackDelayUs(5000), 3000);
  received.onAckSent();
  assert.equal(received.ackAtUs, Infinity);
});

Deno.test("a gap, a late packet and a CE mark are acknowledged at once, an acknowledgment never", () => {
  const gap = new ReceivedPackets(25_000);
  gap.onReceived(1, 0, true);
  assert.equal(gap.ackAtUs, -Infinity);
  gap.onAckSent();
  gap.onReceived(0, 0, true);
  assert.equal(gap.ackAtUs, -Infinity, "it came late");
  const marked = new ReceivedPackets(25_000);
  marked.onReceived(0, 0, true, "ce");
  assert.equal(marked.ackAtUs, -Infinity);
  assert.deepEqual(marked.ecn, { ect0: 0, ect1: 0, ce: 1 });
  const quiet = new ReceivedPackets(25_000);
  quiet.onReceived(5, 0, false);
  assert.equal(quiet.ackAtUs, Infinity);
});

Deno.test("Initial and Handshake packets are acknowledged without delay", () => {
  const received = new ReceivedPackets(0);
  received.onReceived(0, 0, true);
  assert.equal(received.ackAtUs, -Infinity);
});

Deno.test("what the peer knows is forgotten, and stays a duplicate", () => {
  const received = new ReceivedPackets(25_000);
  for (const number of [0, 1, 2, 5, 6, 9]) received.onReceived(number, 0, true);
  received.onAckAcknowledged(6);
  assert.deepEqual(rangesOf(received), [[9, 9], [6, 6]]);
  assert.equal(received.isDuplicate(3), true);
  assert.equal(received.isDuplicate(7), false);
});
