import { MptError } from "./errors.ts";

/**
 * Reads numbers and slices from bytes, front to back. Names without an ending are big-endian (network
 * order), names that end in `le` are little-endian. A read past the end throws and consumes nothing.
 *
 * @example A type, a length and a value
 * ```ts
 * import assert from "node:assert/strict";
 * import { ByteReader, fromHex } from "@multipath/mpt/base";
 *
 * const reader = new ByteReader(fromHex("01 | 0002 | abcd"));
 * assert(reader.u8() === 1);
 * assert(reader.bytes(reader.u16()).length === 2);
 * assert(reader.remaining === 0);
 * ```
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  /**
   * Starts reading at the first byte.
   *
   * @param bytes What to read; it is not copied.
   */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** How many bytes have been read. */
  get offset(): number {
    return this.#offset;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /**
   * Reads one byte.
   *
   * @returns From 0 to 255.
   * @throws {MptError} `ERR_PROTOCOL` past the end.
   */
  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  /**
   * Reads two bytes.
   *
   * @returns From 0 to 65535.
   * @throws {MptError} `ERR_PROTOCOL` past the end.
   */
  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  /**
   * Reads two bytes, the low one first.
   *
   * @returns From 0 to 65535.
   * @throws {MptError} `ERR_PROTOCOL` past the end.
   */
  u16le(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  /**
   * Reads four bytes.
   *
   * @returns From 0 to 2^32 - 1.
   * @throws {MptError} `ERR_PROTOCOL` past the end.
   */
  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /**
   * Reads four bytes, the low one first.
   *
   * @returns From 0 to 2^32 - 1.
   * @throws {MptError} `ERR_PROTOCOL` past the end.
   */
  u32le(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /**
   * Reads eight bytes.
   *
   * @returns From 0 to 2^53 - 1.
   * @throws {MptError} `ERR_PROTOCOL` past the end, or for a larger number.
   */
  u64(): number {
    return this.#safe(this.#need(8), false);
  }

  /**
   * Reads eight bytes, the low one first.
   *
   * @returns From 0 to 2^53 - 1.
   * @throws {MptError} `ERR_PROTOCOL` past the end, or for a larger number.
   */
  u64le(): number {
    return this.#safe(this.#need(8), true);
  }

  /**
   * Reads a slice.
   *
   * @param length How many bytes.
   * @returns A view of the bytes, not a copy.
   * @throws {MptError} `ERR_PROTOCOL` past the end, or when the length is not a whole number from 0.
   */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /**
   * Passes over bytes.
   *
   * @param length How many bytes.
   * @throws {MptError} `ERR_PROTOCOL` past the end, or when the length is not a whole number from 0.
   */
  skip(length: number): void {
    this.#take(length);
  }

  #take(length: number): number {
    const start = this.#need(length);
    this.#offset = start + length;
    return start;
  }

  #need(length: number): number {
    // A length can be a difference of two fields of a message, and so below zero
    if (Number.isInteger(length) && length >= 0 && length <= this.remaining) return this.#offset;
    throw new MptError(
      "ERR_PROTOCOL",
      `Cannot read ${length} bytes at offset ${this.#offset}: only ${this.remaining} are left`,
    );
  }

  #safe(start: number, littleEndian: boolean): number {
    const high = this.#view.getUint32(littleEndian ? start + 4 : start, littleEndian);
    const low = this.#view.getUint32(littleEndian ? start : start + 4, littleEndian);
    if (high > 0x1fffff) {
      throw new MptError("ERR_PROTOCOL", `Cannot read 8 bytes at offset ${start}: the number is beyond 2^53`);
    }
    this.#offset = start + 8;
    return high * 2 ** 32 + low;
  }
}
