import { MptError } from "../../base/errors.ts";
import { writeLow } from "./varint.ts";

/** How many packet numbers there are by the bytes they have. */
const WINDOWS = [1, 2 ** 8, 2 ** 16, 2 ** 24, 2 ** 32] as const;

/**
 * RFC 9000 A.2: how many bytes of a packet number have to be sent, so that the peer can tell it from all
 * others that may be on their way.
 *
 * @param packetNumber The packet number.
 * @param largestAcked The largest one that the peer acknowledged in this number space, or -1.
 * @returns From 1 to 4.
 * @throws {MptError} `ERR_LIMIT` when more than 2^31 packets are not acknowledged.
 */
export function packetNumberSize(packetNumber: number, largestAcked: number): number {
  // More than twice the range is needed: one bit more than the number of packets under way has
  const range = 2 * (packetNumber - largestAcked);
  if (range <= 0x100) return 1;
  if (range <= 0x10000) return 2;
  if (range <= 0x1000000) return 3;
  if (range <= 0x100000000) return 4;
  throw new MptError(
    "ERR_LIMIT",
    `Cannot send packet ${packetNumber}: too many before it are unacknowledged`,
  );
}

/**
 * RFC 9000 A.3: the packet number that a few low bytes of it stand for.
 *
 * @param largest The largest packet number of this space that was opened before, or -1.
 * @param truncated What was in the packet.
 * @param size How many bytes it had there, from 1 to 4.
 */
export function decodePacketNumber(largest: number, truncated: number, size: number): number {
  const expected = largest + 1;
  const window = WINDOWS[size]!;
  const half = window / 2;
  // The arithmetic of RFC 9000 A.3 without bits, which end at 32 here, and without %, which is slow then
  const candidate = Math.floor(expected / window) * window + truncated;
  if (candidate <= expected - half && candidate + window <= Number.MAX_SAFE_INTEGER) {
    return candidate + window;
  }
  if (candidate > expected + half && candidate >= window) return candidate - window;
  return candidate;
}

/** Writes the low bytes of a packet number and returns the place behind them. */
export function writePacketNumber(bytes: Uint8Array, at: number, packetNumber: number, size: number): number {
  writeLow(bytes, at, packetNumber >>> 0, size);
  return at + size;
}

/** Reads the low bytes of a packet number. */
export function readPacketNumber(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let index = 0; index < size; index++) value = value * 256 + bytes[at + index]!;
  return value;
}
