import type { ByteReader } from "../base/byte_reader.ts";
import { TlsError } from "./alerts.ts";
import { concat, readItems, readVector, u16, vector } from "./vectors.ts";

/** The extensions of one message, by code point. */
export type Extensions = ReadonlyMap<number, Uint8Array>;

/** No honest message has more. */
const MAX_EXTENSIONS = 64;

/**
 * Reads the extensions of a message.
 *
 * @throws {TlsError} If one comes twice (RFC 9846 4.3).
 */
export function readExtensions(reader: ByteReader): Extensions {
  const extensions = new Map<number, Uint8Array>();
  const items = readItems(readVector(reader, 2), (each) => ({ type: each.u16(), data: readVector(each, 2) }));
  if (items.length > MAX_EXTENSIONS) {
    throw new TlsError("illegal_parameter", `Cannot read ${items.length} extensions: too many`);
  }
  for (const { type, data } of items) {
    if (extensions.has(type)) {
      throw new TlsError("illegal_parameter", `Cannot read the extensions: number ${type} comes twice`);
    }
    extensions.set(type, data);
  }
  return extensions;
}

/** The bytes of the extensions of a message, in this order. */
export function encodeExtensions(
  extensions: Iterable<readonly [number, Uint8Array]>,
): Uint8Array<ArrayBuffer> {
  return vector(2, ...[...extensions].map(([type, data]) => concat(u16(type), vector(2, data))));
}

/**
 * Takes only extensions that were asked for (RFC 9846 4.3).
 *
 * @throws {TlsError} If there is another one.
 */
export function requireKnown(what: string, extensions: Extensions, allowed: readonly number[]): void {
  for (const type of extensions.keys()) {
    if (allowed.includes(type)) continue;
    throw new TlsError("unsupported_extension", `Cannot use the ${what}: nobody asked for extension ${type}`);
  }
}
