/** A window that is used up in fewer round trips than this was too small (as TCP's receive autotuning does). */
const TUNING_ROUND_TRIPS = 2;

/** How much the peer may send, on a stream or the whole connection (RFC 9000 4). Times in microseconds. */
export class ReceiveWindow {
  readonly #maxWindow: number;
  #window: number;
  #limit: number;
  #received = 0;
  #consumed = 0;
  #epochUs = -1;
  #epochConsumed = 0;

  /**
   * @param window How much may be on its way or unread at first, in bytes.
   * @param maxWindow What that may grow to.
   */
  constructor(window: number, maxWindow: number = window) {
    this.#window = window;
    this.#maxWindow = Math.max(window, maxWindow);
    this.#limit = window;
  }

  /** The limit that the peer was told, as an offset. */
  get limit(): number {
    return this.#limit;
  }

  /** The size of the window in bytes. */
  get windowBytes(): number {
    return this.#window;
  }

  /** How many bytes were received, gaps included. */
  get receivedBytes(): number {
    return this.#received;
  }

  /**
   * Notes bytes that arrived beyond what had arrived before.
   *
   * @returns False if that is more than the limit: FLOW_CONTROL_ERROR (RFC 9000 4.1).
   */
  onReceived(bytes: number): boolean {
    this.#received += bytes;
    return this.#received <= this.#limit;
  }

  /** Notes bytes that were read, or will never be. */
  onConsumed(bytes: number): void {
    this.#consumed += bytes;
  }

  /** Whether the peer should be told a new limit: half the window is used up (RFC 9000 4.2). */
  get wantsUpdate(): boolean {
    return this.#limit - this.#consumed <= this.#window / 2;
  }

  /**
   * Raises the limit, and the window if it was too small for the path.
   *
   * @param nowUs The time.
   * @param rttUs The smoothed RTT of the slowest path in use.
   * @returns The limit to tell the peer.
   */
  update(nowUs: number, rttUs: number): number {
    if (this.#epochUs >= 0) {
      const elapsedUs = Math.max(1, nowUs - this.#epochUs);
      const share = (this.#consumed - this.#epochConsumed) / this.#window;
      if (share > 0 && elapsedUs / share < TUNING_ROUND_TRIPS * 2 * rttUs) {
        this.#window = Math.min(this.#window * 2, this.#maxWindow);
      }
    }
    this.#epochUs = nowUs;
    this.#epochConsumed = this.#consumed;
    this.#limit = Math.max(this.#limit, this.#consumed + this.#window);
    return this.#limit;
  }
}

/** How much we may send, on a stream or the whole connection. */
export class SendWindow {
  #limit: number;
  #used = 0;
  #blockedAt = -1;

  /** @param limit The peer's first limit. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The peer's limit, as an offset. */
  get limit(): number {
    return this.#limit;
  }

  /** How many bytes may still be sent. */
  get available(): number {
    return this.#limit - this.#used;
  }

  /** Notes new bytes that were sent. */
  onSent(bytes: number): void {
    this.#used += bytes;
  }

  /**
   * Takes a limit from the peer; a smaller one is old news (RFC 9000 4.1).
   *
   * @returns Whether it was raised.
   */
  raise(limit: number): boolean {
    if (limit <= this.#limit) return false;
    this.#limit = limit;
    return true;
  }

  /** The limit to complain about in a BLOCKED frame, once for each limit; -1 for none (RFC 9000 4.1). */
  takeBlocked(): number {
    if (this.available > 0 || this.#blockedAt === this.#limit) return -1;
    this.#blockedAt = this.#limit;
    return this.#limit;
  }

  /** The BLOCKED frame was lost: complain again if it is still so. */
  onBlockedLost(limit: number): void {
    if (limit === this.#blockedAt) this.#blockedAt = -1;
  }
}
