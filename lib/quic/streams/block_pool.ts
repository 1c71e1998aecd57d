/** The size of a block: what a packet brings or takes is copied into and out of blocks. */
export const BLOCK_BYTES = 65_536;

/** Blocks that are kept for later, by all connections of a process together: 4 MiB. */
const MAX_SPARE = 64;

/**
 * Memory for the data of streams that is used again: a new block costs zeroing, page faults and a share of a
 * collection, which together are more than what a block of packets costs to copy.
 */
export class BlockPool {
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  readonly #maxSpare: number;

  /** @param maxSpare How many blocks are kept at the most. */
  constructor(maxSpare: number = MAX_SPARE) {
    this.#maxSpare = maxSpare;
  }

  /** How many blocks are kept. */
  get spare(): number {
    return this.#spare.length;
  }

  /** A block, which holds anything. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#spare.pop() ?? new Uint8Array(BLOCK_BYTES);
  }

  /** Takes a whole block back that nobody will touch any more. */
  giveBack(block: Uint8Array<ArrayBuffer>): void {
    if (block.length === BLOCK_BYTES && this.#spare.length < this.#maxSpare) this.#spare.push(block);
  }
}

/** The pool of this process. */
export const BLOCKS: BlockPool = new BlockPool();
