import assert from "node:assert/strict";
import type { Connection } from "../../lib/quic/connection/connection.ts";

/** Checks that what one end holds, apart from what its user gave it, has its bounds. */
export function checkMemory({ core }: Connection): void {
  const bounds: readonly (readonly [string, number, number])[] = [
    ["frames that wait", core.control.length, 100],
    ["events", core.events.length, 4096],
    ["path ids", core.ids.size, 64],
    ["paths", core.paths.size, 64],
  ];
  for (const [what, count, limit] of bounds) assert(count <= limit, `${count} ${what}`);
  for (const path of core.paths.values()) {
    assert(path.asides.length <= 4, `${path.asides.length} ways aside`);
    assert([...path.localIds.active].length <= 8, `${[...path.localIds.active].length} ids of ours`);
    let bytes = 0;
    for (const space of core.liveSpaces) {
      if (space.pathId !== path.id) continue;
      assert(space.received.count <= 64, `${space.received.count} ranges of packets`);
      let eliciting = 0;
      for (const packet of space.detector.sent) {
        if (packet.inFlight) bytes += packet.bytes;
        if (packet.ackEliciting) eliciting++;
      }
      assert.equal(space.elicitingInFlight, eliciting, "packets on their way that are not there");
    }
    assert(path.bytesInFlight >= 0 && path.bytesInFlight <= bytes, `${path.bytesInFlight} of ${bytes} bytes`);
  }
}
