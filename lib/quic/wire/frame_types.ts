import { MULTIPATH, type MultipathCodePoints } from "./multipath.ts";
import type { FramedPacketType } from "./packet_header.ts";

/** What a frame is. One kind may have several code points, which hold flags. */
export type FrameKind =
  | "padding"
  | "ping"
  | "ack"
  | "reset_stream"
  | "stop_sending"
  | "crypto"
  | "new_token"
  | "stream"
  | "max_data"
  | "max_stream_data"
  | "max_streams"
  | "data_blocked"
  | "stream_data_blocked"
  | "streams_blocked"
  | "new_connection_id"
  | "retire_connection_id"
  | "path_challenge"
  | "path_response"
  | "connection_close"
  | "handshake_done"
  | "datagram"
  | "path_ack"
  | "path_abandon"
  | "path_status_backup"
  | "path_status_available"
  | "path_new_connection_id"
  | "path_retire_connection_id"
  | "max_path_id"
  | "paths_blocked"
  | "path_cids_blocked";

/** Everything that holds for all frames of a code point (RFC 9000 12.4, Table 3). */
export interface FrameType {
  readonly kind: FrameKind;
  readonly codePoint: number;
  /** The name in the RFC, such as `RESET_STREAM`. */
  readonly name: string;
  /** The packets that may carry it, as bits of {@linkcode packetBit}. */
  readonly packets: number;
  /** Whether a packet with it has to be acknowledged (RFC 9002 2). */
  readonly ackEliciting: boolean;
  /** Whether a packet with nothing but such frames is a probe of a path (RFC 9000 9.1). */
  readonly probing: boolean;
  /** Whether a packet with it counts against the congestion window (RFC 9002 2). */
  readonly inFlight: boolean;
}

const INITIAL = 1;
const ZERO_RTT = 2;
const HANDSHAKE = 4;
const ONE_RTT = 8;
const ALL = INITIAL | ZERO_RTT | HANDSHAKE | ONE_RTT;
const HANDSHAKING = INITIAL | HANDSHAKE | ONE_RTT;
const APPLICATION = ZERO_RTT | ONE_RTT;

/** The bit of a packet type in {@linkcode FrameType.packets}. */
export function packetBit(type: FramedPacketType): number {
  switch (type) {
    case "initial":
      return INITIAL;
    case "0-rtt":
      return ZERO_RTT;
    case "handshake":
      return HANDSHAKE;
    case "1-rtt":
      return ONE_RTT;
    default:
      return type satisfies never;
  }
}

/** First and last code point, kind and packets. */
type Row = readonly [number, number, FrameKind, number];

/** RFC 9000 12.4, Table 3, with what 12.5 says of 0-RTT packets; RFC 9221 4 at the end. */
const CORE: readonly Row[] = [
  [0x00, 0x00, "padding", ALL],
  [0x01, 0x01, "ping", ALL],
  [0x02, 0x03, "ack", HANDSHAKING],
  [0x04, 0x04, "reset_stream", APPLICATION],
  [0x05, 0x05, "stop_sending", APPLICATION],
  [0x06, 0x06, "crypto", HANDSHAKING],
  [0x07, 0x07, "new_token", ONE_RTT],
  [0x08, 0x0f, "stream", APPLICATION],
  [0x10, 0x10, "max_data", APPLICATION],
  [0x11, 0x11, "max_stream_data", APPLICATION],
  [0x12, 0x13, "max_streams", APPLICATION],
  [0x14, 0x14, "data_blocked", APPLICATION],
  [0x15, 0x15, "stream_data_blocked", APPLICATION],
  [0x16, 0x17, "streams_blocked", APPLICATION],
  [0x18, 0x18, "new_connection_id", APPLICATION],
  [0x19, 0x19, "retire_connection_id", ONE_RTT],
  [0x1a, 0x1a, "path_challenge", APPLICATION],
  [0x1b, 0x1b, "path_response", ONE_RTT],
  [0x1c, 0x1c, "connection_close", ALL],
  [0x1d, 0x1d, "connection_close", APPLICATION],
  [0x1e, 0x1e, "handshake_done", ONE_RTT],
  [0x30, 0x31, "datagram", APPLICATION],
];

