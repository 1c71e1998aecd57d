import type { CloseReason } from "../../../../lib/quic/connection/events.ts";
import type { Core } from "../../../../lib/quic/connection/core.ts";
import type { SocketAddress } from "../../../../lib/quic/connection/tuple.ts";
import { AckRanges } from "../../../../lib/quic/wire/ack_ranges.ts";
import { MIN_DATAGRAM_BYTES } from "../../../../lib/quic/mtu_discovery.ts";
import type { ControlFrame } from "../../../../lib/quic/wire/frames.ts";
import { writeControlFrame } from "../../../../lib/quic/wire/write_control_frame.ts";
import { writeAck, writeCryptoHeader, writeStreamHeader } from "../../../../lib/quic/wire/write_frame.ts";
import { writeLength, writeLongHeader, writeShortHeader } from "../../../../lib/quic/wire/write_packet.ts";
import { CLIENT, type Pair, SERVER } from "../connection/pair.ts";

/** Packet numbers of made-up packets begin here, beyond those of the honest client. */
const FIRST_NUMBER = 10_000;

const NUMBER_BYTES = 4;
const PACKET_BYTES = 1_500;

/** The levels that a packet can have. */
export type Level = "initial" | "handshake" | "1-rtt";

/** A client that has the keys of a connection and says with them what it wants. */
export class Attacker {
  /** Whether its Initial packets fill a datagram (RFC 9000 14.1), without which they are not looked at. */
  pads = true;
  readonly #pair: Pair;
  #next: number;

  /** @param first Its first packet number; the honest client is not understood any more if that is far off. */
  constructor(pair: Pair, first: number = FIRST_NUMBER) {
    this.#pair = pair;
    this.#next = first;
  }

  /** Sends frames to the server in a packet of their own, as {@linkcode packet}. @returns How the server has closed, if it has. */
  send(
    frames: Uint8Array,
    level: Level = "1-rtt",
    from: SocketAddress = CLIENT,
    bits: number = 0,
  ): CloseReason | null {
    const server = this.#pair.server!;
    const bytes = this.packet(frames, level, bits);
    server.handleDatagram(this.#pair.nowUs, { local: SERVER, remote: from }, bytes, 0, bytes.length);
    return server.closeReason;
  }

  /**
   * The packet, protected.
   *
   * @param bits More bits to set in its first byte.
   */
  packet(frames: Uint8Array, level: Level = "1-rtt", bits: number = 0): Uint8Array<ArrayBuffer> {
    const { core } = this.#pair.client;
    const number = this.#next++;
    const bytes = new Uint8Array(PACKET_BYTES);
    return level === "1-rtt"
      ? short(core, bytes, frames, number, bits)
      : long(core, bytes, frames, number, level, this.pads && level === "initial");
  }

  /** Leaves packet numbers out, or goes back. */
  skip(count: number): void {
    this.#next += count;
  }
}

function short(
  core: Core,
  bytes: Uint8Array<ArrayBuffer>,
  frames: Uint8Array,
  number: number,
  bits: number,
): Uint8Array<ArrayBuffer> {
  const { phases, headers } = core.keys.application!;
  const destination = core.firstPath.remoteIds.current!;
  const payloadStart = writeShortHeader(
    bytes,
    0,
    destination,
    false,
    phases.phase === 1,
    number,
    NUMBER_BYTES,
  );
  bytes[0]! |= bits;
  bytes.set(frames, payloadStart);
  const end = phases.seal(bytes, 0, payloadStart, payloadStart + frames.length, 0, number);
  headers.out.add(bytes, 0, payloadStart - NUMBER_BYTES, end);
  headers.out.protect();
  return bytes.slice(0, end);
}

function long(
  core: Core,
  bytes: Uint8Array<ArrayBuffer>,
  frames: Uint8Array,
  number: number,
  level: "initial" | "handshake",
  pads: boolean,
): Uint8Array<ArrayBuffer> {
  const keys = core.keys[level]!;
  const header = {
    type: level,
    version: core.version,
    destination: core.firstPath.remoteIds.current!,
    source: core.source,
    token: new Uint8Array(0),
  };
  const payloadStart = writeLongHeader(bytes, 0, header, number, NUMBER_BYTES);
  const numberStart = payloadStart - NUMBER_BYTES;
  bytes.set(frames, payloadStart);
  const payloadEnd = Math.max(payloadStart + frames.length, pads ? MIN_DATAGRAM_BYTES - 16 : 0);
  writeLength(bytes, numberStart, payloadEnd + 16);
  const end = keys.seal.seal(bytes, 0, payloadStart, payloadEnd, 0, number);
  keys.headers.out.add(bytes, 0, numberStart, end);
  keys.headers.out.protect();
  return bytes.slice(0, end);
}

/** A frame that is a value, written. */
export function control(frame: ControlFrame): Uint8Array {
  const bytes = new Uint8Array(PACKET_BYTES);
  return bytes.slice(0, writeControlFrame(bytes, 0, frame));
}

/** A STREAM frame with so many bytes of data. */
export function stream(id: number, offset: number, length: number, fin: boolean = false): Uint8Array {
  const bytes = new Uint8Array(PACKET_BYTES);
  return bytes.slice(0, writeStreamHeader(bytes, 0, id, offset, length, fin) + length);
}

/** A CRYPTO frame with so many bytes of data. */
export function crypto(offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(PACKET_BYTES);
  return bytes.slice(0, writeCryptoHeader(bytes, 0, offset, length) + length);
}

/** An ACK frame for everything from one packet number to another. */
export function ack(smallest: number, largest: number): Uint8Array {
  const ranges = new AckRanges();
  ranges.add(smallest, largest);
  const bytes = new Uint8Array(PACKET_BYTES);
  return bytes.slice(0, writeAck(bytes, 0, -1, ranges, 1, 0, null));
}

/** Frames one after the other. */
export function together(...frames: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(frames.flatMap((frame) => [...frame]));
}
