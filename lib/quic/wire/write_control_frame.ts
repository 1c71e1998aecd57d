import type { ControlFrame, NewConnectionId, StreamDirection } from "./frames.ts";
import { MULTIPATH, type MultipathCodePoints } from "./multipath.ts";
import { varintSize, writeVarint } from "./varint.ts";

const encoder = new TextEncoder();

/** Where the parts of a frame go: to the wire, or to a sum of their sizes. */
interface Sink {
  varint(value: number): void;
  bytes(data: Uint8Array): void;
}

class Writer implements Sink {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  varint(value: number): void {
    this.at = writeVarint(this.#bytes, this.at, value);
  }

  bytes(data: Uint8Array): void {
    this.#bytes.set(data, this.at);
    this.at += data.length;
  }
}

class Measure implements Sink {
  size = 0;

  varint(value: number): void {
    this.size += varintSize(value);
  }

  bytes(data: Uint8Array): void {
    this.size += data.length;
  }
}

/** The size of a frame. */
export function controlFrameSize(frame: ControlFrame, points: MultipathCodePoints = MULTIPATH): number {
  const measure = new Measure();
  putFrame(measure, frame, points);
  return measure.size;
}

/**
 * Writes a frame.
 *
 * @returns The place behind it.
 * @throws {MptError} `ERR_INVALID_VALUE` for a number that is no varint.
 * @throws {RangeError} Where the frame does not fit the buffer.
 */
export function writeControlFrame(
  bytes: Uint8Array,
  at: number,
  frame: ControlFrame,
  points: MultipathCodePoints = MULTIPATH,
): number {
  const writer = new Writer(bytes, at);
  putFrame(writer, frame, points);
  return writer.at;
}

function putFrame(to: Sink, frame: ControlFrame, points: MultipathCodePoints): void {
  switch (frame.kind) {
    case "ping":
      return putNumbers(to, 0x01);
    case "handshake_done":
      return putNumbers(to, 0x1e);
    case "reset_stream":
      return putNumbers(to, 0x04, frame.streamId, frame.errorCode, frame.finalSize);
    case "stop_sending":
      return putNumbers(to, 0x05, frame.streamId, frame.errorCode);
    case "new_token":
      putNumbers(to, 0x07, frame.token.length);
      return to.bytes(frame.token);
    case "max_data":
      return putNumbers(to, 0x10, frame.maximum);
    case "max_stream_data":
      return putNumbers(to, 0x11, frame.streamId, frame.maximum);
    case "max_streams":
      return putNumbers(to, 0x12 + directionBit(frame.direction), frame.maximum);
    case "data_blocked":
      return putNumbers(to, 0x14, frame.limit);
    case "stream_data_blocked":
      return putNumbers(to, 0x15, frame.streamId, frame.limit);
    case "streams_blocked":
      return putNumbers(to, 0x16 + directionBit(frame.direction), frame.limit);
    case "new_connection_id":
      putNumbers(to, 0x18);
      return putConnectionId(to, frame);
    case "retire_connection_id":
      return putNumbers(to, 0x19, frame.sequence);
    case "path_challenge":
      putNumbers(to, 0x1a);
      return to.bytes(frame.data);
    case "path_response":
      putNumbers(to, 0x1b);
      return to.bytes(frame.data);
    case "connection_close": {
      const reason = encoder.encode(frame.reason);
      if (frame.layer === "application") putNumbers(to, 0x1d, frame.errorCode, reason.length);
      else putNumbers(to, 0x1c, frame.errorCode, frame.frameType, reason.length);
      return to.bytes(reason);
    }
    case "path_abandon":
      return putNumbers(to, points.pathAbandon, frame.pathId, frame.errorCode);
    case "path_status_backup":
      return putNumbers(to, points.pathStatusBackup, frame.pathId, frame.sequence);
    case "path_status_available":
      return putNumbers(to, points.pathStatusAvailable, frame.pathId, frame.sequence);
    case "path_new_connection_id":
      putNumbers(to, points.pathNewConnectionId, frame.pathId);
      return putConnectionId(to, frame);
    case "path_retire_connection_id":
      return putNumbers(to, points.pathRetireConnectionId, frame.pathId, frame.sequence);
    case "max_path_id":
      return putNumbers(to, points.maxPathId, frame.maximum);
    case "paths_blocked":
      return putNumbers(to, points.pathsBlocked, frame.maximum);
    case "path_cids_blocked":
      return putNumbers(to, points.pathCidsBlocked, frame.pathId, frame.nextSequence);
    default:
      return frame satisfies never;
  }
}

function putNumbers(to: Sink, ...values: readonly number[]): void {
  for (const value of values) to.varint(value);
}

/** RFC 9000 19.15: the length of the id is one byte, not a varint, which up to 63 is the same. */
function putConnectionId(to: Sink, frame: Omit<NewConnectionId, "kind">): void {
  putNumbers(to, frame.sequence, frame.retirePriorTo, frame.connectionId.length);
  to.bytes(frame.connectionId.toBytes());
  to.bytes(frame.resetToken);
}

function directionBit(direction: StreamDirection): number {
  return direction === "bidirectional" ? 0 : 1;
}
