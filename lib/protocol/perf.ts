import { MptError } from "../base/errors.ts";

/** A perf request is this many bytes: the number of bytes wanted back, big-endian (draft-banks-quic-performance 2.3.1). */
export const PERF_HEADER_BYTES = 8;

/**
 * The 8 bytes that open a perf stream.
 *
 * @param wantedBytes The number of bytes wanted back, from 0 to 2^53 - 1.
 * @throws {MptError} `ERR_INVALID_VALUE` for any other number.
 */
export function encodePerfHeader(wantedBytes: number): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(wantedBytes) || wantedBytes < 0) {
    throw new MptError("ERR_INVALID_VALUE", `Cannot ask for ${wantedBytes} bytes: it is no number of bytes`);
  }
  const bytes = new Uint8Array(PERF_HEADER_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(wantedBytes));
  return bytes;
}

/**
 * The number of bytes wanted back. What no number can hold exactly (2^53 and more) is Infinity: more than
 * any limit.
 */
export function decodePerfHeader(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, PERF_HEADER_BYTES);
  const wanted = view.getUint32(0) * 0x1_0000_0000 + view.getUint32(4);
  return Number.isSafeInteger(wanted) ? wanted : Infinity;
}

/** The first byte of every HTTP/1 request is a capital letter; of every perf request that we allow, it is 0. */
export function looksLikeHttp(firstByte: number): boolean {
  return firstByte >= 0x41 && firstByte <= 0x5a;
}

/**
 * The `Upgrade` token that turns a connection to the check server into a perf download. The client uploads
 * nothing and leaves its side open: a half-closed MPTCP connection opens no further subflow.
 */
export const PERF_UPGRADE = "perf";

/** Fields of a perf request by HTTP: of an upgrade, or of the POST or PUT whose body is an upload. In lower case. */
export const PERF_FIELDS = {
  /** Stop sending after this many milliseconds, even when fewer bytes went out than wanted. */
  duration: "perf-duration-ms",
  /** Record what happens in intervals of this many milliseconds. */
  interval: "perf-interval-ms",
  /** Send with this congestion control. */
  congestion: "perf-congestion",
  /** In the answer: the name under which `GET /perf/NAME` tells what the server saw. */
  id: "perf-id",
} as const;
