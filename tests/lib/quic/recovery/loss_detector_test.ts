import assert from "node:assert/strict";
import fc from "fast-check";
import { LossDetector } from "../../../../lib/quic/recovery/loss_detector.ts";
import { AckRanges } from "../../../../lib/quic/wire/ack_ranges.ts";
import { RttEstimator } from "../../../../lib/quic/recovery/rtt.ts";
import type { SentPacket } from "../../../../lib/quic/recovery/sent_packet.ts";

const RTT_US = 50_000;

function rttOf(us: number): RttEstimator {
  const rtt = new RttEstimator();
  rtt.sample(us, 0, Infinity);
  return rtt;
}

function send(detector: LossDetector<string>, count: number, gapUs = 1000): void {
  const { end } = detector.sent;
  for (let number = end; number < end + count; number++) {
    detector.onSent({
      packetNumber: number,
      sentAtUs: number * gapUs,
      bytes: 1200,
      ackEliciting: true,
      inFlight: true,
      appLimited: false,
      mtuProbe: false,
      content: `content ${number}`,
    });
  }
}

/** Pairs of the largest and the smallest number, the highest first. */
function ranges(...pairs: readonly (readonly [largest: number, smallest: number])[]): AckRanges {
  const made = new AckRanges();
  for (const [largest, smallest] of pairs) made.add(smallest, largest);
  return made;
}

const numbers = (packets: readonly SentPacket<unknown>[]): readonly number[] =>
  packets.map(({ packetNumber }) => packetNumber);

Deno.test("an acknowledgment names each packet once, the newest first, with an RTT sample", () => {
  const detector = new LossDetector<string>();
  send(detector, 10);
  const first = detector.onAck(ranges([4, 2], [0, 0]), 60_000);
  assert.deepEqual(numbers(first.acked), [4, 3, 2, 0]);
  assert.equal(first.rttSampleUs, 56_000);
  const again = detector.onAck(ranges([4, 0]), 70_000);
  assert.deepEqual(numbers(again.acked), [1]);
  assert.equal(again.rttSampleUs, -1, "the largest was acknowledged before");
});

Deno.test("RFC 9002 5.1: packets that ask for no acknowledgment give no RTT sample", () => {
  const detector = new LossDetector<string>();
  detector.onSent({
    packetNumber: 0,
    sentAtUs: 0,
    bytes: 40,
    ackEliciting: false,
    inFlight: false,
    appLimited: false,
    mtuProbe: false,
    content: "",
  });
  assert.equal(detector.onAck(ranges([0, 0]), 10).rttSampleUs, -1);
});

Deno.test("RFC 9002 6.1.1: a packet sent three before an acknowledged one is lost, two before not yet", () => {
  const detector = new LossDetector<string>();
  send(detector, 5, 0);
  detector.onAck(ranges([3, 3]), 10);
  assert.deepEqual(numbers(detector.detectLost(10, rttOf(RTT_US))), [0]);
  assert.equal(detector.sent.size, 3);
});

Deno.test("RFC 9002 6.1.2: nine eighths of an RTT after it was sent an overtaken packet is lost", () => {
  const detector = new LossDetector<string>();
  send(detector, 3);
  detector.onAck(ranges([1, 1]), 51_000);
  const rtt = rttOf(RTT_US);
  assert.deepEqual(numbers(detector.detectLost(51_000, rtt)), []);
  assert.equal(detector.lossTimeUs, 56_250);
  assert.deepEqual(numbers(detector.detectLost(56_249, rtt)), []);
  assert.deepEqual(numbers(detector.detectLost(56_250, rtt)), [0]);
  assert.equal(detector.lossTimeUs, Infinity, "packet 2 was not overtaken");
});

Deno.test("a packet that arrives after it was taken for lost raises the packet threshold", () => {
  const detector = new LossDetector<string>();
  const rtt = rttOf(RTT_US);
  send(detector, 6, 0);
  detector.onAck(ranges([5, 1]), 10);
  assert.deepEqual(numbers(detector.detectLost(10, rtt)), [0]);
  assert.equal(detector.onAck(ranges([5, 0]), 20).spurious, 1);
  assert.equal(detector.onAck(ranges([5, 0]), 20).spurious, 0, "it is counted once");
  send(detector, 6, 0);
  detector.onAck(ranges([11, 7]), 20);
  assert.deepEqual(numbers(detector.detectLost(20, rtt)), [], "five packets of reordering are usual here");
});

Deno.test("RFC 9000 21.4: acknowledging what was never sent, or was skipped, is noticed and changes nothing", () => {
  const detector = new LossDetector<string>();
  send(detector, 3);
  assert.equal(detector.onAck(ranges([3, 0]), 10).invalid, true);
  assert.equal(detector.sent.size, 3);
  detector.onSkipped(3);
  detector.onSent({ ...[...detector.sent][0]!, packetNumber: 4 });
  assert.equal(detector.onAck(ranges([4, 2]), 10).invalid, true);
  assert.equal(detector.onAck(ranges([4, 4], [2, 2]), 10).invalid, false);
});

Deno.test("every packet is acknowledged, lost or still there, exactly once", () => {
  const step = fc.record({
    send: fc.nat(8),
    from: fc.nat(30),
    length: fc.nat(6),
    elapsedUs: fc.nat(40_000),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
    const detector = new LossDetector<string>();
    const rtt = rttOf(RTT_US);
    const fate = new Map<number, string>();
    let nowUs = 0;
    for (const each of steps) {
      nowUs += each.elapsedUs;
      for (let i = 0; i < each.send; i++) {
        const { end } = detector.sent;
        detector.onSent({
          packetNumber: end,
          sentAtUs: nowUs,
          bytes: 1,
          ackEliciting: true,
          inFlight: true,
          appLimited: false,
          mtuProbe: false,
          content: "",
        });
      }
      const high = detector.sent.end - 1 - each.from;
      if (high < 0) continue;
      for (
        const { packetNumber } of detector.onAck(ranges([high, Math.max(0, high - each.length)]), nowUs).acked
      ) {
        assert.equal(fate.get(packetNumber), undefined);
        fate.set(packetNumber, "acked");
      }
      for (const { packetNumber } of detector.detectLost(nowUs, rtt)) {
        assert.equal(fate.get(packetNumber), undefined);
        assert(packetNumber < detector.largestAcked);
        fate.set(packetNumber, "lost");
      }
      assert.equal(fate.size + detector.sent.size, detector.sent.end);
      if (detector.lossTimeUs !== Infinity) assert(detector.lossTimeUs > nowUs);
    }
  }));
});

Deno.test("numbers that were left out are forgotten when everything before them is settled", () => {
  const detector = new LossDetector<string>();
  for (let round = 0; round < 50; round++) {
    const first = detector.sent.end;
    send(detector, 9);
    detector.onSkipped(first + 9);
    const { invalid } = detector.onAck(ranges([first + 9, first]), round);
    assert.equal(invalid, true, "it is still known");
    detector.onSent({
      packetNumber: first + 10,
      sentAtUs: 0,
      bytes: 1200,
      ackEliciting: true,
      inFlight: true,
      appLimited: false,
      mtuProbe: false,
      content: "",
    });
    assert.equal(
      detector.onAck(ranges([first + 10, first + 10], [first + 8, first]), round).acked.length,
      10,
    );
    assert(detector.skippedCount <= 1, `${detector.skippedCount} are remembered`);
  }
});
