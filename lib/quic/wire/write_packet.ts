import { MptError } from "../../base/errors.ts";
import type { ConnectionId } from "./connection_id.ts";
import { FIXED_BIT, KEY_PHASE_BIT, LONG_FORM_BIT, SPIN_BIT } from "./packet_header.ts";
import { writePacketNumber } from "./packet_number.ts";
import { varintSize, writeLow, writeVarint } from "./varint.ts";
import { type LongPacketType, longPacketTypes, versionName } from "./versions.ts";

/** The Length field is written in two bytes, whatever the length turns out to be. */
const LENGTH_BYTES = 2;
const MAX_LENGTH = 0x3fff;

/** What goes into the header of an Initial, 0-RTT or Handshake packet. */
export interface LongHeader {
  readonly type: Exclude<LongPacketType, "retry">;
  readonly version: number;
  readonly destination: ConnectionId;
  readonly source: ConnectionId;
  /** The token of an Initial packet; empty in others, and in Initial packets of servers. */
  readonly token: Uint8Array;
}

/** The size of a long header with its packet number. */
export function longHeaderSize(header: LongHeader, numberBytes: number): number {
  const token = header.type === "initial" ? varintSize(header.token.length) + header.token.length : 0;
  return 7 + header.destination.length + header.source.length + token + LENGTH_BYTES + numberBytes;
}

/**
 * Writes a long header (RFC 9000 17.2) up to the payload. The length is filled in by
 * {@linkcode writeLength} when the payload is there.
 *
 * @param fixedBit False to grease the bit for a peer that allows it (RFC 9287).
 * @returns The place behind the packet number.
 */
export function writeLongHeader(
  bytes: Uint8Array,
  start: number,
  header: LongHeader,
  packetNumber: number,
  numberBytes: number,
  fixedBit: boolean = true,
): number {
  const firstByte = LONG_FORM_BIT | (fixedBit ? FIXED_BIT : 0) | typeBits(header.version, header.type) |
    (numberBytes - 1);
  let at = writeInvariantHeader(bytes, start, firstByte, header.version, header.destination, header.source);
  if (header.type === "initial") {
    at = writeVarint(bytes, at, header.token.length);
    bytes.set(header.token, at);
    at += header.token.length;
  }
  bytes[at] = 0x40;
  bytes[at + 1] = 0;
  return writePacketNumber(bytes, at + LENGTH_BYTES, packetNumber, numberBytes);
}

/**
 * Fills in the Length field of a long header.
 *
 * @param numberStart Where the packet number begins.
 * @param packetEnd Where the packet ends, its tag included.
 */
export function writeLength(bytes: Uint8Array, numberStart: number, packetEnd: number): void {
  const length = packetEnd - numberStart;
  if (!(length >= 1 && length <= MAX_LENGTH)) {
    throw new MptError("ERR_INVALID_VALUE", `Cannot write a packet with a payload of ${length} bytes`);
  }
  bytes[numberStart - 2] = 0x40 | (length >> 8);
  bytes[numberStart - 1] = length;
}

/** The size of a short header with its packet number. */
export function shortHeaderSize(destination: ConnectionId, numberBytes: number): number {
  return 1 + destination.length + numberBytes;
}

/**
 * Writes a short header (RFC 9000 17.3.1).
 *
 * @param fixedBit False to grease the bit for a peer that allows it (RFC 9287).
 * @returns The place behind the packet number, where the payload begins.
 */
export function writeShortHeader(
  bytes: Uint8Array,
  start: number,
  destination: ConnectionId,
  spin: boolean,
  keyPhase: boolean,
  packetNumber: number,
  numberBytes: number,
  fixedBit: boolean = true,
): number {
  bytes[start] = (fixedBit ? FIXED_BIT : 0) | (spin ? SPIN_BIT : 0) | (keyPhase ? KEY_PHASE_BIT : 0) |
    (numberBytes - 1);
  const at = destination.writeTo(bytes, start + 1);
  return writePacketNumber(bytes, at, packetNumber, numberBytes);
}

/**
 * A Retry packet (RFC 9000 17.2.5) without its integrity tag, which is made over these bytes.
 *
 * @param unusedBits Four random bits, which mean nothing.
 */
export function encodeRetry(
  version: number,
  destination: ConnectionId,
  source: ConnectionId,
  token: Uint8Array,
  unusedBits: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(7 + destination.length + source.length + token.length);
  const firstByte = LONG_FORM_BIT | FIXED_BIT | typeBits(version, "retry") | (unusedBits & 0x0f);
  bytes.set(token, writeInvariantHeader(bytes, 0, firstByte, version, destination, source));
  return bytes;
}

/**
 * A Version Negotiation packet (RFC 9000 17.2.1). The ids are those of the packet that it answers, changed
 * over, and may have up to 255 bytes.
 *
 * @param unusedBits Seven random bits, which mean nothing.
 */
export function encodeVersionNegotiation(
  destination: Uint8Array,
  source: Uint8Array,
  versions: readonly number[],
  unusedBits: number,
): Uint8Array<ArrayBuffer> {
  if (destination.length > 255 || source.length > 255) {
    throw new MptError("ERR_INVALID_VALUE", "Cannot offer versions: a connection id has more than 255 bytes");
  }
  const bytes = new Uint8Array(7 + destination.length + source.length + 4 * versions.length);
  // RFC 9000 17.2.1: the fixed bit is set for the sake of whoever tells QUIC from other protocols by it
  bytes[0] = LONG_FORM_BIT | FIXED_BIT | (unusedBits & 0x3f);
  bytes[5] = destination.length;
  bytes.set(destination, 6);
  bytes[6 + destination.length] = source.length;
  bytes.set(source, 7 + destination.length);
  const view = new DataView(bytes.buffer);
  const start = 7 + destination.length + source.length;
  for (const [index, version] of versions.entries()) view.setUint32(start + 4 * index, version);
  return bytes;
}

/** RFC 8999 5.1: what is the same in long headers of all versions. */
function writeInvariantHeader(
  bytes: Uint8Array,
  start: number,
  firstByte: number,
  version: number,
  destination: ConnectionId,
  source: ConnectionId,
): number {
  bytes[start] = firstByte;
  writeLow(bytes, start + 1, version, 4);
  bytes[start + 5] = destination.length;
  const at = destination.writeTo(bytes, start + 6);
  bytes[at] = source.length;
  return source.writeTo(bytes, at + 1);
}

function typeBits(version: number, type: LongPacketType): number {
  const types = longPacketTypes(version);
  if (types === undefined) {
    throw new MptError(
      "ERR_INVALID_VALUE",
      `Cannot write a packet of ${versionName(version)}: it is not known`,
    );
  }
  return types.indexOf(type) << 4;
}
