import { toHex } from "../../base/bytes.ts";
import type { FrameReader } from "../wire/frame_reader.ts";
import type { FrameKind, FrameTypes } from "../wire/frame_types.ts";
import type { ControlFrame } from "../wire/frames.ts";
import type { FramedPacketType } from "../wire/packet_header.ts";
import { QuicError } from "../wire/quic_error.ts";
import { applicationError, transportError } from "./names.ts";

/** A frame as qlog has it: `frame_type`, and what belongs to it (quic-events 8.13). */
export interface QlogFrame {
  readonly frame_type: string;
  readonly [field: string]: unknown;
}

/** Where the frames of a packet stand, in the clear. */
export interface QlogPayload {
  readonly bytes: Uint8Array;
  readonly payloadStart: number;
  readonly payloadEnd: number;
  readonly type: FramedPacketType;
}

/**
 * The frames of a packet; one that cannot be read ends the list as `unknown`, as it ends the connection.
 *
 * @param reader Is used for this; nobody else may be in the middle of a packet with it.
 * @param ackDelayExponent That of the sender of the packet.
 */
export function framesOf(
  reader: FrameReader,
  payload: QlogPayload,
  types: FrameTypes,
  ackDelayExponent: number,
): readonly QlogFrame[] {
  const frames: QlogFrame[] = [];
  try {
    reader.start(payload.bytes, payload.payloadStart, payload.payloadEnd, payload.type, types);
    for (let kind = reader.next(); kind !== null; kind = reader.next()) {
      frames.push(frameOf(reader, kind, ackDelayExponent));
    }
  } catch (error) {
    if (!(error instanceof QuicError)) throw error;
    if (error.frameType !== null) frames.push({ frame_type: "unknown", frame_type_bytes: error.frameType });
  }
  return frames;
}

function frameOf(reader: FrameReader, kind: FrameKind, ackDelayExponent: number): QlogFrame {
  switch (kind) {
    case "padding":
      return { frame_type: kind, raw: rawInfo(reader.paddingBytes) };
    case "ack":
    case "path_ack":
      return {
        frame_type: kind,
        ...(kind === "path_ack" ? { path_id: reader.pathId } : {}),
        ack_delay: reader.ackDelay * 2 ** ackDelayExponent / 1000,
        acked_ranges: Array.from({ length: reader.ranges.count }, (_, i) => rangeOf(reader, i)),
        ...(reader.hasEcn ? { ect0: reader.ect0, ect1: reader.ect1, ce: reader.ce } : {}),
      };
    case "crypto":
      return { frame_type: kind, offset: reader.offset, raw: dataInfo(reader) };
    case "stream":
      return {
        frame_type: kind,
        stream_id: reader.streamId,
        offset: reader.offset,
        ...(reader.fin ? { fin: true } : {}),
        raw: dataInfo(reader),
      };
    case "datagram":
      return { frame_type: kind, raw: dataInfo(reader) };
    default:
      return controlFrameOf(reader.control);
  }
}

function dataInfo({ dataStart, dataEnd }: FrameReader): Readonly<Record<string, number>> {
  return rawInfo(dataEnd - dataStart);
}

/** quic-events 8.13.7, 8.13.9, 8.13.23: the Length field of a frame is in `raw.length`. */
function rawInfo(length: number): Readonly<Record<string, number>> {
  return { length, payload_length: length };
}

/** quic-events 8.13.3: a range of one packet is one number. */
function rangeOf({ ranges }: FrameReader, index: number): readonly number[] {
  const [smallest, largest] = [ranges.smallest(index), ranges.largest(index)];
  return smallest === largest ? [smallest] : [smallest, largest];
}

/** A frame that is a value. Reset tokens stay out: who has one can end the connection. */
export function controlFrameOf(frame: ControlFrame): QlogFrame {
  const { kind } = frame;
  switch (kind) {
    case "ping":
    case "handshake_done":
      return { frame_type: kind };
    case "reset_stream":
      return {
        frame_type: kind,
        stream_id: frame.streamId,
        ...applicationError(frame.errorCode),
        final_size: frame.finalSize,
      };
    case "stop_sending":
      return { frame_type: kind, stream_id: frame.streamId, ...applicationError(frame.errorCode) };
    case "new_token":
      return { frame_type: kind, token: { type: "resumption", raw: { length: frame.token.length } } };
    case "max_data":
      return { frame_type: kind, maximum: frame.maximum };
    case "max_stream_data":
      return { frame_type: kind, stream_id: frame.streamId, maximum: frame.maximum };
    case "max_streams":
      return { frame_type: kind, stream_type: frame.direction, maximum: frame.maximum };
    case "data_blocked":
      return { frame_type: kind, limit: frame.limit };
    case "stream_data_blocked":
      return { frame_type: kind, stream_id: frame.streamId, limit: frame.limit };
    case "streams_blocked":
      return { frame_type: kind, stream_type: frame.direction, limit: frame.limit };
    case "new_connection_id":
    case "path_new_connection_id":
      return {
        frame_type: kind,
        ...(kind === "path_new_connection_id" ? { path_id: frame.pathId } : {}),
        sequence_number: frame.sequence,
        retire_prior_to: frame.retirePriorTo,
        connection_id_length: frame.connectionId.length,
        connection_id: `${frame.connectionId}`,
      };
    case "retire_connection_id":
      return { frame_type: kind, sequence_number: frame.sequence };
    case "path_challenge":
    case "path_response":
      return { frame_type: kind, data: toHex(frame.data) };
    case "connection_close":
      return {
        frame_type: kind,
        error_space: frame.layer,
        ...(frame.layer === "transport"
          ? transportError(frame.errorCode)
          : applicationError(frame.errorCode)),
        ...(frame.reason === "" ? {} : { reason: frame.reason }),
        ...(frame.layer === "transport" ? { trigger_frame_type: frame.frameType } : {}),
      };
    // The frames of multipath have no names in the drafts of qlog: these are the names of their fields
    case "path_abandon":
      return { frame_type: kind, path_id: frame.pathId, error_code: frame.errorCode };
    case "path_status_backup":
    case "path_status_available":
      return { frame_type: kind, path_id: frame.pathId, path_status_sequence_number: frame.sequence };
    case "path_retire_connection_id":
      return { frame_type: kind, path_id: frame.pathId, sequence_number: frame.sequence };
    case "max_path_id":
    case "paths_blocked":
      return { frame_type: kind, maximum_path_id: frame.maximum };
    case "path_cids_blocked":
      return { frame_type: kind, path_id: frame.pathId, next_sequence_number: frame.nextSequence };
    default:
      return kind satisfies never;
  }
}
