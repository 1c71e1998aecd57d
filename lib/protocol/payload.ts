const LARGEST_BYTES = 1_048_576;
const SMALLEST_BYTES = 65_536;

/** A write that takes less than this many milliseconds could have been larger; one that takes more, smaller. */
const FAST_MS = 5;
const SLOW_MS = 100;

/** Zeros, and never anything else: every transfer sends the same memory again and again. */
const ZEROS = new Uint8Array(LARGEST_BYTES);

/**
 * What a perf transfer sends, in pieces that suit the speed of the network: large ones cost less processor
 * time, small ones let a slow connection show that it moves.
 */
export class Payload {
  #size = SMALLEST_BYTES;
  #takenAtMs: number;

  /** @param nowMs The start of the transfer, in milliseconds of any steady clock. */
  constructor(nowMs: number) {
    this.#takenAtMs = nowMs;
  }

  /** The next piece, at most `limit` bytes. */
  next(limit: number): Uint8Array<ArrayBuffer> {
    return ZEROS.subarray(0, Math.min(this.#size, limit));
  }

  /** Notes when the connection had taken the last piece, in milliseconds. */
  taken(nowMs: number): void {
    const ms = nowMs - this.#takenAtMs;
    this.#takenAtMs = nowMs;
    if (ms < FAST_MS) this.#size = Math.min(this.#size * 2, LARGEST_BYTES);
    else if (ms > SLOW_MS) this.#size = Math.max(this.#size / 2, SMALLEST_BYTES);
  }
}
