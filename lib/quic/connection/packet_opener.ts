import { TAG_BYTES } from "../../crypto/suites.ts";
import type { TlsLevel } from "../../tls/session.ts";
import type { EcnMark } from "../recovery/received_packets.ts";
import type { ConnectionId } from "../wire/connection_id.ts";
import { QUIC_ERROR } from "../wire/error_codes.ts";
import {
  KEY_PHASE_BIT,
  LONG_RESERVED_BITS,
  type PacketHeader,
  SHORT_RESERVED_BITS,
} from "../wire/packet_header.ts";
import { decodePacketNumber, readPacketNumber } from "../wire/packet_number.ts";
import { QuicError } from "../wire/quic_error.ts";
import type { Core } from "./core.ts";
import type { PacketSpace } from "./packet_space.ts";
import type { Path } from "./path.ts";
import type { Tuple } from "./tuple.ts";

/** A packet of the peer that was opened. */
export interface OpenedPacket {
  space: PacketSpace;
  path: Path;
  level: TlsLevel;
  packetNumber: number;
  /** Its Key Phase bit; 0 for packets with a long header. */
  phase: 0 | 1;
  /** The id of ours that it was sent to. */
  destination: ConnectionId;
  payloadStart: number;
  payloadEnd: number;
  /** The way that it came. */
  tuple: Tuple;
  ecn: EcnMark;
}

/** What became of a packet that was not opened. */
export type Unopened =
  /** Its keys may come. */
  | "early"
  /** It is none of ours, a duplicate, or too old. */
  | "dropped"
  /** It was not made with our keys: it could be a stateless reset. */
  | "forged";

/**
 * Takes the protection off a packet in place.
 *
 * @param header What was read of it without keys.
 * @param path The path that its destination id belongs to.
 * @throws {QuicError} For a packet that is authentic and wrong.
 */
export function openPacket(
  core: Core,
  header: PacketHeader,
  bytes: Uint8Array<ArrayBuffer>,
  path: Path,
  destination: ConnectionId,
  tuple: Tuple,
  ecn: EcnMark,
  nowUs: number,
): OpenedPacket | Unopened {
  const level = levelOf(header);
  if (level === null) return "dropped";
  const space = level === "application" ? path.space : core.spaces[level];
  // Keys that were discarded do not come back
  if (space === null) return "dropped";
  const keys = core.keys[level];
  // RFC 9001 5.7: a server does not read 1-RTT packets before the handshake is complete
  if (keys === null || (level === "application" && !core.handshakeComplete)) return "early";
  if (!keys.headers.in.add(bytes, header.start, header.numberStart, header.end)) return "dropped";
  keys.headers.in.unprotect();
  const first = bytes[header.start]!;
  const numberBytes = (first & 0x03) + 1;
  const payloadStart = header.numberStart + numberBytes;
  const { received } = space;
  const truncated = readPacketNumber(bytes, header.numberStart, numberBytes);
  const packetNumber = decodePacketNumber(received.newest, truncated, numberBytes);
  if (payloadStart + TAG_BYTES > header.end) return "forged";
  const phase = level === "application" && (first & KEY_PHASE_BIT) !== 0 ? 1 : 0;
  if (!unseal(core, space, bytes, header, payloadStart, packetNumber, phase, nowUs)) return "forged";
  if (received.isDuplicate(packetNumber)) return "dropped";
  // RFC 9000 17.2, 17.3.1: checked after the protection is off, lest the time it takes tells the bits
  if ((first & (level === "application" ? SHORT_RESERVED_BITS : LONG_RESERVED_BITS)) !== 0) {
    throw new QuicError(QUIC_ERROR.PROTOCOL_VIOLATION, "Cannot take a packet: its reserved bits are set");
  }
  const payloadEnd = header.end - TAG_BYTES;
  return {
    space,
    path,
    level,
    packetNumber,
    phase,
    destination,
    payloadStart,
    payloadEnd,
    tuple,
    ecn,
  };
}

function unseal(
  core: Core,
  space: PacketSpace,
  bytes: Uint8Array<ArrayBuffer>,
  header: PacketHeader,
  payloadStart: number,
  packetNumber: number,
  phase: 0 | 1,
  nowUs: number,
): boolean {
  const { start, end } = header;
  if (space.level !== "application") {
    return core.keys[space.level]!.open.open(bytes, start, payloadStart, end, 0, packetNumber);
  }
  const { phases } = core.keys.application!;
  const result = phases.open(bytes, start, payloadStart, end, space.pathId, packetNumber, phase, nowUs);
  if (result === "update") phases.follow(nowUs, core.longestProbeTimeoutUs, space.pathId, packetNumber);
  if (result !== "failed") return true;
  if (phases.integrityLost) {
    // RFC 9001 6.6
    throw new QuicError(QUIC_ERROR.AEAD_LIMIT_REACHED, "Cannot go on: too many packets were forged");
  }
  return false;
}

function levelOf(header: PacketHeader): TlsLevel | null {
  switch (header.type) {
    case "initial":
      return "initial";
    case "handshake":
      return "handshake";
    case "1-rtt":
      return "application";
    case "0-rtt":
    case "retry":
    case "version-negotiation":
    case "unsupported-version":
      return null;
    default:
      return header.type satisfies never;
  }
}
