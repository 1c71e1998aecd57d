import type { SentPacket } from "./recovery/sent_packet.ts";

/** RFC 9000 14, 14.3: the smallest datagram that every path has to carry; MIN_PLPMTU and BASE_PLPMTU. */
export const MIN_DATAGRAM_BYTES = 1200;

/** RFC 8899 5.1.2: MAX_PROBES, how many probes of one size are lost before it is taken for too large. */
const MAX_PROBES = 3;

/** RFC 8899 5.1.1: PMTU_RAISE_TIMER, after which a larger size is tried again, in microseconds. */
const RAISE_US = 600e6;

/** How long nothing is tried after a black hole, which a search would fall into again, in microseconds. */
const BLACK_HOLE_PAUSE_US = 60e6;

/** The search ends when it would gain less than this, in bytes. */
const GRANULARITY_BYTES = 16;

/** How far the search is (RFC 8899 5.2); `base` after a black hole. */
export type MtuState = "disabled" | "base" | "searching" | "complete";

/** What the search needs to know of a packet. */
export type MtuPacket = Pick<SentPacket<unknown>, "packetNumber" | "bytes" | "mtuProbe">;

/** Large packets that were lost one after the other. */
interface LossBurst {
  lastNumber: number;
  smallestBytes: number;
}

/**
 * Finds the largest datagram that a path carries, by padded probes whose acknowledgment or loss tells (RFC
 * 8899, RFC 9000 14.3), and notices when the path carries less than before. One for each path, and a new one
 * when the path gets another address. Pure: times go in, in microseconds; sizes are UDP payloads.
 */
export class MtuDiscovery {
  #state: MtuState = "disabled";
  #max: number;
  #current = MIN_DATAGRAM_BYTES;
  /** The smallest size that is known, or supposed, not to pass. */
  #tooLarge: number;
  /** A size to try first. */
  #hint: number;
  #losses = 0;
  #probe: { readonly packetNumber: number; readonly bytes: number } | null = null;
  #resumeAtUs = Infinity;
  /** Losses that nothing but the size of the packets explains so far. */
  readonly #bursts: LossBurst[] = [];
  /** The newest of the largest packets that have passed: smaller ones, at the end of a batch, say less. */
  #passedNumber = -1;
  #passedBytes = 0;

  /** @param max The largest datagram that this host can send. */
  constructor(max: number) {
    this.#max = Math.max(MIN_DATAGRAM_BYTES, Math.floor(max));
    this.#tooLarge = this.#max + 1;
    this.#hint = this.#max;
  }

  /** The largest datagram that may be sent, probes aside. */
  get current(): number {
    return this.#current;
  }

  /** How far the search is. */
  get state(): MtuState {
    return this.#state;
  }

  /** The largest size that is ever tried. */
  get max(): number {
    return this.#max;
  }

  /** When {@linkcode pollProbe} has one again; Infinity where that does not depend on time. */
  get timeoutUs(): number {
    return this.#resumeAtUs;
  }

  /** Lowers the largest size that is tried: the peer's `max_udp_payload_size` (RFC 9000 14, 18.2). */
  limit(max: number): void {
    this.#max = Math.max(MIN_DATAGRAM_BYTES, Math.min(this.#max, Math.floor(max)));
    this.#current = Math.min(this.#current, this.#max);
    this.#tooLarge = Math.min(this.#tooLarge, this.#max + 1);
    this.#hint = Math.min(this.#hint, this.#max);
  }

