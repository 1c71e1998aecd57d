import { BLOCK_BYTES, BLOCKS } from "./block_pool.ts";
import { RangeSet } from "./range_set.ts";

interface Chunk {
  readonly start: number;
  readonly bytes: Uint8Array;
  /** The block that the bytes are at the beginning of; null if they are the writer's own memory. */
  readonly block: Uint8Array<ArrayBuffer> | null;
}

/** What stands for a chunk whose memory is free again. */
const GONE: Chunk = { start: 0, bytes: new Uint8Array(0), block: null };

/** Less than this is not worth a block. */
const MIN_BLOCK_BYTES = BLOCK_BYTES / 2;

/** A part of the stream to put into a packet. */
export interface Piece {
  /** Where it begins in the stream. */
  readonly offset: number;
  /** How many bytes it has. */
  readonly length: number;
}

/**
 * What was written to a stream and is not yet acknowledged: the writer's own memory, which it must not change
 * until then, or copies of what it has.
 */
export class SendBuffer {
  readonly #chunks: Chunk[] = [];
  /** Chunks before this index are acknowledged. */
  #head = 0;
  readonly #acked = new RangeSet();
  readonly #again = new RangeSet();
  #written = 0;
  #sent = 0;
  #ackedPrefix = 0;

  /** How many bytes were written. */
  get writtenBytes(): number {
    return this.#written;
  }

  /** The end of what was ever sent. */
  get sentOffset(): number {
    return this.#sent;
  }

  /** Bytes that were written and are not acknowledged: what the buffer holds. */
  get unackedBytes(): number {
    return this.#written - this.#ackedPrefix;
  }

  /** All bytes before this one are acknowledged, and not held any more. */
  get ackedPrefix(): number {
    return this.#ackedPrefix;
  }

  /** Bytes that were never sent. */
  get unsentBytes(): number {
    return this.#written - this.#sent;
  }

  /** Lost bytes that wait to be sent again. */
  get againBytes(): number {
    return this.#again.total;
  }

  /** Whether lost bytes wait to be sent again. */
  get hasRetransmissions(): boolean {
    return this.#again.size > 0;
  }

  /** Whether all that was written is acknowledged. */
  get isAcked(): boolean {
    return this.#ackedPrefix === this.#written;
  }

  /** Appends bytes; the memory must stay as it is. */
  write(bytes: Uint8Array): void {
    this.#push(bytes, null);
  }

  /** Appends a copy of bytes. */
  writeCopy(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const count = Math.min(bytes.length - at, BLOCK_BYTES);
      if (count < MIN_BLOCK_BYTES) {
        this.#push(bytes.slice(at), null);
        return;
      }
      const block = BLOCKS.take();
      block.set(bytes.subarray(at, at + count));
      this.#push(block.subarray(0, count), block);
      at += count;
    }
  }

  /**
   * The next part to send: what was lost comes first.
   *
   * @param maxBytes Room in the packet.
   * @param limit The peer's flow control limit for new bytes, as an offset of this stream.
   * @returns The part, or null if there is nothing that may be sent.
   */
  next(maxBytes: number, limit: number): Piece | null {
    const length = this.nextLength(maxBytes, limit);
    return length > 0 ? { offset: this.nextOffset, length } : null;
  }

  /** Where the next part to send begins. */
  get nextOffset(): number {
    return this.#again.size > 0 ? this.#again.firstStart : this.#sent;
  }

  /** How long the next part to send is, as {@linkcode SendBuffer.next}; 0 or less if there is none. */
  nextLength(maxBytes: number, limit: number): number {
    if (this.#again.size > 0) return Math.min(this.#again.firstEnd - this.#again.firstStart, maxBytes);
    return Math.min(this.#written - this.#sent, limit - this.#sent, maxBytes);
  }

  /** Notes that a part was put into a packet. */
  onSent({ offset, length }: Piece): void {
    const end = offset + length;
    if (end > this.#sent) this.#sent = end;
    if (this.#again.size > 0) this.#again.remove(offset, end);
  }

  /** Copies a part into a packet; it must not be acknowledged yet. */
  copy({ offset, length }: Piece, target: Uint8Array, at: number): void {
    const end = offset + length;
    for (let index = this.#indexOf(offset); offset < end; index++) {
      const { start, bytes } = this.#chunks[index]!;
      const from = offset - start;
      const count = Math.min(bytes.length - from, end - offset);
      target.set(from === 0 && count === bytes.length ? bytes : bytes.subarray(from, from + count), at);
      at += count;
      offset += count;
    }
  }

  /**
   * Notes that a part was acknowledged.
   *
   * @returns How many bytes the buffer no longer holds because of it.
   */
  onAcked({ offset, length }: Piece): number {
    const end = offset + length;
    if (this.#again.size > 0) this.#again.remove(offset, end);
    if (offset > this.#ackedPrefix) {
      this.#acked.add(offset, end);
      return 0;
    }
    if (end <= this.#ackedPrefix) return 0;
    const before = this.#ackedPrefix;
    this.#ackedPrefix = end;
    while (this.#acked.firstStart <= this.#ackedPrefix) {
      this.#ackedPrefix = Math.max(this.#ackedPrefix, this.#acked.firstEnd);
      this.#acked.remove(this.#acked.firstStart, this.#acked.firstEnd);
    }
    this.#release();
    return this.#ackedPrefix - before;
  }

  /** Notes that a part was lost: what of it is not acknowledged by now is sent again. */
  onLost({ offset, length }: Piece): void {
    const end = offset + length;
    const start = Math.max(offset, this.#ackedPrefix);
    if (end <= start) return;
    this.#again.add(start, end);
    for (const [low, high] of this.#acked) {
      if (low >= end) break;
      this.#again.remove(low, high);
    }
  }

  #push(bytes: Uint8Array, block: Uint8Array<ArrayBuffer> | null): void {
    if (bytes.length === 0) return;
    this.#chunks.push({ start: this.#written, bytes, block });
    this.#written += bytes.length;
  }

  #release(): void {
    while (this.#head < this.#chunks.length) {
      const { start, bytes, block } = this.#chunks[this.#head]!;
      if (start + bytes.length > this.#ackedPrefix) break;
      if (block !== null) BLOCKS.giveBack(block);
      this.#chunks[this.#head++] = GONE;
    }
    if (this.#head === this.#chunks.length) {
      this.#chunks.length = 0;
      this.#head = 0;
    }
    // Moving the rest down now and then costs less than a shift for each chunk.
    if (this.#head > 32 && this.#head * 2 > this.#chunks.length) {
      this.#chunks.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** The index of the chunk that holds an offset. */
  #indexOf(offset: number): number {
    let low = this.#head;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#chunks[middle]!.start <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
