import { QUIC_ERROR } from "../wire/error_codes.ts";
import type { StreamDirection } from "../wire/frames.ts";
import { QuicError } from "../wire/quic_error.ts";

/** How many streams of one direction we may open (RFC 9000 4.6). */
export class OpenLimit {
  #maximum: number;
  #opened = 0;
  #blockedAt = -1;

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** How many were opened. */
  get opened(): number {
    return this.#opened;
  }

  /** Whether one more may be opened. */
  get available(): boolean {
    return this.#opened < this.#maximum;
  }

  /** Opens one; its index. */
  open(): number {
    return this.#opened++;
  }

  /** The peer's limit; a smaller one is old news. @returns Whether it was raised. */
  raise(maximum: number): boolean {
    if (maximum <= this.#maximum) return false;
    this.#maximum = maximum;
    return true;
  }

  /** The limit to complain about, once for each limit; -1 for none. */
  takeBlocked(): number {
    if (this.available || this.#blockedAt === this.#maximum) return -1;
    this.#blockedAt = this.#maximum;
    return this.#maximum;
  }
}

/** How many streams of one direction the peer may open (RFC 9000 4.6). */
export class AcceptLimit {
  readonly #direction: StreamDirection;
  readonly #concurrent: number;
  #maximum: number;
  #opened = 0;
  #closed = 0;

  /** @param concurrent How many may be open at a time. */
  constructor(direction: StreamDirection, concurrent: number) {
    this.#direction = direction;
    this.#concurrent = concurrent;
    this.#maximum = concurrent;
  }

  /** How many the peer has opened. */
  get opened(): number {
    return this.#opened;
  }

  /** The limit that the peer was told. */
  get maximum(): number {
    return this.#maximum;
  }

  /**
   * Notes that the peer used a stream; those before it are open with it (RFC 9000 3.2).
   *
   * @returns How many were opened by it.
   * @throws {QuicError} `STREAM_LIMIT_ERROR`.
   */
  open(index: number): number {
    if (index >= this.#maximum) {
      const text = `Cannot accept ${this.#direction} stream ${index}: ${this.#maximum} are allowed`;
      throw new QuicError(QUIC_ERROR.STREAM_LIMIT_ERROR, text);
    }
    const count = Math.max(0, index + 1 - this.#opened);
    this.#opened += count;
    return count;
  }

  /** Notes that a stream is over at both ends. */
  close(): void {
    this.#closed++;
  }

  /** Whether the peer should be told a new limit: half of the streams are over. */
  get wantsUpdate(): boolean {
    return this.#closed + this.#concurrent - this.#maximum >= Math.max(1, this.#concurrent / 2);
  }

  /** Raises the limit. @returns The limit to tell the peer. */
  update(): number {
    this.#maximum = this.#closed + this.#concurrent;
    return this.#maximum;
  }
}
