import { ConnectionId, MAX_CONNECTION_ID_BYTES } from "./connection_id.ts";
import { QUIC_ERROR } from "./error_codes.ts";
import type { FrameKind } from "./frame_types.ts";
import {
  CHALLENGE_BYTES,
  type ConnectionClose,
  type ControlFrame,
  type NewConnectionId,
  RESET_TOKEN_BYTES,
  type StreamDirection,
} from "./frames.ts";
import { MAX_PATH_ID } from "./multipath.ts";
import type { WireReader } from "./wire_reader.ts";

/** The frames that become objects when they are read. */
export type ControlKind = Exclude<
  FrameKind,
  "padding" | "ack" | "path_ack" | "stream" | "crypto" | "datagram"
>;

const PING: ControlFrame = { kind: "ping" };
const HANDSHAKE_DONE: ControlFrame = { kind: "handshake_done" };

/** The flag in the types of MAX_STREAMS and STREAMS_BLOCKED frames (unidirectional). */
const UNIDIRECTIONAL_BIT = 0x01;

/** The type of the CONNECTION_CLOSE frame of the application (RFC 9000 19.19). */
const APPLICATION_CLOSE = 0x1d;

/** Bytes that are not UTF-8 cannot fail a reason; they are not more than an ornament. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads the fields of a frame whose type was read. */
export function readControlFrame(reader: WireReader, kind: ControlKind, codePoint: number): ControlFrame {
  switch (kind) {
    case "ping":
      return PING;
    case "handshake_done":
      return HANDSHAKE_DONE;
    case "reset_stream":
      return {
        kind,
        streamId: readStreamId(reader),
        errorCode: reader.clampedVarint(),
        finalSize: reader.varint(QUIC_ERROR.FLOW_CONTROL_ERROR),
      };
    case "stop_sending":
      return { kind, streamId: readStreamId(reader), errorCode: reader.clampedVarint() };
    case "new_token":
      return { kind, token: readToken(reader) };
    case "max_data":
      return { kind, maximum: reader.clampedVarint() };
    case "max_stream_data":
      return { kind, streamId: readStreamId(reader), maximum: reader.clampedVarint() };
    case "max_streams":
      return { kind, direction: directionOf(codePoint), maximum: readStreamCount(reader) };
    case "data_blocked":
      return { kind, limit: reader.clampedVarint() };
    case "stream_data_blocked":
      return { kind, streamId: readStreamId(reader), limit: reader.clampedVarint() };
    case "streams_blocked":
      return { kind, direction: directionOf(codePoint), limit: readStreamCount(reader) };
    case "new_connection_id":
      return { kind, ...readNewConnectionId(reader) };
    case "retire_connection_id":
      return { kind, sequence: reader.varint() };
    case "path_challenge":
    case "path_response":
      return { kind, data: reader.copy(CHALLENGE_BYTES) };
    case "connection_close":
      return readConnectionClose(reader, codePoint);
    case "path_abandon":
      return { kind, pathId: readPathId(reader), errorCode: reader.clampedVarint() };
    case "path_status_backup":
    case "path_status_available":
      return { kind, pathId: readPathId(reader), sequence: reader.varint(QUIC_ERROR.INTERNAL_ERROR) };
    case "path_new_connection_id":
      return { kind, pathId: readPathId(reader), ...readNewConnectionId(reader) };
    case "path_retire_connection_id":
      return { kind, pathId: readPathId(reader), sequence: reader.varint() };
    case "max_path_id":
    case "paths_blocked":
      return { kind, maximum: readPathId(reader) };
    case "path_cids_blocked":
      return { kind, pathId: readPathId(reader), nextSequence: reader.varint() };
    default:
      return kind satisfies never;
  }
}

/** Reads a path id; beyond 32 bits it exceeds every limit that can be announced. */
export function readPathId(reader: WireReader): number {
  const pathId = reader.varint();
  if (pathId <= MAX_PATH_ID) return pathId;
  throw reader.fault("its path id is beyond 2^32 - 1", QUIC_ERROR.PROTOCOL_VIOLATION);
}

/** No limit beyond 2^53 - 1 streams is ever given, so that a larger id exceeds one. */
function readStreamId(reader: WireReader): number {
  return reader.varint(QUIC_ERROR.STREAM_LIMIT_ERROR);
}

/** RFC 9000 19.11, 19.14: more than 2^60 streams have no ids. */
function readStreamCount(reader: WireReader): number {
  const count = reader.clampedVarint();
  if (reader.lastExceedsTwoTo60) throw reader.fault("it counts more than 2^60 streams");
  return count;
}

function directionOf(codePoint: number): StreamDirection {
  return (codePoint & UNIDIRECTIONAL_BIT) === 0 ? "bidirectional" : "unidirectional";
}

/** RFC 9000 19.7. */
function readToken(reader: WireReader): Uint8Array {
  const length = reader.clampedVarint();
  if (length === 0) throw reader.fault("its token is empty");
  return reader.copy(length);
}

/** RFC 9000 19.15. */
function readNewConnectionId(reader: WireReader): Omit<NewConnectionId, "kind"> {
  const sequence = reader.varint();
  const retirePriorTo = reader.clampedVarint();
  if (retirePriorTo > sequence) throw reader.fault("it retires the connection id that it brings");
  const length = reader.u8();
  if (length < 1 || length > MAX_CONNECTION_ID_BYTES) {
    throw reader.fault(`its connection id has ${length} bytes`);
  }
  const start = reader.skip(length);
  const connectionId = ConnectionId.from(reader.bytes, start, start + length);
  return { sequence, retirePriorTo, connectionId, resetToken: reader.copy(RESET_TOKEN_BYTES) };
}

/** RFC 9000 19.19. */
function readConnectionClose(reader: WireReader, codePoint: number): ConnectionClose {
  const layer = codePoint === APPLICATION_CLOSE ? "application" : "transport";
  const errorCode = reader.clampedVarint();
  const frameType = layer === "transport" ? reader.clampedVarint() : 0;
  const length = reader.clampedVarint();
  const start = reader.skip(length);
  const reason = decoder.decode(reader.bytes.subarray(start, start + length));
  return { kind: "connection_close", layer, errorCode, frameType, reason };
}
