import { ByteReader } from "../base/byte_reader.ts";
import { MptError } from "../base/errors.ts";
import { toHex } from "../base/hex.ts";
import type { AddressFamily } from "../base/ip.ts";

/** One option of a TCP header. */
export interface SynOption {
  /** The kind; 30 is MPTCP. */
  readonly kind: number;
  /** What the kind is called, such as `MSS` or `MPTCP`; `kind 99` for one that has no name here. */
  readonly name: string;
  /** The length in bytes, kind and length included. */
  readonly length: number;
  /** The subtype of an MPTCP option: 0 is MP_CAPABLE, 1 MP_JOIN; null for every other option. */
  readonly subtype: number | null;
  /** The whole option in hexadecimal digits. */
  readonly hex: string;
}

/** What a SYN said when it arrived. */
export interface SynView {
  /** The address family it came over. */
  readonly family: AddressFamily;
  /** What was left of its time to live, or its hop limit. */
  readonly ttl: number;
  /** Its options, in order, up to the end or the first that makes no sense. */
  readonly options: readonly SynOption[];
  /** The bytes from the first option on whose length cannot be; null when all of them can. */
  readonly malformed_hex: string | null;
}

/** RFC 9293 3.1: the data offset has four bits, so that options have at most 40 bytes. */
export const MAX_OPTION_BYTES = 40;

/** RFC 8684 3: the kind of the MPTCP option. */
const KIND_MPTCP = 30;
/** RFC 9293 3.1: the two options without a length. */
const KIND_END = 0;
const KIND_NOP = 1;

const NAMES: ReadonlyMap<number, string> = new Map([
  [KIND_END, "EOL"],
  [KIND_NOP, "NOP"],
  [2, "MSS"],
  [3, "WS"],
  [4, "SACK_PERMITTED"],
  [5, "SACK"],
  [8, "TIMESTAMPS"],
  [19, "MD5"],
  [28, "USER_TIMEOUT"],
  [29, "AO"],
  [KIND_MPTCP, "MPTCP"],
  [34, "FAST_OPEN"],
  [172, "ACCECN0"],
  [174, "ACCECN1"],
  [253, "EXPERIMENT_1"],
  [254, "EXPERIMENT_2"],
]);

const PROTOCOL_TCP = 6;
/** RFC 8200 4: headers between the IPv6 header and TCP whose length stands in their second byte. */
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60, 135, 139, 140]);
const FRAGMENT = 44;
const AUTHENTICATION = 51;

/**
 * Reads a SYN as `TCP_SAVED_SYN` gives it: the IP header, then the TCP header.
 *
 * @param packet The bytes.
 * @returns What it says.
 * @throws {MptError} `ERR_PROTOCOL` when the packet is cut short or is not TCP.
 *
 * @example A SYN that carries MP_CAPABLE
 * ```ts
 * import assert from "node:assert/strict";
 * import { fromHex } from "@multipath/mpt/base";
 * import { decodeSyn, mpCapableOf } from "@multipath/mpt/mptcp";
 *
 * const ip = "45000038 00004000 3f060000 0a000101 0a000102";
 * const tcp = "c350 115b | 00000001 00000000 | 9002 fffe 0000 0000";
 * const options = "020405b4 0402 0101 010303 07 1e040101";
 * const syn = decodeSyn(fromHex(`${ip} ${tcp} ${options}`));
 * assert(syn.ttl === 63 && mpCapableOf(syn.options)?.hex === "1e040101");
 * ```
 */
export function decodeSyn(packet: Uint8Array): SynView {
  const reader = new ByteReader(packet);
  const version = (packet[0] ?? 0) >> 4;
  if (version !== 4 && version !== 6) {
    throw new MptError("ERR_PROTOCOL", `Cannot read a SYN: it has no IP header (version ${version})`);
  }
  const ttl = version === 4 ? readIpv4(reader) : readIpv6(reader);
  // RFC 9293 3.1: ports, sequence and acknowledgement number, then the data offset in 4-byte words
  reader.skip(12);
  const headerBytes = (reader.u8() >> 4) * 4;
  if (headerBytes < 20) {
    throw new MptError("ERR_PROTOCOL", `Cannot read a SYN: its TCP header has ${headerBytes} bytes`);
  }
  reader.skip(7);
  return { family: version, ttl, ...decodeOptions(reader.bytes(headerBytes - 20)) };
}

/**
 * Describes one whole option of a TCP header.
 *
 * @param bytes The option, from its kind to its end.
 * @returns The option; null when the bytes are no whole option.
 */
export function describeOption(bytes: Uint8Array): SynOption | null {
  const [kind, length, third] = bytes;
  if (kind === undefined) return null;
  const single = kind === KIND_END || kind === KIND_NOP;
  if (bytes.length !== (single ? 1 : length)) return null;
  return {
    kind,
    name: NAMES.get(kind) ?? `kind ${kind}`,
    length: bytes.length,
    // RFC 8684 3: the subtype is in the upper half of the third byte
    subtype: kind === KIND_MPTCP && third !== undefined ? third >> 4 : null,
    hex: toHex(bytes),
  };
}

/**
 * The MP_CAPABLE option among the options of a SYN.
 *
 * @param options The options.
 * @returns The option, or null when it is not there.
 */
export function mpCapableOf(options: readonly SynOption[]): SynOption | null {
  return options.find((option) => option.kind === KIND_MPTCP && option.subtype === 0) ?? null;
}

function readIpv4(reader: ByteReader): number {
  // RFC 791 3.1
  const headerBytes = (reader.u8() & 0x0f) * 4;
  reader.skip(7);
  const ttl = reader.u8();
  requireTcp(reader.u8());
  reader.skip(headerBytes - 10);
  return ttl;
}

function readIpv6(reader: ByteReader): number {
  // RFC 8200 3
  reader.skip(6);
  let next = reader.u8();
  const hopLimit = reader.u8();
  reader.skip(32);
  while (next !== PROTOCOL_TCP) {
    const header = next;
    next = reader.u8();
    const length = reader.u8();
    if (EXTENSIONS.has(header)) reader.skip(length * 8 + 6);
    else if (header === FRAGMENT) reader.skip(6);
    // RFC 4302 2.2: counted in 4-byte words, minus 2
    else if (header === AUTHENTICATION) reader.skip(length * 4 + 6);
    else requireTcp(header);
  }
  return hopLimit;
}

function requireTcp(protocol: number): void {
  if (protocol === PROTOCOL_TCP) return;
  throw new MptError("ERR_PROTOCOL", `Cannot read a SYN: the packet is of protocol ${protocol}, not TCP`);
}

function decodeOptions(bytes: Uint8Array): Pick<SynView, "options" | "malformed_hex"> {
  const options: SynOption[] = [];
  for (let at = 0; at < bytes.length;) {
    const kind = bytes[at]!;
    const length = kind === KIND_END || kind === KIND_NOP ? 1 : bytes[at + 1] ?? 0;
    const option = describeOption(bytes.subarray(at, at + length));
    // What a middlebox left behind is worth knowing, not worth an error
    if (option === null) return { options, malformed_hex: toHex(bytes.subarray(at)) };
    options.push(option);
    if (kind === KIND_END) break;
    at += length;
  }
  return { options, malformed_hex: null };
}
