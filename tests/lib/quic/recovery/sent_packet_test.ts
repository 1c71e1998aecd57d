import assert from "node:assert/strict";
import fc from "fast-check";
import { type SentPacket, SentPackets } from "../../../../lib/quic/recovery/sent_packet.ts";

function packet(packetNumber: number): SentPacket<null> {
  return {
    packetNumber,
    sentAtUs: packetNumber,
    bytes: 1200,
    ackEliciting: true,
    inFlight: true,
    appLimited: false,
    mtuProbe: false,
    content: null,
  };
}

type Step = { readonly add: number } | { readonly remove: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ add: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 200 })) }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.double({ min: 0, max: 1, noNaN: true }) }) },
);

Deno.test("SentPackets holds what a map of the same steps holds, in the order of the numbers", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 300, size: "max" }), (steps) => {
    const packets = new SentPackets<null>();
    const model = new Map<number, SentPacket<null>>();
    for (const each of steps) {
      if ("add" in each) {
        const added = packet(packets.end + each.add);
        packets.add(added);
        model.set(added.packetNumber, added);
      } else {
        const number = Math.floor(each.remove * (packets.end + 2)) - 1;
        assert.equal(packets.remove(number), model.get(number));
        model.delete(number);
      }
      assert.equal(packets.size, model.size);
      assert.deepEqual([...packets], [...model.values()]);
      for (const number of model.keys()) assert.equal(packets.get(number), model.get(number));
      if (model.size > 0) assert.equal(packets.first, Math.min(...model.keys()));
    }
  }));
});

Deno.test("SentPackets refuses a number that is not new", () => {
  const packets = new SentPackets<null>();
  packets.add(packet(3));
  assert.throws(() => packets.add(packet(3)), RangeError);
  assert.throws(() => packets.add(packet(2)), RangeError);
  assert.equal(packets.get(-1), undefined);
  assert.equal(packets.get(4), undefined);
});
