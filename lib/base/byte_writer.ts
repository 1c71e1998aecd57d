import { MptError } from "./errors.ts";

const TWO_32 = 2 ** 32;

/**
 * Puts numbers and slices one after the other into a buffer that grows. Names without an ending are
 * big-endian (network order), names that end in `le` are little-endian.
 *
 * @example A length that is known only at the end
 * ```ts
 * import assert from "node:assert/strict";
 * import { ByteWriter, toHex } from "@multipath/mpt/base";
 *
 * const writer = new ByteWriter();
 * writer.u16(0);
 * writer.u8(1);
 * writer.u32(0x01020304);
 * writer.patchU16(0, writer.length);
 * assert(toHex(writer.finish()) === "00070101020304");
 * ```
 */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  /**
   * Starts with no bytes written.
   *
   * @param capacity How many bytes to make room for at first.
   */
  constructor(capacity: number = 64) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** How many bytes have been written. */
  get length(): number {
    return this.#length;
  }

  /**
   * Writes one byte.
   *
   * @param value From 0 to 255.
   * @throws {MptError} `ERR_INVALID_VALUE` outside that range.
   */
  u8(value: number): void {
    check(value, 1);
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
  }

  /**
   * Writes two bytes.
   *
   * @param value From 0 to 65535.
   * @throws {MptError} `ERR_INVALID_VALUE` outside that range.
   */
  u16(value: number): void {
    check(value, 2);
    const at = this.#grow(2);
    this.#view.setUint16(at, value);
  }

  /**
   * Writes two bytes, the low one first.
   *
   * @param value From 0 to 65535.
   * @throws {MptError} `ERR_INVALID_VALUE` outside that range.
   */
  u16le(value: number): void {
    check(value, 2);
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
  }

  /**
   * Writes four bytes.
   *
   * @param value From 0 to 2^32 - 1.
   * @throws {MptError} `ERR_INVALID_VALUE` outside that range.
   */
  u32(value: number): void {
    check(value, 4);
    const at = this.#grow(4);
    this.#view.setUint32(at, value);
  }

  /**
   * Writes four bytes, the low one first.
   *
   * @param value From 0 to 2^32 - 1.
   * @throws {MptError} `ERR_INVALID_VALUE` outside that range.
   */
  u32le(value: number): void {
    check(value, 4);
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
  }

  /**
   * Writes eight bytes.
   *
   * @param value From 0 to 2^53 - 1.
   * @throws {MptError} `ERR_INVALID_VALUE` outside that range.
   */
  u64(value: number): void {
    check(value, 8);
    const at = this.#grow(8);
    this.#view.setUint32(at, Math.floor(value / TWO_32));
    this.#view.setUint32(at + 4, value % TWO_32);
  }

  /**
   * Writes eight bytes, the low one first.
   *
   * @param value From 0 to 2^53 - 1.
   * @throws {MptError} `ERR_INVALID_VALUE` outside that range.
   */
  u64le(value: number): void {
    check(value, 8);
    const at = this.#grow(8);
    this.#view.setUint32(at, value % TWO_32, true);
    this.#view.setUint32(at + 4, Math.floor(value / TWO_32), true);
  }

  /**
   * Writes a slice.
   *
   * @param data The bytes; they are copied.
   */
  bytes(data: Uint8Array): void {
    const at = this.#grow(data.length);
    this.#bytes.set(data, at);
  }

  /**
   * Writes zeros, such as the padding of a netlink attribute.
   *
   * @param count How many bytes.
   * @throws {MptError} `ERR_INVALID_VALUE` when the count is not a whole number from 0.
   */
  zeros(count: number): void {
    check(count, 4);
    this.#grow(count);
  }

  /**
   * Overwrites one byte.
   *
   * @param offset Where; the byte must have been written.
   * @param value From 0 to 255.
   * @throws {MptError} `ERR_INVALID_VALUE` outside that range, or outside what was written.
   */
  patchU8(offset: number, value: number): void {
    check(value, 1);
    this.#view.setUint8(this.#written(offset, 1), value);
  }

  /**
   * Overwrites two bytes.
   *
   * @param offset Where; the bytes must have been written.
   * @param value From 0 to 65535.
   * @throws {MptError} `ERR_INVALID_VALUE` outside that range, or outside what was written.
   */
  patchU16(offset: number, value: number): void {
    check(value, 2);
    this.#view.setUint16(this.#written(offset, 2), value);
  }

  /**
   * Overwrites two bytes, the low one first.
   *
   * @param offset Where; the bytes must have been written.
   * @param value From 0 to 65535.
   * @throws {MptError} `ERR_INVALID_VALUE` outside that range, or outside what was written.
   */
  patchU16le(offset: number, value: number): void {
    check(value, 2);
    this.#view.setUint16(this.#written(offset, 2), value, true);
  }

  /**
   * Overwrites four bytes.
   *
   * @param offset Where; the bytes must have been written.
   * @param value From 0 to 2^32 - 1.
   * @throws {MptError} `ERR_INVALID_VALUE` outside that range, or outside what was written.
   */
  patchU32(offset: number, value: number): void {
    check(value, 4);
    this.#view.setUint32(this.#written(offset, 4), value);
  }

  /**
   * Overwrites four bytes, the low one first.
   *
   * @param offset Where; the bytes must have been written.
   * @param value From 0 to 2^32 - 1.
   * @throws {MptError} `ERR_INVALID_VALUE` outside that range, or outside what was written.
   */
  patchU32le(offset: number, value: number): void {
    check(value, 4);
    this.#view.setUint32(this.#written(offset, 4), value, true);
  }

  /**
   * What has been written so far.
   *
   * @returns A copy of exactly {@linkcode ByteWriter.length} bytes.
   */
  finish(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#bytes.subarray(0, this.#length));
  }

  /** Makes room and returns where it begins; call it before the buffer is named, which it may replace. */
  #grow(count: number): number {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(64, this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return start;
  }

  #written(offset: number, size: number): number {
    if (Number.isInteger(offset) && offset >= 0 && offset + size <= this.#length) return offset;
    throw new MptError(
      "ERR_INVALID_VALUE",
      `Cannot overwrite ${size} bytes at offset ${offset}: only ${this.#length} are written`,
    );
  }
}

function check(value: number, size: number): void {
  const limit = size === 8 ? Number.MAX_SAFE_INTEGER : 2 ** (8 * size) - 1;
  if (Number.isInteger(value) && value >= 0 && value <= limit) return;
  throw new MptError(
    "ERR_INVALID_VALUE",
    `Cannot write ${value} in ${size} bytes: it is not a whole number from 0 to ${limit}`,
  );
}
