import assert from "node:assert/strict";
import { isPersistentCongestion } from "../../../../lib/quic/recovery/persistent_congestion.ts";
import type { SentPacket } from "../../../../lib/quic/recovery/sent_packet.ts";

function lost(packetNumber: number, sentAtUs: number, ackEliciting = true): SentPacket<null> {
  return {
    packetNumber,
    sentAtUs,
    bytes: 1200,
    ackEliciting,
    inFlight: true,
    appLimited: false,
    mtuProbe: false,
    content: null,
  };
}

const PTO_US = 1_000_000;

Deno.test("RFC 9002 7.6.3: losses that span more than three probe timeouts are persistent congestion", () => {
  // The example of the RFC: packets 2 to 8 sent from 1 s to 8 s.
  const packets = [1, 2, 3, 4, 5, 6, 8].map((seconds, i) => lost(2 + i, seconds * 1e6));
  assert.equal(isPersistentCongestion(packets, PTO_US, 0), true);
  assert.equal(isPersistentCongestion(packets.slice(0, 4), PTO_US, 0), false, "exactly three is not more");
});

Deno.test("a packet that got through in between makes it two short outages", () => {
  const packets = [lost(2, 1e6), lost(3, 3e6), lost(5, 4e6), lost(6, 6e6)];
  assert.equal(isPersistentCongestion(packets, PTO_US, 0), false);
});

Deno.test("packets from before the first RTT sample and packets that ask for no acknowledgment do not count", () => {
  assert.equal(isPersistentCongestion([lost(0, 0), lost(1, 4e6)], PTO_US, 0), false);
  assert.equal(isPersistentCongestion([lost(0, 1, false), lost(1, 4e6)], PTO_US, 0), false);
  assert.equal(isPersistentCongestion([lost(0, 1), lost(1, 4e6, false)], PTO_US, 0), false);
  assert.equal(isPersistentCongestion([lost(0, 1), lost(1, 4e6)], PTO_US, 0), true);
  assert.equal(isPersistentCongestion([lost(0, 1), lost(1, 4e6)], PTO_US, Infinity), false);
});
