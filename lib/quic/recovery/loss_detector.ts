import type { PacketRanges } from "../wire/ack_ranges.ts";
import { GRANULARITY_US, type RttEstimator } from "./rtt.ts";
import { type SentPacket, SentPackets } from "./sent_packet.ts";

/** RFC 9002 6.1.1: how many packets later an acknowledged one must have been sent. */
const PACKET_THRESHOLD = 3;

/** RFC 9002 6.1.2: how much longer than an RTT a packet may be overtaken, as a factor. */
const TIME_THRESHOLD = 9 / 8;

/** The packet threshold grows with the reordering that is seen (RFC 9002 6.1), up to this. */
const MAX_PACKET_THRESHOLD = 300;

/** How many lost packets are remembered, to notice that they arrived after all. */
const REMEMBERED_LOSSES = 64;

/** What an acknowledgment, or the time, told about the packets of a space. The arrays are reused. */
export interface AckOutcome<Content> {
  /** Packets that this acknowledgment is the first to name, the newest first. */
  readonly acked: readonly SentPacket<Content>[];
  /** Packets now taken for lost, the oldest first. */
  readonly lost: readonly SentPacket<Content>[];
  /** Time since the largest acknowledged packet was sent, if that is an RTT sample; else -1. */
  readonly rttSampleUs: number;
  /** How many packets were acknowledged that had been taken for lost. */
  readonly spurious: number;
  /** The peer acknowledged a packet that was never sent: PROTOCOL_VIOLATION (RFC 9000 13.1). */
  readonly invalid: boolean;
}

interface Loss {
  readonly packetNumber: number;
  readonly overtakenBy: number;
}

/**
 * Finds out what happened to the packets of one packet number space: acknowledged, lost by packet or time
 * threshold, or lost by mistake (RFC 9002 6.1). Pure: times go in, in microseconds.
 */
export class LossDetector<Content> {
  /** Packets neither acknowledged nor lost. */
  readonly sent: SentPackets<Content> = new SentPackets();
  readonly #acked: SentPacket<Content>[] = [];
  readonly #lost: SentPacket<Content>[] = [];
  readonly #outcome: { -readonly [K in keyof AckOutcome<Content>]: AckOutcome<Content>[K] };
  readonly #losses: Loss[] = [];
  readonly #skipped = new Set<number>();
  #largestAcked = -1;
  #lossTimeUs = Infinity;
  #packetThreshold = PACKET_THRESHOLD;

  constructor() {
    this.#outcome = { acked: this.#acked, lost: this.#lost, rttSampleUs: -1, spurious: 0, invalid: false };
  }

  /** The largest packet number that the peer has acknowledged; -1 before any. */
  get largestAcked(): number {
    return this.#largestAcked;
  }

  /** When the next packet has to be taken for lost; Infinity while there is none (RFC 9002 A.8). */
  get lossTimeUs(): number {
    return this.#lossTimeUs;
  }

  /** Notes a packet that was sent. */
  onSent(packet: SentPacket<Content>): void {
    this.sent.add(packet);
  }

  /** Notes a number that is never sent, so that a peer that acknowledges it is caught (RFC 9000 21.4). */
  onSkipped(packetNumber: number): void {
    // Those before everything on its way have caught nobody: each acknowledgment is checked against the rest
    for (const skipped of this.#skipped) {
      if (skipped < this.sent.first) this.#skipped.delete(skipped);
    }
    this.#skipped.add(packetNumber);
  }

  /** How many numbers that were never sent are remembered. */
  get skippedCount(): number {
    return this.#skipped.size;
  }

