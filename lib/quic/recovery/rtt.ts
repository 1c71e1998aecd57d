/** RFC 9002 6.2.2: the RTT before any sample, in microseconds. */
export const INITIAL_RTT_US = 333_000;

/** RFC 9002 6.1.2: the granularity of timers, in microseconds. */
export const GRANULARITY_US = 1000;

/** Queues of this part of the smallest RTT, and of this time, belong to a path that is well used. */
const QUEUE_FACTOR = 2;
const QUEUE_US = 1000;

/**
 * The round-trip time of one path: smoothed, its variation and its minimum (RFC 9002 5), all in
 * microseconds.
 */
export class RttEstimator {
  #smoothedUs: number;
  #variationUs: number;
  #latestUs = 0;
  #minUs = 0;
  #samples = 0;

  /** @param initialUs What to assume before the first sample. */
  constructor(initialUs: number = INITIAL_RTT_US) {
    // RFC 9002 5.3
    this.#smoothedUs = initialUs;
    this.#variationUs = initialUs / 2;
  }

  /** The moving average; before any sample the assumed RTT. */
  get smoothedUs(): number {
    return this.#smoothedUs;
  }

  /** The mean variation. */
  get variationUs(): number {
    return this.#variationUs;
  }

  /** The last sample as measured; 0 before any. */
  get latestUs(): number {
    return this.#latestUs;
  }

  /** The smallest sample; 0 before any. */
  get minUs(): number {
    return this.#minUs;
  }

  /**
   * The RTT that a window of flow control has to last for. Of a large one most may be queues that the window
   * itself has filled: it would grow with them for ever.
   */
  get windowUs(): number {
    return this.#samples === 0
      ? this.#smoothedUs
      : Math.min(this.#smoothedUs, QUEUE_FACTOR * this.#minUs + QUEUE_US);
  }

  /** How many samples there were. */
  get samples(): number {
    return this.#samples;
  }

  /**
   * Takes a sample.
   *
   * @param latestUs Time from sending the largest acknowledged packet to its acknowledgment.
   * @param ackDelayUs What the peer says it waited, decoded.
   * @param maxAckDelayUs The peer's limit for that, once the handshake is confirmed; before that Infinity.
   */
  sample(latestUs: number, ackDelayUs: number, maxAckDelayUs: number): void {
    this.#latestUs = latestUs;
    if (this.#samples++ === 0) {
      this.#minUs = latestUs;
      this.#smoothedUs = latestUs;
      this.#variationUs = latestUs / 2;
      return;
    }
    // RFC 9002 5.2
    if (latestUs < this.#minUs) this.#minUs = latestUs;
    // RFC 9002 5.3
    const delayUs = Math.min(ackDelayUs, maxAckDelayUs);
    const adjustedUs = latestUs >= this.#minUs + delayUs ? latestUs - delayUs : latestUs;
    this.#variationUs += (Math.abs(this.#smoothedUs - adjustedUs) - this.#variationUs) / 4;
    this.#smoothedUs += (adjustedUs - this.#smoothedUs) / 8;
  }

  /** RFC 9002 5.2: after persistent congestion the minimum starts again from the newest sample. */
  restartMinimum(): void {
    this.#minUs = this.#latestUs;
  }

  /**
   * The probe timeout without backoff (RFC 9002 6.2.1).
   *
   * @param maxAckDelayUs The peer's limit; 0 for Initial and Handshake packets.
   */
  probeTimeoutUs(maxAckDelayUs: number): number {
    return this.#smoothedUs + Math.max(4 * this.#variationUs, GRANULARITY_US) + maxAckDelayUs;
  }
}
