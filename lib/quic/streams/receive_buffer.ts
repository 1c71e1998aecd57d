import { BLOCK_BYTES, BLOCKS } from "./block_pool.ts";
import { RangeSet } from "./range_set.ts";

/** Many streams carry little: their first block begins small and grows. */
const FIRST_BYTES = 2048;

/**
 * Puts the bytes of a stream in order, in blocks that go to the reader as they are. Memory is bounded by what flow control lets the peer send, rounded
 * up to whole blocks; the number of gaps is the caller's to limit through {@linkcode gaps}.
 */
export class ReceiveBuffer {
  readonly #blocks = new Map<number, Uint8Array<ArrayBuffer>>();
  readonly #received = new RangeSet();
  /** The block that the reader has read to its end. */
  #spent: Uint8Array<ArrayBuffer> | null = null;
  #readOffset: number;
  #endOffset: number;

  /** @param offset Where the reader begins. */
  constructor(offset: number = 0) {
    this.#readOffset = this.#endOffset = offset;
  }

  /** Where the reader is. */
  get readOffset(): number {
    return this.#readOffset;
  }

  /** The end of the farthest byte that arrived. */
  get endOffset(): number {
    return this.#endOffset;
  }

  /** How many bytes can be read now. */
  get readableBytes(): number {
    return this.#received.firstStart <= this.#readOffset ? this.#received.firstEnd - this.#readOffset : 0;
  }

  /** How much memory it holds. */
  get memoryBytes(): number {
    let bytes = this.#spent?.length ?? 0;
    for (const block of this.#blocks.values()) bytes += block.length;
    return bytes;
  }

  /** How many gaps there are before the farthest byte. */
  get gaps(): number {
    const { size } = this.#received;
    return size > 0 && this.#received.firstStart <= this.#readOffset ? size - 1 : size;
  }

  /**
   * Takes bytes; what is known already is passed over.
   *
   * @param offset Where they belong in the stream.
   * @param source The memory they are in; it is copied.
   * @param start Where they begin there.
   * @param end Where they end there.
   * @returns How many bytes were new.
   */
  insert(offset: number, source: Uint8Array, start: number, end: number): number {
    const skip = Math.max(0, this.#readOffset - offset);
    if (start + skip >= end) return 0;
    const from = offset + skip;
    const until = offset + end - start;
    const added = this.#received.add(from, until);
    if (added === 0) return 0;
    if (until > this.#endOffset) this.#endOffset = until;
    const shift = start - offset;
    for (let at = from; at < until;) {
      const index = Math.floor(at / BLOCK_BYTES);
      const inBlock = at - index * BLOCK_BYTES;
      const count = Math.min(until - at, BLOCK_BYTES - inBlock);
      this.#block(index, inBlock + count).set(source.subarray(at + shift, at + shift + count), inBlock);
      at += count;
    }
    return added;
  }

  /**
   * Takes the next bytes out, in order.
   *
   * @param maxBytes How many at the most.
   * @returns The bytes, which are the caller's from now on; null if the next byte has not arrived.
   */
  read(maxBytes: number = Infinity): Uint8Array<ArrayBuffer> | null {
    const readable = Math.min(this.readableBytes, maxBytes);
    if (readable <= 0) return null;
    const index = Math.floor(this.#readOffset / BLOCK_BYTES);
    const from = this.#readOffset - index * BLOCK_BYTES;
    const count = Math.min(readable, BLOCK_BYTES - from);
    const block = this.#block(index, from + count);
    this.#readOffset += count;
    this.#received.remove(0, this.#readOffset);
    if (from + count === BLOCK_BYTES) {
      this.#blocks.delete(index);
      this.#spent = block;
    }
    return block.subarray(from, from + count);
  }

  /** Takes back what all reads gave so far: whoever read it needs it no more. */
  reuse(): void {
    if (this.#spent === null) return;
    BLOCKS.giveBack(this.#spent);
    this.#spent = null;
  }

  /** Forgets everything: the stream was reset. */
  clear(): void {
    this.#blocks.clear();
    this.#received.remove(0, Infinity);
  }

  /** The block with this index, at least as long as given. */
  #block(index: number, bytes: number): Uint8Array<ArrayBuffer> {
    const block = this.#blocks.get(index);
    if (block !== undefined && block.length >= bytes) return block;
    const size = index > 0 ? BLOCK_BYTES : Math.min(BLOCK_BYTES, Math.max(FIRST_BYTES, 2 * bytes));
    const larger = size === BLOCK_BYTES ? BLOCKS.take() : new Uint8Array(size);
    if (block !== undefined) larger.set(block);
    this.#blocks.set(index, larger);
    return larger;
  }
}
