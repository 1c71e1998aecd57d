import type { PacketRanges } from "./ack_ranges.ts";
import { MULTIPATH, type MultipathCodePoints } from "./multipath.ts";
import { varintSize, writeVarint } from "./varint.ts";

/** Counts of packets by their ECN codepoint (RFC 9000 19.3.2). */
export interface EcnCounts {
  readonly ect0: number;
  readonly ect1: number;
  readonly ce: number;
}

const ACK = 0x02;
const CRYPTO = 0x06;
const STREAM = 0x08;
const DATAGRAM = 0x30;

const OFFSET_BIT = 0x04;
const LENGTH_BIT = 0x02;
const LOW_BIT = 0x01;

/** Writes PADDING frames and returns the place behind them. */
export function writePadding(bytes: Uint8Array, at: number, count: number): number {
  if (count > 0) bytes.fill(0, at, at + count);
  return at + count;
}

/**
 * The size of a STREAM frame without its data.
 *
 * @param length The number of data bytes; -1 to leave the length out, for a frame that ends its packet.
 */
export function streamHeaderSize(streamId: number, offset: number, length: number): number {
  return 1 + varintSize(streamId) + (offset > 0 ? varintSize(offset) : 0) +
    (length < 0 ? 0 : varintSize(length));
}

/**
 * Writes a STREAM frame (RFC 9000 19.8) up to its data, which the caller copies there.
 *
 * @param length The number of data bytes; -1 to leave the length out, for a frame that ends its packet.
 * @returns The place of the data.
 */
export function writeStreamHeader(
  bytes: Uint8Array,
  at: number,
  streamId: number,
  offset: number,
  length: number,
  fin: boolean,
): number {
  const type = STREAM | (offset > 0 ? OFFSET_BIT : 0) | (length < 0 ? 0 : LENGTH_BIT) | (fin ? LOW_BIT : 0);
  at = writeVarint(bytes, at, type);
  at = writeVarint(bytes, at, streamId);
  if (offset > 0) at = writeVarint(bytes, at, offset);
  return length < 0 ? at : writeVarint(bytes, at, length);
}

/** The size of a CRYPTO frame without its data. */
export function cryptoHeaderSize(offset: number, length: number): number {
  return 1 + varintSize(offset) + varintSize(length);
}

/** Writes a CRYPTO frame (RFC 9000 19.6) up to its data and returns the place of the data. */
export function writeCryptoHeader(bytes: Uint8Array, at: number, offset: number, length: number): number {
  at = writeVarint(bytes, at, CRYPTO);
  at = writeVarint(bytes, at, offset);
  return writeVarint(bytes, at, length);
}

/** The size of a DATAGRAM frame without its data; a length of -1 is left out. */
export function datagramHeaderSize(length: number): number {
  return 1 + (length < 0 ? 0 : varintSize(length));
}

/** Writes a DATAGRAM frame (RFC 9221 4) up to its data; a length of -1 is left out, for the end of a packet. */
export function writeDatagramHeader(bytes: Uint8Array, at: number, length: number): number {
  at = writeVarint(bytes, at, DATAGRAM | (length < 0 ? 0 : LOW_BIT));
  return length < 0 ? at : writeVarint(bytes, at, length);
}

/**
 * How many of the ranges, from the highest, fit an ACK frame of a size. The size of the count itself is
 * taken as if all fitted.
 *
 * @param room The bytes that there are.
 * @param pathId The path of a PATH_ACK frame; -1 for an ACK frame.
 * @returns 0 when not even one fits.
 */
export function ackRangesThatFit(
  room: number,
  pathId: number,
  ranges: PacketRanges,
  delay: number,
  ecn: EcnCounts | null,
  points: MultipathCodePoints = MULTIPATH,
): number {
  if (ranges.count === 0) return 0;
  let left = room - ackHeadSize(pathId, ranges, ranges.count, delay, ecn, points);
  let fitting = 0;
  while (fitting < ranges.count) {
    left -= rangeSize(ranges, fitting);
    if (left < 0) break;
    fitting++;
  }
  return fitting;
}

/** The size of an ACK or PATH_ACK frame with its first `count` ranges. */
export function ackSize(
  pathId: number,
  ranges: PacketRanges,
  count: number,
  delay: number,
  ecn: EcnCounts | null,
  points: MultipathCodePoints = MULTIPATH,
): number {
  let size = ackHeadSize(pathId, ranges, count, delay, ecn, points);
  for (let index = 0; index < count; index++) size += rangeSize(ranges, index);
  return size;
}

/**
 * Writes an ACK frame (RFC 9000 19.3) or a PATH_ACK frame (draft-ietf-quic-multipath-21 4.1).
 *
 * @param pathId The path of a PATH_ACK frame; -1 for an ACK frame.
 * @param count How many of the ranges to write, at least 1.
 * @param delay The delay in units of the `ack_delay_exponent` that was sent.
 * @returns The place behind the frame.
 */
export function writeAck(
  bytes: Uint8Array,
  at: number,
  pathId: number,
  ranges: PacketRanges,
  count: number,
  delay: number,
  ecn: EcnCounts | null,
  points: MultipathCodePoints = MULTIPATH,
): number {
  const type = (pathId < 0 ? ACK : points.pathAck) + (ecn === null ? 0 : LOW_BIT);
  at = writeVarint(bytes, at, type);
  if (pathId >= 0) at = writeVarint(bytes, at, pathId);
  at = writeVarint(bytes, at, ranges.largest(0));
  at = writeVarint(bytes, at, delay);
  at = writeVarint(bytes, at, count - 1);
  for (let index = 0; index < count; index++) {
    // RFC 9000 19.3.1
    if (index > 0) at = writeVarint(bytes, at, ranges.smallest(index - 1) - ranges.largest(index) - 2);
    at = writeVarint(bytes, at, ranges.largest(index) - ranges.smallest(index));
  }
  if (ecn === null) return at;
  at = writeVarint(bytes, at, ecn.ect0);
  at = writeVarint(bytes, at, ecn.ect1);
  return writeVarint(bytes, at, ecn.ce);
}

/** Everything of an ACK frame but its ranges. */
function ackHeadSize(
  pathId: number,
  ranges: PacketRanges,
  count: number,
  delay: number,
  ecn: EcnCounts | null,
  points: MultipathCodePoints,
): number {
  const type = pathId < 0 ? 1 : varintSize(points.pathAck + LOW_BIT) + varintSize(pathId);
  const counts = ecn === null ? 0 : varintSize(ecn.ect0) + varintSize(ecn.ect1) + varintSize(ecn.ce);
  return type + varintSize(ranges.largest(0)) + varintSize(delay) + varintSize(count - 1) + counts;
}

function rangeSize(ranges: PacketRanges, index: number): number {
  const length = varintSize(ranges.largest(index) - ranges.smallest(index));
  return index === 0 ? length : length + varintSize(ranges.smallest(index - 1) - ranges.largest(index) - 2);
}
