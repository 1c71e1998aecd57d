import type { ControlFrame } from "../wire/frames.ts";
import type { Core } from "./core.ts";
import type { PacketSpace, Sent } from "./packet_space.ts";

/** A packet was acknowledged: so is what it carried. */
export function onContentAcked(core: Core, space: PacketSpace, packet: Sent): void {
  const { content } = packet;
  for (const frame of content.streams) core.streams.onStreamAcked(frame.stream.id, frame);
  for (const piece of content.crypto) core.crypto[space.level].send.onAcked(piece);
  for (const frame of content.control) {
    if (frame.kind === "retire_connection_id") core.firstPath.remoteIds.onRetireAcked(frame.sequence);
    else core.streams.onControlAcked(frame);
  }
  if (content.ackLargest >= 0) {
    receivedOf(core, space, content.ackPathId)?.onAckAcknowledged(content.ackLargest);
  }
}

/** A packet was lost: what it carried is sent again, if it still matters (RFC 9000 13.3). */
export function onContentLost(core: Core, space: PacketSpace, packet: Sent): void {
  const { content } = packet;
  for (const frame of content.streams) core.streams.onStreamLost(frame.stream.id, frame);
  for (const piece of content.crypto) core.crypto[space.level].send.onLost(piece);
  for (const frame of content.control) onControlLost(core, frame);
}

function onControlLost(core: Core, frame: ControlFrame): void {
  switch (frame.kind) {
    case "ping":
    case "connection_close":
    // RFC 9000 13.3: challenges are sent anew with other data, responses on demand
    case "path_challenge":
    case "path_response":
      return;
    case "new_connection_id":
      core.firstPath.localIds.onLost(frame.sequence);
      return;
    case "retire_connection_id":
      core.firstPath.remoteIds.onRetireLost(frame.sequence);
      return;
    case "handshake_done":
    case "new_token":
      core.control.push(frame);
      return;
    default:
      core.streams.onControlLost(frame);
  }
}

/** The packets that an ACK frame of ours was about. */
function receivedOf(core: Core, space: PacketSpace, pathId: number): PacketSpace["received"] | undefined {
  return space.level === "application" ? core.paths.get(pathId)?.space.received : space.received;
}
