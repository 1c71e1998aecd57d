import { QUIC_ERROR } from "../wire/error_codes.ts";
import type { FrameReader } from "../wire/frame_reader.ts";
import type { ConnectionClose, ControlFrame } from "../wire/frames.ts";
import { QuicError } from "../wire/quic_error.ts";
import { onAckFrame } from "./acknowledgments.ts";
import { drainConnection } from "./close_connection.ts";
import { onPathAbandon } from "./abandon_path.ts";
import type { Core } from "./core.ts";
import { confirmHandshake, onCryptoFrame } from "./handshake.ts";
import { idsOfFrame } from "./path_limits.ts";
import {
  onMaxPathId,
  onNewConnectionId,
  onPathCidsBlocked,
  onPathStatus,
  onRetireConnectionId,
} from "./multipath_frames.ts";
import { onPathChallenge, onPathResponse } from "./migration.ts";
import type { OpenedPacket } from "./packet_opener.ts";

/** DATAGRAM frames that wait for the user beyond this are dropped: they may be lost anyway. */
const MAX_WAITING_EVENTS = 4096;

/** What the frames of a packet amount to. */
export interface PayloadSummary {
  readonly ackEliciting: boolean;
  /** Whether it has nothing but frames that probe a path (RFC 9000 9.1). */
  readonly probing: boolean;
}

/**
 * Takes the frames of a packet.
 *
 * @param onlyClose Whether the connection is over, so that nothing but CONNECTION_CLOSE matters.
 * @throws {QuicError | TlsError} What the connection is to be closed with.
 */
export function handlePayload(
  core: Core,
  packet: OpenedPacket,
  bytes: Uint8Array<ArrayBuffer>,
  nowUs: number,
  onlyClose: boolean = false,
): PayloadSummary {
  const reader = core.frames;
  const type = packet.level === "application" ? "1-rtt" : packet.level;
  reader.start(bytes, packet.payloadStart, packet.payloadEnd, type, core.frameTypes);
  let ackEliciting = false;
  let probing = true;
  for (let kind = reader.next(); kind !== null; kind = reader.next()) {
    ackEliciting ||= reader.type.ackEliciting;
    probing &&= reader.type.probing;
    if (onlyClose && kind !== "connection_close") continue;
    switch (kind) {
      case "padding":
      case "ping":
        break;
      case "ack":
      case "path_ack":
        onAck(core, packet, reader, nowUs);
        break;
      case "crypto":
        onCryptoFrame(core, packet.level, reader.offset, bytes, reader.dataStart, reader.dataEnd, nowUs);
        break;
      case "stream":
        core.streams.onStream(
          reader.streamId,
          reader.offset,
          bytes,
          reader.dataStart,
          reader.dataEnd,
          reader.fin,
        );
        break;
      case "datagram":
        onDatagram(core, reader, bytes);
        break;
      default:
        onControl(core, packet, reader.control, nowUs);
    }
  }
  return { ackEliciting, probing };
}

function onAck(core: Core, packet: OpenedPacket, reader: FrameReader, nowUs: number): void {
  const { level } = packet;
  if (level !== "application") {
    onAckFrame(core, packet.space, packet, reader, nowUs);
    return;
  }
  // draft-ietf-quic-multipath-21 2.3: a plain ACK is about path 0
  const ids = idsOfFrame(core, reader.pathId, "PATH_ACK");
  // 3.4.3: it is over
  if (ids === undefined) return;
  const path = core.pathOf(ids);
  if (path === null) throw violation("PATH_ACK", "nothing was ever sent on its path", reader);
  onAckFrame(core, path.space, packet, reader, nowUs);
}

/** RFC 9221 3 */
function onDatagram(core: Core, reader: FrameReader, bytes: Uint8Array<ArrayBuffer>): void {
  if (reader.frameEnd - reader.frameStart > core.config.maxDatagramFrameSize) {
    throw violation("DATAGRAM", "it is longer than was allowed", reader);
  }
  if (core.events.length >= MAX_WAITING_EVENTS) return;
  core.events.push({ type: "datagram", bytes: bytes.slice(reader.dataStart, reader.dataEnd) });
}

function onControl(core: Core, packet: OpenedPacket, frame: ControlFrame, nowUs: number): void {
  switch (frame.kind) {
    case "connection_close":
      onClose(core, frame, nowUs);
      return;
    case "handshake_done":
      // RFC 9000 19.20
      if (core.side === "server") throw violation("HANDSHAKE_DONE", "only servers send it", core.frames);
      confirmHandshake(core);
      return;
    case "new_token":
      // RFC 9000 19.7
      if (core.side === "server") throw violation("NEW_TOKEN", "only servers send it", core.frames);
      core.events.push({ type: "token", token: frame.token });
      return;
    case "new_connection_id":
      onNewConnectionId(core, core.ids.get(0), frame);
      return;
    case "retire_connection_id":
      onRetireConnectionId(core, core.ids.get(0), frame.sequence, packet.destination);
      return;
    case "path_challenge":
      onPathChallenge(core, packet, frame.data);
      return;
    case "path_response":
      onPathResponse(core, frame.data, nowUs);
      return;
    case "path_new_connection_id":
      onNewConnectionId(core, idsOfFrame(core, frame.pathId, "PATH_NEW_CONNECTION_ID"), frame);
      return;
    case "path_retire_connection_id": {
      const ids = idsOfFrame(core, frame.pathId, "PATH_RETIRE_CONNECTION_ID");
      onRetireConnectionId(core, ids, frame.sequence, packet.destination);
      return;
    }
    case "path_abandon": {
      const ids = idsOfFrame(core, frame.pathId, "PATH_ABANDON");
      if (ids !== undefined) onPathAbandon(core, ids, frame.errorCode, nowUs);
      return;
    }
    case "path_status_available":
    case "path_status_backup":
      onPathStatus(core, idsOfFrame(core, frame.pathId, "PATH_STATUS"), frame);
      return;
    case "max_path_id":
      onMaxPathId(core, frame.maximum);
      return;
    case "paths_blocked":
      // That we limit the peer is known, and raised when paths end
      idsOfFrame(core, frame.maximum, "PATHS_BLOCKED");
      return;
    case "path_cids_blocked":
      onPathCidsBlocked(core, frame.pathId, frame.nextSequence);
      return;
    default:
      core.streams.onControl(frame);
  }
}

/** RFC 9000 10.2.2 */
function onClose(core: Core, frame: ConnectionClose, nowUs: number): void {
  drainConnection(core, nowUs, {
    by: "peer",
    layer: frame.layer,
    errorCode: frame.errorCode,
    frameType: frame.layer === "transport" && frame.frameType !== 0 ? frame.frameType : null,
    text: frame.reason,
  });
}

function violation(name: string, why: string, reader: FrameReader): QuicError {
  return new QuicError(
    QUIC_ERROR.PROTOCOL_VIOLATION,
    `Cannot take a ${name} frame: ${why}`,
    reader.type.codePoint,
  );
}