/** draft-ietf-quic-multipath-21 4: all of them in 1-RTT packets only. */
function multipathRows(points: MultipathCodePoints): readonly Row[] {
  return [
    [points.pathAck, points.pathAck + 1, "path_ack", ONE_RTT],
    [points.pathAbandon, points.pathAbandon, "path_abandon", ONE_RTT],
    [points.pathStatusBackup, points.pathStatusBackup, "path_status_backup", ONE_RTT],
    [points.pathStatusAvailable, points.pathStatusAvailable, "path_status_available", ONE_RTT],
    [points.pathNewConnectionId, points.pathNewConnectionId, "path_new_connection_id", ONE_RTT],
    [points.pathRetireConnectionId, points.pathRetireConnectionId, "path_retire_connection_id", ONE_RTT],
    [points.maxPathId, points.maxPathId, "max_path_id", ONE_RTT],
    [points.pathsBlocked, points.pathsBlocked, "paths_blocked", ONE_RTT],
    [points.pathCidsBlocked, points.pathCidsBlocked, "path_cids_blocked", ONE_RTT],
  ];
}

/** RFC 9000 13.2.1: a packet with nothing else asks for no acknowledgment. */
const NOT_ACK_ELICITING: ReadonlySet<FrameKind> = new Set(["padding", "ack", "path_ack", "connection_close"]);

/** RFC 9000 9.1. */
const PROBING: ReadonlySet<FrameKind> = new Set([
  "padding",
  "new_connection_id",
  "path_challenge",
  "path_response",
]);

/** Code points below this are looked up in an array. */
const SHORT_CODE_POINTS = 0x40;

/** The frames that a connection understands. */
export class FrameTypes {
  readonly #short: (FrameType | undefined)[] = new Array(SHORT_CODE_POINTS).fill(undefined);
  readonly #long: ReadonlyMap<number, FrameType>;

  /**
   * The frames of RFC 9000 and RFC 9221, and of multipath.
   *
   * @param multipath The numbers of the frames of multipath; null when it was not negotiated.
   */
  constructor(multipath: MultipathCodePoints | null) {
    const long = new Map<number, FrameType>();
    const rows = multipath === null ? CORE : [...CORE, ...multipathRows(multipath)];
    for (const [first, last, kind, packets] of rows) {
      for (let codePoint = first; codePoint <= last; codePoint++) {
        const type = frameType(codePoint, kind, packets);
        if (codePoint < SHORT_CODE_POINTS) this.#short[codePoint] = type;
        else long.set(codePoint, type);
      }
    }
    this.#long = long;
  }

  /** The frame type of a code point, or undefined for an unknown one. */
  find(codePoint: number): FrameType | undefined {
    return codePoint < SHORT_CODE_POINTS ? this.#short[codePoint] : this.#long.get(codePoint);
  }
}

/** The frames of a connection with one path. */
export const CORE_FRAMES: FrameTypes = new FrameTypes(null);

/** The frames of a connection for which multipath was negotiated. */
export const MULTIPATH_FRAMES: FrameTypes = new FrameTypes(MULTIPATH);

/** The frames of a connection for which multipath was negotiated with these numbers. */
export function multipathFrames(points: MultipathCodePoints): FrameTypes {
  return points === MULTIPATH ? MULTIPATH_FRAMES : new FrameTypes(points);
}

/** Whether a packet with a frame of this kind has to be acknowledged. */
export function isAckEliciting(kind: FrameKind): boolean {
  return !NOT_ACK_ELICITING.has(kind);
}

function frameType(codePoint: number, kind: FrameKind, packets: number): FrameType {
  const ackEliciting = isAckEliciting(kind);
  return {
    kind,
    codePoint,
    name: kind.toUpperCase(),
    packets,
    ackEliciting,
    probing: PROBING.has(kind),
    inFlight: ackEliciting || kind === "padding",
  };
}