  /** The handshake is confirmed: the search may begin (RFC 9000 14.3.1). */
  start(): void {
    if (this.#state === "disabled") this.#restart();
  }

  /**
   * The size of the probe that may be sent now, the same until {@linkcode onProbeSent}; null for none. A probe
   * is an ack-eliciting packet of PING and PADDING (RFC 9000 14.4).
   */
  pollProbe(nowUs: number): number | null {
    if (nowUs >= this.#resumeAtUs) this.#restart();
    if (this.#state !== "searching" || this.#probe !== null) return null;
    if (this.#hasHint || this.#tooLarge - this.#current > GRANULARITY_BYTES) return this.#candidate();
    this.#state = "complete";
    if (this.#current < this.#max) this.#resumeAtUs = nowUs + RAISE_US;
    return null;
  }

  /** The probe was sent. */
  onProbeSent(bytes: number, packetNumber: number): void {
    this.#probe = { packetNumber, bytes };
  }

  /**
   * A 1-RTT packet was acknowledged, a probe or any other.
   *
   * @returns Whether {@linkcode current} has changed.
   */
  onAcked(packet: MtuPacket): boolean {
    if (!packet.mtuProbe) {
      if (packet.bytes > this.#current && this.#state === "base") this.#resume(packet.bytes);
      else if (packet.bytes > MIN_DATAGRAM_BYTES) this.#onPassed(packet);
      return false;
    }
    if (this.#probe?.packetNumber !== packet.packetNumber) return false;
    const { bytes } = this.#probe;
    this.#probe = null;
    if (bytes <= this.#current || bytes > this.#max) return false;
    this.#current = bytes;
    this.#losses = 0;
    this.#tooLarge = Math.max(this.#tooLarge, bytes + 1);
    return true;
  }

  /**
   * A 1-RTT packet was lost, a probe or any other.
   *
   * @returns Whether {@linkcode current} has changed: the path has become a black hole for it (RFC 8899 4.3).
   */
  onLost(packet: MtuPacket, nowUs: number): boolean {
    if (packet.mtuProbe) {
      if (this.#probe?.packetNumber === packet.packetNumber) this.#loseProbe(this.#probe.bytes);
      return false;
    }
    if (packet.bytes <= MIN_DATAGRAM_BYTES || this.#current === MIN_DATAGRAM_BYTES) return false;
    if (packet.packetNumber < this.#passedNumber && packet.bytes <= this.#passedBytes) return false;
    const last = this.#bursts.at(-1);
    if (last !== undefined && packet.packetNumber <= last.lastNumber + 1) {
      last.lastNumber = Math.max(last.lastNumber, packet.packetNumber);
      last.smallestBytes = Math.min(last.smallestBytes, packet.bytes);
    } else this.#bursts.push({ lastNumber: packet.packetNumber, smallestBytes: packet.bytes });
    if (this.#bursts.length < MAX_PROBES) return false;
    this.#fallBack(nowUs);
    return true;
  }

  /**
   * The probe timeout has expired several times in a row (RFC 9002 6.2): small packets may still pass.
   *
   * @param count How many times.
   * @returns Whether {@linkcode current} has changed.
   */
  onProbeTimeout(count: number, nowUs: number): boolean {
    if (count < MAX_PROBES || this.#current === MIN_DATAGRAM_BYTES) return false;
    this.#fallBack(nowUs);
    return true;
  }

  /**
   * This host refused to send a datagram, since it is too large for the interface (EMSGSIZE).
   *
   * @returns Whether {@linkcode current} has changed.
   */
  onTooLarge(bytes: number): boolean {
    return bytes > MIN_DATAGRAM_BYTES && this.#exclude(bytes);
  }

  /**
   * An ICMP message, which the caller has validated (RFC 9000 14.2.1), says what the path carries.
   *
   * @param bytes The largest UDP payload that would have passed.
   * @returns Whether {@linkcode current} has changed; it never grows by this (RFC 8899 3, item 6).
   */
  onPacketTooBig(bytes: number): boolean {
    // RFC 9000 14.2.1, RFC 8899 4.6.2
    if (!(bytes >= MIN_DATAGRAM_BYTES && bytes + 1 < this.#tooLarge)) return false;
    const changed = this.#exclude(Math.floor(bytes) + 1);
    this.#hint = Math.floor(bytes);
    return changed;
  }

  get #hasHint(): boolean {
    return this.#hint > this.#current && this.#hint < this.#tooLarge;
  }

  /** The next size to try: a hint, then halfway between what passes and what does not. */
  #candidate(): number {
    return this.#hasHint ? this.#hint : Math.floor((this.#current + this.#tooLarge) / 2);
  }

  #loseProbe(bytes: number): void {
    this.#probe = null;
    // The size may have been excluded meanwhile
    if (bytes !== this.#candidate() || ++this.#losses < MAX_PROBES) return;
    this.#tooLarge = bytes;
    this.#losses = 0;
  }

  /** Sizes from this one on do not pass. */
  #exclude(bytes: number): boolean {
    if (bytes < this.#tooLarge) {
      this.#tooLarge = bytes;
      this.#losses = 0;
    }
    if (this.#probe !== null && this.#probe.bytes >= bytes) this.#probe = null;
    if (this.#current < bytes) return false;
    this.#current = MIN_DATAGRAM_BYTES;
    this.#forget();
    // The sizes between are worth a search at once
    if (this.#state === "complete") {
      this.#state = "searching";
      this.#resumeAtUs = Infinity;
    }
    return true;
  }

  #restart(): void {
    this.#tooLarge = this.#max + 1;
    this.#hint = this.#max;
    this.#losses = 0;
    this.#resumeAtUs = Infinity;
    this.#state = "searching";
  }

  /** What was taken for a black hole was none: a packet of this size has passed. A probe makes sure of it. */
  #resume(bytes: number): void {
    this.#restart();
    this.#hint = Math.min(bytes, this.#max);
  }

  /** RFC 8899 4.3: back to what passes on every path. */
  #fallBack(nowUs: number): void {
    this.#current = MIN_DATAGRAM_BYTES;
    this.#forget();
    this.#probe = null;
    this.#state = "base";
    this.#resumeAtUs = nowUs + BLACK_HOLE_PAUSE_US;
  }

  /** What is known of packets of sizes that are no longer sent does not matter any more. */
  #forget(): void {
    this.#bursts.length = 0;
    this.#passedNumber = -1;
    this.#passedBytes = 0;
  }

  /** Large packets that were sent before one that has passed and are no larger were lost for another reason. */
  #onPassed({ packetNumber, bytes }: MtuPacket): void {
    if (bytes > this.#passedBytes || (bytes === this.#passedBytes && packetNumber > this.#passedNumber)) {
      this.#passedNumber = packetNumber;
      this.#passedBytes = bytes;
    }
    for (let at = this.#bursts.length - 1; at >= 0; at--) {
      const burst = this.#bursts[at]!;
      if (burst.lastNumber < packetNumber && burst.smallestBytes <= bytes) this.#bursts.splice(at, 1);
    }
  }
}
