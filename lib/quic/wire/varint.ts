import { MptError } from "../../base/errors.ts";

/** The largest number that is read and written here. RFC 9000 16 goes on to 2^62 - 1. */
export const MAX_VARINT: number = Number.MAX_SAFE_INTEGER;

const TWO_32 = 2 ** 32;

/** RFC 9000 16: one byte up to 63, two to 16383, four to 2^30 - 1, else eight. */
export function varintSize(value: number): number {
  if (value < 0x40) return 1;
  if (value < 0x4000) return 2;
  return value < 0x40000000 ? 4 : 8;
}

/** How many bytes the varint has that begins with this byte. */
export function varintSizeOf(firstByte: number): number {
  return 1 << (firstByte >> 6);
}

/**
 * The varint at a place. The caller has checked that all its bytes are there. A number beyond
 * {@linkcode MAX_VARINT} comes out too large, if not exactly itself.
 */
export function varintAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  switch (first >> 6) {
    case 0:
      return first;
    case 1:
      return ((first & 0x3f) << 8) | bytes[at + 1]!;
    case 2:
      return ((first & 0x3f) << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    default: {
      const high = ((first & 0x3f) << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
      const low = (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!;
      return high * TWO_32 + (low >>> 0);
    }
  }
}

/**
 * Writes a varint in as few bytes as it takes.
 *
 * @returns The place behind it.
 * @throws {MptError} `ERR_INVALID_VALUE` for another number than a whole one from 0 to
 * {@linkcode MAX_VARINT}, or where it does not fit the buffer.
 */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  // Typed arrays swallow what is written past their end
  if (value >>> 0 === value && value < 0x40000000) {
    if (value < 0x40) {
      if (at >= bytes.length) throw refused(value, at);
      bytes[at] = value;
      return at + 1;
    }
    if (value < 0x4000) {
      if (at + 2 > bytes.length) throw refused(value, at);
      bytes[at] = 0x40 | (value >> 8);
      bytes[at + 1] = value;
      return at + 2;
    }
    if (at + 4 > bytes.length) throw refused(value, at);
    bytes[at] = 0x80 | (value >> 24);
    bytes[at + 1] = value >> 16;
    bytes[at + 2] = value >> 8;
    bytes[at + 3] = value;
    return at + 4;
  }
  if (!(Number.isSafeInteger(value) && value >= 0 && at + 8 <= bytes.length)) throw refused(value, at);
  const high = Math.floor(value / TWO_32);
  writeLow(bytes, at, high, 4);
  bytes[at] = 0xc0 | (high >> 24);
  writeLow(bytes, at + 4, value >>> 0, 4);
  return at + 8;
}

function refused(value: number, at: number): MptError {
  return new MptError("ERR_INVALID_VALUE", `Cannot write ${value} as a varint at ${at}`);
}

/** Writes the low bytes of a number below 2^32, the high one first. */
export function writeLow(bytes: Uint8Array, at: number, value: number, count: number): void {
  for (let index = count - 1; index >= 0; index--) {
    bytes[at + index] = value;
    value >>>= 8;
  }
}

/** The largest length whose varint and that many bytes fit a room together; -1 when not even 0 does. */
export function lengthThatFits(room: number): number {
  if (room < 1) return -1;
  if (room <= 0x40) return room - 1;
  // With 65 bytes of room a length of 63 fits, and 64 would take two bytes more
  if (room <= 0x41) return 0x3f;
  if (room <= 0x4001) return room - 2;
  if (room <= 0x4003) return 0x3fff;
  return room - 4;
}
