import { ByteReader } from "../base/byte_reader.ts";
import { MptError } from "../base/errors.ts";
import { TlsError } from "./alerts.ts";

/**
 * Reads a message to its end; what is cut short, or has bytes left over, is a decode_error
 * (RFC 9846 6.2).
 *
 * @param what The message, for the error.
 * @param bytes Its bytes.
 * @param read Reads it.
 */
export function decode<T>(what: string, bytes: Uint8Array, read: (reader: ByteReader) => T): T {
  const reader = new ByteReader(bytes);
  let value: T;
  try {
    value = read(reader);
  } catch (error) {
    if (error instanceof MptError && error.code === "ERR_PROTOCOL") {
      throw new TlsError("decode_error", `Cannot read the ${what}: it is cut short`, error);
    }
    throw error;
  }
  if (reader.remaining > 0) {
    throw new TlsError("decode_error", `Cannot read the ${what}: ${reader.remaining} bytes are left over`);
  }
  return value;
}

/** Reads a vector with a length of one, two or three bytes (RFC 9846 3.4). */
export function readVector(reader: ByteReader, lengthBytes: 1 | 2 | 3): Uint8Array {
  return reader.bytes(readLength(reader, lengthBytes));
}

/** Reads the items of a vector until it ends. */
export function readItems<T>(bytes: Uint8Array, read: (reader: ByteReader) => T): readonly T[] {
  const reader = new ByteReader(bytes);
  const items: T[] = [];
  while (reader.remaining > 0) items.push(read(reader));
  return items;
}

/** Reads 24 bits. */
export function readU24(reader: ByteReader): number {
  return reader.u8() * 0x1_0000 + reader.u16();
}

/** One array of all the bytes. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A vector with a length of one, two or three bytes in front. */
export function vector(lengthBytes: 1 | 2 | 3, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const content = concat(...parts);
  const limit = 2 ** (8 * lengthBytes);
  if (content.length >= limit) throw new RangeError(`Cannot write ${content.length} bytes in a vector`);
  const head = new Uint8Array(lengthBytes);
  for (let i = 0; i < lengthBytes; i++) head[i] = content.length >>> (8 * (lengthBytes - 1 - i));
  return concat(head, content);
}

/** Two bytes, the high one first. */
export function u16(value: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(value >> 8, value & 0xff);
}

function readLength(reader: ByteReader, lengthBytes: 1 | 2 | 3): number {
  switch (lengthBytes) {
    case 1:
      return reader.u8();
    case 2:
      return reader.u16();
    case 3:
      return readU24(reader);
  }
}
