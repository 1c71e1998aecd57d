/** How far ahead of the rate a sender may be after a pause, in packets (RFC 9002 7.7). */
const BURST_PACKETS = 10;

/** Timers are no finer than this, in microseconds: less credit than they let pass would slow a fast path. */
const BURST_US = 2000;

/** RFC 9002 7.7: a little faster than the window over the RTT, so that the window is used. */
const PACING_GAIN = 1.25;

/** In slow start the window doubles each round trip: the rate must be ahead of it. */
const SLOW_START_GAIN = 2;

/**
 * Spreads packets over the round-trip time: a leaky bucket (RFC 9002 7.7). Pure: times go in, in
 * microseconds.
 */
export class Pacer {
  #credit = Infinity;
  #updatedAtUs = 0;
  #bytesPerUs = 0;
  #capacity = Infinity;

  /** The rate in force in bits per second; 0 before it is known. */
  get rateBps(): number {
    return this.#bytesPerUs * 8e6;
  }

  /**
   * Sets the rate for what is sent from now on.
   *
   * @param windowBytes The congestion window.
   * @param smoothedRttUs The smoothed RTT.
   * @param slowStart Whether the window is in slow start.
   * @param mtu The size of the path's packets.
   */
  update(nowUs: number, windowBytes: number, smoothedRttUs: number, slowStart: boolean, mtu: number): void {
    this.#refill(nowUs);
    const gain = slowStart ? SLOW_START_GAIN : PACING_GAIN;
    this.#bytesPerUs = gain * windowBytes / Math.max(smoothedRttUs, 1);
    this.#capacity = Math.max(BURST_PACKETS * mtu, this.#bytesPerUs * BURST_US);
    this.#credit = Math.min(this.#credit, this.#capacity);
  }

  /** How many bytes may be sent now. */
  available(nowUs: number): number {
    this.#refill(nowUs);
    return this.#credit;
  }

  /** Notes bytes that were sent; the credit may become negative. */
  onSent(bytes: number): void {
    this.#credit -= bytes;
  }

  /** When so many bytes may be sent: now or later. */
  readyAtUs(nowUs: number, bytes: number): number {
    this.#refill(nowUs);
    // More than the bucket holds would never be there.
    const missing = Math.min(bytes, this.#capacity) - this.#credit;
    return missing <= 0 ? nowUs : nowUs + missing / this.#bytesPerUs;
  }

  #refill(nowUs: number): void {
    if (this.#bytesPerUs > 0) {
      const elapsedUs = Math.max(0, nowUs - this.#updatedAtUs);
      this.#credit = Math.min(this.#credit + elapsedUs * this.#bytesPerUs, this.#capacity);
    }
    this.#updatedAtUs = Math.max(this.#updatedAtUs, nowUs);
  }
}
