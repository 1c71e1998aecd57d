import { MAX_CONNECTION_ID_BYTES } from "./connection_id.ts";
import { varintAt, varintSizeOf } from "./varint.ts";
import { longPacketTypes, VERSION_NEGOTIATION } from "./versions.ts";

/** Packets that carry frames. */
export type FramedPacketType = "initial" | "0-rtt" | "handshake" | "1-rtt";

/** Everything that can stand in a datagram. Of `unsupported-version` only the ids can be read (RFC 8999). */
export type PacketType = FramedPacketType | "retry" | "version-negotiation" | "unsupported-version";

/** Why bytes are no packet. Such bytes are dropped without a word: anybody can send them. */
export type HeaderFault = "truncated" | "id-too-long" | "no-token" | "bad-version-list";

/** The bits of the first byte (RFC 9000 17.2, 17.3). */
export const LONG_FORM_BIT = 0x80;
export const FIXED_BIT = 0x40;
export const SPIN_BIT = 0x20;
export const KEY_PHASE_BIT = 0x04;
export const LONG_RESERVED_BITS = 0x0c;
export const SHORT_RESERVED_BITS = 0x18;

/** RFC 9001 5.8. */
const RETRY_TAG_BYTES = 16;

/**
 * The header of one packet, as far as it can be read without keys. Made once and filled in for each packet,
 * so that reading allocates nothing. Places are offsets into the bytes that were read.
 */
export class PacketHeader {
  /** What the packet is. */
  type: PacketType = "1-rtt";
  /** The first byte; its low bits are masked in packets that carry frames. */
  firstByte = 0;
  /** The version; 0 in Version Negotiation and in packets with a short header. */
  version = 0;
  /** Where the packet begins. */
  start = 0;
  /** Where it ends; the next packet of the datagram begins there. */
  end = 0;
  /** The Destination Connection ID. */
  destinationStart = 0;
  destinationEnd = 0;
  /** The Source Connection ID; empty in packets with a short header. */
  sourceStart = 0;
  sourceEnd = 0;
  /** The token of an Initial or a Retry packet; empty in others. */
  tokenStart = 0;
  tokenEnd = 0;
  /** Where the packet number begins; in other packets, what comes behind the fields above. */
  numberStart = 0;

  /**
   * Whether the fixed bit is set. A packet without it is dropped, unless the `grease_quic_bit` transport
   * parameter was sent (RFC 9000 17.2, RFC 9287 3).
   */
  get fixedBit(): boolean {
    return (this.firstByte & FIXED_BIT) !== 0;
  }

  /**
   * Reads the header of a packet.
   *
   * @param start Where the packet begins.
   * @param end Where the datagram ends.
   * @param shortIdBytes The length of the connection ids that this endpoint issues, which a short header
   * does not tell.
   * @returns Null, or why the rest of the datagram has to be dropped.
   */
  read(bytes: Uint8Array, start: number, end: number, shortIdBytes: number): HeaderFault | null {
    if (!(start >= 0 && start < end && end <= bytes.length)) return "truncated";
    const first = bytes[start]!;
    this.firstByte = first;
    this.start = start;
    this.tokenStart = this.tokenEnd = 0;
    if ((first & LONG_FORM_BIT) !== 0) return this.#readLong(bytes, start, end);
    this.type = "1-rtt";
    this.version = 0;
    this.end = end;
    this.destinationStart = start + 1;
    this.destinationEnd = this.numberStart = start + 1 + shortIdBytes;
    this.sourceStart = this.sourceEnd = this.destinationEnd;
    // At least one byte of the packet number
    return this.destinationEnd < end ? null : "truncated";
  }

  #readLong(bytes: Uint8Array, start: number, end: number): HeaderFault | null {
    // RFC 8999 5.1: first byte, version (32), id length (8), id, id length (8), id
    if (end - start < 7) return "truncated";
    this.version = ((bytes[start + 1]! << 24) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 8) |
      bytes[start + 4]!) >>> 0;
    this.destinationStart = start + 6;
    this.destinationEnd = start + 6 + bytes[start + 5]!;
    if (this.destinationEnd >= end) return "truncated";
    this.sourceStart = this.destinationEnd + 1;
    this.sourceEnd = this.sourceStart + bytes[this.destinationEnd]!;
    if (this.sourceEnd > end) return "truncated";
    this.numberStart = this.sourceEnd;
    this.end = end;
    if (this.version === VERSION_NEGOTIATION) return this.#readVersionNegotiation();
    const types = longPacketTypes(this.version);
    if (types === undefined) {
      this.type = "unsupported-version";
      return null;
    }
    // RFC 9000 17.2: a longer connection id is dropped
    if (this.destinationEnd - this.destinationStart > MAX_CONNECTION_ID_BYTES) return "id-too-long";
    if (this.sourceEnd - this.sourceStart > MAX_CONNECTION_ID_BYTES) return "id-too-long";
    this.type = types[(this.firstByte >> 4) & 0x03]!;
    return this.type === "retry" ? this.#readRetry() : this.#readLength(bytes);
  }

  #readVersionNegotiation(): HeaderFault | null {
    this.type = "version-negotiation";
    const versionBytes = this.end - this.numberStart;
    return versionBytes > 0 && versionBytes % 4 === 0 ? null : "bad-version-list";
  }

  #readRetry(): HeaderFault | null {
    this.tokenStart = this.sourceEnd;
    this.tokenEnd = this.numberStart = this.end - RETRY_TAG_BYTES;
    if (this.tokenEnd < this.tokenStart) return "truncated";
    // RFC 9000 17.2.5.2: a Retry packet with an empty token is dropped
    return this.tokenEnd === this.tokenStart ? "no-token" : null;
  }

  #readLength(bytes: Uint8Array): HeaderFault | null {
    let at = this.sourceEnd;
    if (this.type === "initial") {
      if (!varintFits(bytes, at, this.end)) return "truncated";
      this.tokenStart = at + varintSizeOf(bytes[at]!);
      this.tokenEnd = at = this.tokenStart + varintAt(bytes, at);
      if (at > this.end) return "truncated";
    }
    if (!varintFits(bytes, at, this.end)) return "truncated";
    const length = varintAt(bytes, at);
    at += varintSizeOf(bytes[at]!);
    if (length < 1 || length > this.end - at) return "truncated";
    this.numberStart = at;
    this.end = at + length;
    return null;
  }
}

/** The versions that a Version Negotiation packet offers. */
export function offeredVersions(bytes: Uint8Array, header: PacketHeader): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const versions: number[] = [];
  for (let at = header.numberStart; at + 4 <= header.end; at += 4) versions.push(view.getUint32(at));
  return versions;
}

function varintFits(bytes: Uint8Array, at: number, end: number): boolean {
  return at < end && at + varintSizeOf(bytes[at]!) <= end;
}