  /**
   * Takes the ranges of an acknowledgment.
   *
   * @param ranges What the peer has.
   * @param nowUs The time.
   * @returns What it told; valid until the next call. When it is invalid nothing was changed.
   */
  onAck(ranges: PacketRanges, nowUs: number): AckOutcome<Content> {
    this.#clear();
    if (this.#isInvalid(ranges)) {
      this.#outcome.invalid = true;
      return this.#outcome;
    }
    let eliciting = false;
    for (let i = 0; i < ranges.count; i++) {
      const high = Math.min(ranges.largest(i), this.sent.end - 1);
      const low = Math.max(ranges.smallest(i), this.sent.first);
      for (let number = high; number >= low; number--) {
        const packet = this.sent.remove(number);
        if (packet === undefined) continue;
        this.#acked.push(packet);
        eliciting ||= packet.ackEliciting;
      }
    }
    this.#findSpurious(ranges);
    const largest = ranges.count === 0 ? -1 : ranges.largest(0);
    // RFC 9002 5.1
    const [newest] = this.#acked;
    if (newest !== undefined && newest.packetNumber === largest && eliciting) {
      this.#outcome.rttSampleUs = nowUs - newest.sentAtUs;
    }
    if (largest > this.#largestAcked) this.#largestAcked = largest;
    return this.#outcome;
  }

  /**
   * Takes packets for lost that were sent long enough before an acknowledged one (RFC 9002 A.10). To be
   * called after `onAck()`, with the RTT brought up to date, and when `lossTimeUs` has come.
   *
   * @param nowUs The time.
   * @param rtt The path's estimate.
   * @returns The lost packets, the oldest first; valid until the next call.
   */
  detectLost(nowUs: number, rtt: RttEstimator): readonly SentPacket<Content>[] {
    this.#acked.length = 0;
    this.#lost.length = 0;
    this.#lossTimeUs = Infinity;
    const delayUs = Math.max(TIME_THRESHOLD * Math.max(rtt.smoothedUs, rtt.latestUs), GRANULARITY_US);
    const { sent } = this;
    for (let number = sent.first; number < this.#largestAcked && number < sent.end; number++) {
      const packet = sent.get(number);
      if (packet === undefined) continue;
      const dueUs = packet.sentAtUs + delayUs;
      if (this.#largestAcked - number >= this.#packetThreshold || dueUs <= nowUs) {
        this.#lost.push(packet);
        continue;
      }
      // Later packets were sent later: none of them is due before this one.
      this.#lossTimeUs = dueUs;
      break;
    }
    for (const packet of this.#lost) {
      sent.remove(packet.packetNumber);
      this.#remember(packet.packetNumber);
    }
    return this.#lost;
  }

  /** Takes everything out that is still on its way: its keys are gone, or its path was abandoned. */
  drain(): readonly SentPacket<Content>[] {
    const all = [...this.sent];
    for (const { packetNumber } of all) this.sent.remove(packetNumber);
    this.#lossTimeUs = Infinity;
    return all;
  }

  #clear(): void {
    this.#acked.length = 0;
    this.#lost.length = 0;
    this.#outcome.rttSampleUs = -1;
    this.#outcome.spurious = 0;
    this.#outcome.invalid = false;
  }

  #isInvalid(ranges: PacketRanges): boolean {
    if (ranges.count > 0 && ranges.largest(0) >= this.sent.end) return true;
    if (this.#skipped.size === 0) return false;
    for (const skipped of this.#skipped) {
      for (let i = 0; i < ranges.count; i++) {
        if (ranges.smallest(i) <= skipped && skipped <= ranges.largest(i)) return true;
      }
    }
    return false;
  }

  #remember(packetNumber: number): void {
    if (this.#losses.length === REMEMBERED_LOSSES) this.#losses.shift();
    this.#losses.push({ packetNumber, overtakenBy: this.#largestAcked - packetNumber });
  }

  /** RFC 9002 6.1: spurious losses are a reason for a larger reordering threshold. */
  #findSpurious(ranges: PacketRanges): void {
    if (this.#losses.length === 0) return;
    for (let i = this.#losses.length - 1; i >= 0; i--) {
      const { packetNumber, overtakenBy } = this.#losses[i]!;
      if (!contains(ranges, packetNumber)) continue;
      this.#losses.splice(i, 1);
      this.#outcome.spurious++;
      const wanted = Math.min(overtakenBy + 1, MAX_PACKET_THRESHOLD);
      if (wanted > this.#packetThreshold) this.#packetThreshold = wanted;
    }
  }
}

function contains(ranges: PacketRanges, packetNumber: number): boolean {
  for (let i = 0; i < ranges.count; i++) {
    if (packetNumber > ranges.largest(i)) return false;
    if (packetNumber >= ranges.smallest(i)) return true;
  }
  return false;
}
