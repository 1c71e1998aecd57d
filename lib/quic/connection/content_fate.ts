import type { ControlFrame } from "../wire/frames.ts";
import type { Core } from "./core.ts";
import type { PacketSpace, Sent } from "./packet_space.ts";

/** A packet was acknowledged: so is what it carried. */
export function onContentAcked(core: Core, space: PacketSpace, packet: Sent): void {
  const { content } = packet;
  for (const frame of content.streams) core.streams.onStreamAcked(frame.stream.id, frame);
  for (const piece of content.crypto) core.crypto[space.level].send.onAcked(piece);
  for (const frame of content.control) onControlAcked(core, frame);
  if (content.ackLargest < 0) return;
  receivedOf(core, space, content.ackPathId)?.onAckAcknowledged(content.ackLargest);
  for (const { pathId, largest } of content.moreAcks) {
    receivedOf(core, space, pathId)?.onAckAcknowledged(largest);
  }
}

/**
 * A packet was lost, or is taken for lost: what it carried is sent again, if it still matters (RFC 9000 13.3),
 * and was not sent again before.
 */
export function onContentLost(core: Core, space: PacketSpace, packet: Sent): void {
  const { content } = packet;
  if (content.repeated) return;
  content.repeated = true;
  for (const frame of content.streams) core.streams.onStreamLost(frame.stream.id, frame);
  for (const piece of content.crypto) core.crypto[space.level].send.onLost(piece);
  for (const frame of content.control) onControlLost(core, frame);
}

function onControlAcked(core: Core, frame: ControlFrame): void {
  switch (frame.kind) {
    case "new_connection_id":
      core.ids.get(0)?.local.onAcked(frame.sequence);
      return;
    case "path_new_connection_id":
      core.ids.get(frame.pathId)?.local.onAcked(frame.sequence);
      return;
    case "retire_connection_id":
      core.ids.get(0)?.remote.onRetireAcked(frame.sequence);
      return;
    case "path_retire_connection_id":
      core.ids.get(frame.pathId)?.remote.onRetireAcked(frame.sequence);
      return;
    default:
      core.streams.onControlAcked(frame);
  }
}

function onControlLost(core: Core, frame: ControlFrame): void {
  switch (frame.kind) {
    case "ping":
    case "connection_close":
    // RFC 9000 13.3: challenges are sent anew with other data, responses on demand
    case "path_challenge":
    case "path_response":
      return;
    // draft-ietf-quic-multipath-21 4.7: whoever is still blocked says so again
    case "paths_blocked":
      if (frame.maximum === core.multipath.blockedAt) core.multipath.blockedAt = -1;
      return;
    case "path_cids_blocked":
      if (frame.pathId === core.multipath.hungryFor) core.multipath.hungryFor = -1;
      return;
    case "new_connection_id":
      core.ids.get(0)?.local.onLost(frame.sequence);
      return;
    case "path_new_connection_id":
      core.ids.get(frame.pathId)?.local.onLost(frame.sequence);
      return;
    case "retire_connection_id":
      core.ids.get(0)?.remote.onRetireLost(frame.sequence);
      return;
    case "path_retire_connection_id":
      core.ids.get(frame.pathId)?.remote.onRetireLost(frame.sequence);
      return;
    case "max_path_id":
      // draft-ietf-quic-multipath-21 4.6: unless a larger one was sent
      if (frame.maximum === core.multipath.ownLimit) core.control.push(frame);
      return;
    case "path_status_available":
    case "path_status_backup":
      // draft-ietf-quic-multipath-21 4.3: only the last one
      if (core.ids.get(frame.pathId)?.toldSequence === frame.sequence) core.control.push(frame);
      return;
    case "path_abandon":
    // draft-ietf-quic-multipath-21 4.2: the peer waits for it, whether the path is forgotten here or not
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
