import type { TlsLevel } from "../../tls/session.ts";
import { LossDetector } from "../recovery/loss_detector.ts";
import { ReceivedPackets } from "../recovery/received_packets.ts";
import type { SentPacket } from "../recovery/sent_packet.ts";
import type { PacketContent } from "./packet_content.ts";

/** A packet of ours on its way. */
export type Sent = SentPacket<PacketContent>;

/** How many numbers lie between two that are never sent (RFC 9000 21.4). */
const SKIP_EVERY = 600;

/** How far from that the choice may wander. */
const SKIP_SPREAD = 256;

/** RFC 9000 12.3: numbers end at 2^62 - 1; ours end where they are exact. */
const LAST_PACKET_NUMBER = Number.MAX_SAFE_INTEGER;

/** One packet number space (RFC 9000 12.3): Initial, Handshake, or the 1-RTT packets of one path. */
export class PacketSpace {
  readonly level: TlsLevel;
  /** The path whose congestion control and RTT its packets use. */
  readonly pathId: number;
  readonly received: ReceivedPackets;
  readonly detector: LossDetector<PacketContent> = new LossDetector();
  /** Packets to send whatever the congestion window says (RFC 9002 6.2.4). */
  probes = 0;
  /** When the last packet was sent that asks for an acknowledgment; -1 before any. */
  lastElicitingAtUs = -1;
  /** When a packet was last acknowledged; -1 before any. */
  lastAnswerAtUs = -1;
  /** Packets on their way that ask for an acknowledgment. */
  elicitingInFlight = 0;
  /** Packets in a row with nothing but acknowledgments. */
  onlyAcks = 0;
  /** Packets with smaller numbers are not on their way, or ask for no acknowledgment. */
  #oldest = 0;
  #next = 0;
  #skip: number;

  /**
   * @param maxAckDelayUs How long an acknowledgment of ours may wait.
   * @param skip Where the first number is left out: a random byte.
   */
  constructor(level: TlsLevel, pathId: number, maxAckDelayUs: number, skip: number) {
    this.level = level;
    this.pathId = pathId;
    this.received = new ReceivedPackets(maxAckDelayUs);
    this.#skip = level === "application" ? 4 + skip : Infinity;
  }

  /** The number of the next packet. */
  get nextPacketNumber(): number {
    return this.#next === this.#skip ? this.#next + 1 : this.#next;
  }

  /** Whether no packet can be sent any more. */
  get exhausted(): boolean {
    return this.#next >= LAST_PACKET_NUMBER;
  }

  /** Notes a packet that was built with the next number. */
  onSent(packet: Sent): void {
    const { packetNumber } = packet;
    if (this.#next === this.#skip) {
      this.detector.onSkipped(this.#next);
      // Where it lies next follows from when this was: peers see the time, but not in microseconds.
      this.#skip = packetNumber + SKIP_EVERY + Math.floor(packet.sentAtUs) % SKIP_SPREAD;
    }
    this.#next = packetNumber + 1;
    this.detector.onSent(packet);
    if (!packet.ackEliciting) return;
    this.lastElicitingAtUs = packet.sentAtUs;
    this.elicitingInFlight++;
  }

  /** When the oldest packet on its way was sent that asks for an acknowledgment; Infinity for none. */
  get oldestElicitingAtUs(): number {
    if (this.elicitingInFlight === 0) return Infinity;
    const { sent } = this.detector;
    this.#oldest = Math.max(this.#oldest, sent.first);
    while (this.#oldest < sent.end && sent.get(this.#oldest)?.ackEliciting !== true) this.#oldest++;
    return sent.get(this.#oldest)?.sentAtUs ?? Infinity;
  }

  /** Notes that a packet is no longer on its way. */
  onGone(packet: Sent): void {
    if (packet.ackEliciting) this.elicitingInFlight--;
  }
}
