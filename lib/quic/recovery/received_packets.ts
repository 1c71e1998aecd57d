import type { PacketRanges } from "../wire/ack_ranges.ts";
import type { EcnCounts } from "../wire/write_frame.ts";

/** Ranges beyond this are forgotten, the lowest first (RFC 9000 13.2.3). */
const MAX_RANGES = 64;

/** Room for ranges at first: most connections never lose a packet. */
const FIRST_RANGES = 4;

/** RFC 9000 13.2.2: acknowledge at the latest every second packet that asks for it. */
const PACKETS_PER_ACK = 2;

/** The ECN field of an IP header (RFC 3168 5). */
export type EcnMark = "not-ect" | "ect0" | "ect1" | "ce";

/**
 * The packets of one packet number space that have arrived: which are duplicates, which ranges to
 * acknowledge, and when. Pure: times go in, in microseconds. Memory is bounded.
 */
export class ReceivedPackets implements PacketRanges {
  /** Pairs of the largest and the smallest number of each range, the highest range first. */
  #ranges: Float64Array = new Float64Array(2 * FIRST_RANGES);
  readonly #maxAckDelayUs: number;
  #rangeCount = 0;
  /** Numbers below this are not told apart any more: taken for duplicates. */
  #floor = 0;
  #largestAtUs = 0;
  #unacknowledged = 0;
  #ackAtUs = Infinity;
  #ecn = { ect0: 0, ect1: 0, ce: 0 };

  /** @param maxAckDelayUs How long an acknowledgment may wait; 0 for Initial and Handshake packets. */
  constructor(maxAckDelayUs: number) {
    this.#maxAckDelayUs = maxAckDelayUs;
  }

  get count(): number {
    return this.#rangeCount;
  }

  smallest(index: number): number {
    return this.#ranges[2 * index + 1]!;
  }

  largest(index: number): number {
    return this.#ranges[2 * index]!;
  }

  /** The largest number that has arrived; -1 before any. */
  get newest(): number {
    return this.#rangeCount === 0 ? this.#floor - 1 : this.#ranges[0]!;
  }

  /** The marks of all packets that have arrived, each counted once. */
  get ecn(): EcnCounts {
    return this.#ecn;
  }

  /** When an acknowledgment has to be sent at the latest; -Infinity for now, Infinity for none. */
  get ackAtUs(): number {
    return this.#ackAtUs;
  }

  /** How long the largest packet has waited for its acknowledgment. */
  ackDelayUs(nowUs: number): number {
    return Math.max(0, nowUs - this.#largestAtUs);
  }

  /** Whether this number has arrived before, or is too old to tell (RFC 9000 12.3). */
  isDuplicate(packetNumber: number): boolean {
    if (packetNumber < this.#floor) return true;
    for (let i = 0; i < this.#rangeCount; i++) {
      if (packetNumber > this.#ranges[2 * i]!) return false;
      if (packetNumber >= this.#ranges[2 * i + 1]!) return true;
    }
    return false;
  }

  /** Notes a packet that was opened and is no duplicate. */
  onReceived(packetNumber: number, nowUs: number, ackEliciting: boolean, ecn: EcnMark = "not-ect"): void {
    const newest = this.newest;
    this.#insert(packetNumber);
    if (packetNumber > newest) this.#largestAtUs = nowUs;
    if (ecn !== "not-ect") this.#ecn[ecn]++;
    if (!ackEliciting) return;
    this.#unacknowledged++;
    // RFC 9000 13.2.1: out of order, after a gap, or marked CE: at once.
    const inOrder = packetNumber === newest + 1 && ecn !== "ce";
    if (!inOrder || this.#unacknowledged >= PACKETS_PER_ACK || this.#maxAckDelayUs === 0) {
      this.#ackAtUs = -Infinity;
    } else if (this.#ackAtUs === Infinity) {
      this.#ackAtUs = nowUs + this.#maxAckDelayUs;
    }
  }

  /** Notes that an acknowledgment with all ranges was sent. */
  onAckSent(): void {
    this.#unacknowledged = 0;
    this.#ackAtUs = Infinity;
  }

  /**
   * Forgets what the peer knows we have: it has acknowledged an acknowledgment whose largest number was this
   * (RFC 9000 13.2.4).
   */
  onAckAcknowledged(largest: number): void {
    // The range it lies in is kept whole from there on: it says what has arrived since.
    if (largest + 1 > this.#floor) this.#forgetBelow(largest);
  }

  #insert(packetNumber: number): void {
    if (2 * this.#rangeCount === this.#ranges.length) this.#grow();
    const ranges = this.#ranges;
    let at = 0;
    while (at < this.#rangeCount && packetNumber < ranges[2 * at + 1]! - 1) at++;
    const touches = at < this.#rangeCount && packetNumber <= ranges[2 * at]! + 1;
    if (!touches) {
      ranges.copyWithin(2 * at + 2, 2 * at, 2 * this.#rangeCount);
      ranges[2 * at] = packetNumber;
      ranges[2 * at + 1] = packetNumber;
      if (++this.#rangeCount > MAX_RANGES) this.#dropLowest();
      return;
    }
    if (packetNumber > ranges[2 * at]!) {
      ranges[2 * at] = packetNumber;
    } else if (packetNumber < ranges[2 * at + 1]!) {
      ranges[2 * at + 1] = packetNumber;
      this.#joinBelow(at);
    }
  }

  #grow(): void {
    const ranges = new Float64Array(2 * this.#ranges.length);
    ranges.set(this.#ranges);
    this.#ranges = ranges;
  }

  /** A range that grew downwards may touch the next one. */
  #joinBelow(at: number): void {
    const ranges = this.#ranges;
    if (at + 1 >= this.#rangeCount || ranges[2 * at + 2]! < ranges[2 * at + 1]! - 1) return;
    ranges[2 * at + 1] = ranges[2 * at + 3]!;
    ranges.copyWithin(2 * at + 2, 2 * at + 4, 2 * this.#rangeCount);
    this.#rangeCount--;
  }

  #dropLowest(): void {
    this.#rangeCount--;
    this.#floor = Math.max(this.#floor, this.#ranges[2 * this.#rangeCount]! + 1);
  }

  #forgetBelow(packetNumber: number): void {
    const ranges = this.#ranges;
    while (this.#rangeCount > 0 && ranges[2 * this.#rangeCount - 2]! < packetNumber) this.#rangeCount--;
    const lowest = 2 * this.#rangeCount - 1;
    if (this.#rangeCount > 0 && ranges[lowest]! < packetNumber) ranges[lowest] = packetNumber;
    this.#floor = Math.max(this.#floor, packetNumber);
  }
}
