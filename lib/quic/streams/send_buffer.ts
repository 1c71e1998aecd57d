import { RangeSet } from "./range_set.ts";

interface Chunk {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** A part of the stream to put into a packet. */
export interface Piece {
  /** Where it begins in the stream. */
  readonly offset: number;
  /** How many bytes it has. */
  readonly length: number;
}

/**
 * What was written to a stream and is not yet acknowledged. The chunks are the writer's own memory, which
 * it must not change until they are acknowledged; nothing is copied but into packets.
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

  /** Bytes that were never sent. */
  get unsentBytes(): number {
    return this.#written - this.#sent;
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
    if (bytes.length === 0) return;
    this.#chunks.push({ start: this.#written, bytes });
    this.#written += bytes.length;
  }

  /**
   * The next part to send: what was lost comes first.
   *
   * @param maxBytes Room in the packet.
   * @param limit The peer's flow control limit for new bytes, as an offset of this stream.
   * @returns The part, or null if there is nothing that may be sent.
   */
  next(maxBytes: number, limit: number): Piece | null {
    if (maxBytes <= 0) return null;
    if (this.#again.size > 0) {
      const offset = this.#again.firstStart;
      return { offset, length: Math.min(this.#again.firstEnd - offset, maxBytes) };
    }
    const length = Math.min(this.#written - this.#sent, limit - this.#sent, maxBytes);
    return length > 0 ? { offset: this.#sent, length } : null;
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

  #release(): void {
    while (this.#head < this.#chunks.length) {
      const { start, bytes } = this.#chunks[this.#head]!;
      if (start + bytes.length > this.#ackedPrefix) break;
      this.#head++;
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
