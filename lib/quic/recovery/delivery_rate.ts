/** How much of a newer sample the estimate takes over. */
const GAIN = 1 / 4;

/** An interval shorter than this says little, in microseconds. */
const MIN_INTERVAL_US = 1000;

/** Nothing for so many round trips is a pause, and no slow delivery. */
const PAUSE_RTTS = 2;

/**
 * How fast a path delivers, from its acknowledgments: the bytes that arrived in about one round trip over the
 * time that they took. What the sender had to give may be less than the path could carry: such samples only
 * raise the estimate. Pure: times go in, in microseconds.
 */
export class DeliveryRate {
  #bytes = 0;
  #sinceUs = -1;
  #lastUs = -Infinity;
  #appLimited = false;
  #bytesPerUs = 0;

  /** The estimate in bits per second; 0 before there is one. */
  get bitsPerSecond(): number {
    return this.#bytesPerUs * 8e6;
  }

  /**
   * Bytes were acknowledged.
   *
   * @param appLimited Whether the sender had nothing more to send at that time.
   * @param rttUs The smoothed RTT: how long a sample lasts.
   */
  onAcked(bytes: number, appLimited: boolean, rttUs: number, nowUs: number): void {
    const isPause = nowUs - this.#lastUs > PAUSE_RTTS * Math.max(rttUs, MIN_INTERVAL_US);
    this.#lastUs = nowUs;
    if (this.#sinceUs < 0 || isPause) {
      // Nobody knows how long these were on their way together
      this.#restart(nowUs);
      return;
    }
    this.#bytes += bytes;
    this.#appLimited ||= appLimited;
    const elapsedUs = nowUs - this.#sinceUs;
    if (elapsedUs < Math.max(rttUs, MIN_INTERVAL_US)) return;
    const sample = this.#bytes / elapsedUs;
    const isFirst = this.#bytesPerUs === 0;
    if (isFirst) this.#bytesPerUs = sample;
    else if (sample > this.#bytesPerUs || !this.#appLimited) {
      this.#bytesPerUs += (sample - this.#bytesPerUs) * GAIN;
    }
    this.#restart(nowUs);
  }

  #restart(nowUs: number): void {
    this.#bytes = 0;
    this.#sinceUs = nowUs;
    this.#appLimited = false;
  }
}
