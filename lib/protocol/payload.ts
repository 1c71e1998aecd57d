const FIRST_BYTES = 65_536;
const LARGEST_BYTES = 1_048_576;
/** What passes in 30 s, the idle timeout of most servers, at 1 kbit/s. */
const SMALLEST_BYTES = 4096;

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
  #size = FIRST_BYTES;
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

const chunks = new Map<number, Uint8Array<ArrayBuffer>>();

/**
 * A piece as a chunk of an HTTP/1.1 body: its size, as many zeros, and the end of the line in one stretch
 * of memory, so that sending it copies nothing.
 *
 * @param length The length of a piece, 1 or more.
 */
export function chunkOfZeros(length: number): Uint8Array<ArrayBuffer> {
  const made = chunks.get(length);
  if (made !== undefined) return made;
  // RFC 9112 7.1
  const line = new TextEncoder().encode(`${length.toString(16)}\r\n`);
  const chunk = new Uint8Array(line.length + length + 2);
  chunk.set(line);
  chunk.set([13, 10], line.length + length);
  // The sizes that come again are powers of two; the last piece of a transfer has any.
  if ((length & (length - 1)) === 0) chunks.set(length, chunk);
  return chunk;
}
