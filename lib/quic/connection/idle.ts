/** How many probe timeouts an idle timeout lasts at the least (RFC 9000 10.1). */
const MIN_PROBE_TIMEOUTS = 3;

/** The idle timeout of a connection and what keeps it alive (RFC 9000 10.1). Times in microseconds. */
export class IdleTimer {
  readonly #keepAliveUs: number;
  #timeoutUs: number;
  #sinceUs: number;
  #sentSinceReceived = false;
  #keepAliveAtUs = Infinity;

  /**
   * @param timeoutMs Our own limit; 0 for none.
   * @param keepAliveMs How often to say something; 0 for never.
   */
  constructor(nowUs: number, timeoutMs: number, keepAliveMs: number) {
    this.#timeoutUs = timeoutMs === 0 ? Infinity : timeoutMs * 1000;
    this.#keepAliveUs = keepAliveMs * 1000;
    this.#sinceUs = nowUs;
  }

  /** The shorter of both ends' limits holds. */
  setPeerTimeout(timeoutMs: number): void {
    if (timeoutMs > 0) this.#timeoutUs = Math.min(this.#timeoutUs, timeoutMs * 1000);
  }

  /** A packet of the peer was processed. */
  onReceived(nowUs: number): void {
    this.#sinceUs = nowUs;
    this.#sentSinceReceived = false;
    this.#armKeepAlive(nowUs);
  }

  /** A packet was sent that asks for an acknowledgment: the first since something arrived counts. */
  onElicitingSent(nowUs: number): void {
    if (!this.#sentSinceReceived) this.#sinceUs = nowUs;
    this.#sentSinceReceived = true;
    this.#armKeepAlive(nowUs);
  }

  /** When the connection is over. */
  deadlineUs(probeTimeoutUs: number): number {
    return this.#sinceUs + Math.max(this.#timeoutUs, MIN_PROBE_TIMEOUTS * probeTimeoutUs);
  }

  /** When something has to be said. */
  get keepAliveAtUs(): number {
    return this.#keepAliveAtUs;
  }

  #armKeepAlive(nowUs: number): void {
    if (this.#keepAliveUs > 0) this.#keepAliveAtUs = nowUs + this.#keepAliveUs;
  }
}
