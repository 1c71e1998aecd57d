/** This many wakes in a row, each soon after the last one, are a stream of datagrams. */
const STREAM_WAKES = 16;

/** The most wakes in a row that are asked for when waiting for more datagrams brought none. */
const MAX_STREAM_WAKES = 1024;

/** A wake that finds as many as this has paid for itself. */
const ENOUGH = 16;

/**
 * Decides when to sleep through a stream of datagrams. A wake costs twenty times what a datagram costs, so
 * that under a steady stream it pays to let some gather; an exchange of one question and one answer at a time
 * would only become slower.
 */
export class WakeModeration {
  readonly #intervalMs: number;
  #wokenAt = -Infinity;
  #gapMs = Infinity;
  #quickWakes = 0;
  #needed = STREAM_WAKES;
  #sleeping = false;

  /** Takes the shortest time between two wakes in microseconds; 0 never sleeps. */
  constructor(intervalUs: number) {
    this.#intervalMs = intervalUs / 1000;
  }

  /** Tells that a wait ended. */
  woke(nowMs: number): void {
    this.#gapMs = nowMs - this.#wokenAt;
    this.#wokenAt = nowMs;
  }

  /**
   * Until when to sleep before the next wait; a time that is over means not at all.
   *
   * @param received How many datagrams were received since the last wake.
   */
  sleepUntil(received: number): number {
    if (this.#sleeping) this.#judgeSleep(received);
    else this.#watch(received);
    return this.#sleeping ? this.#wokenAt + this.#intervalMs : -Infinity;
  }

  #judgeSleep(received: number): void {
    if (received >= 2) {
      this.#needed = STREAM_WAKES;
      return;
    }
    // Nobody sent while we slept: the peer waits for our answer, or has stopped.
    this.#sleeping = false;
    this.#quickWakes = 0;
    this.#needed = Math.min(MAX_STREAM_WAKES, this.#needed * 4);
  }

  #watch(received: number): void {
    const quick = this.#gapMs < this.#intervalMs && received > 0 && received < ENOUGH;
    this.#quickWakes = quick ? this.#quickWakes + 1 : 0;
    this.#sleeping = this.#quickWakes >= this.#needed;
  }
}
