import type { EcnMark } from "../recovery/received_packets.ts";
import type { Tuple } from "./tuple.ts";

/** What may wait for keys: a flight of a server with 0.5-RTT data behind it. */
const MAX_PACKETS = 16;

/** A packet that came before its keys. */
export interface EarlyPacket {
  readonly tuple: Tuple;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ecn: EcnMark;
}

/** Packets that overtook those with the keys to open them (RFC 9001 5.7). Bounded. */
export class EarlyPackets {
  #packets: EarlyPacket[] = [];

  /** Keeps a copy of a packet, if there is room. */
  keep(tuple: Tuple, bytes: Uint8Array, start: number, end: number, ecn: EcnMark): void {
    if (this.#packets.length >= MAX_PACKETS) return;
    this.#packets.push({ tuple, bytes: new Uint8Array(bytes.subarray(start, end)), ecn });
  }

  /** Takes all of them out: keys have come. */
  take(): readonly EarlyPacket[] {
    const packets = this.#packets;
    if (packets.length > 0) this.#packets = [];
    return packets;
  }
}
