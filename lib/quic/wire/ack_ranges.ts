import { MptError } from "../../base/errors.ts";

/** Ranges of packet numbers, the highest first, no two of them adjacent. */
export interface PacketRanges {
  /** How many ranges there are. */
  readonly count: number;
  /** The smallest packet number of a range, counted from the highest range. */
  smallest(index: number): number;
  /** The largest packet number of a range, counted from the highest range. */
  largest(index: number): number;
}

/**
 * Ranges of packet numbers as ACK frames have them: the highest range first, no two of them adjacent. The
 * numbers lie flat in one array that is used again, so that reading and writing them makes no objects.
 */
export class AckRanges implements PacketRanges {
  #pairs: Float64Array = new Float64Array(64);
  #count = 0;

  /** How many ranges there are. */
  get count(): number {
    return this.#count;
  }

  /** The smallest packet number of a range, counted from the highest range. */
  smallest(index: number): number {
    return this.#pairs[2 * index]!;
  }

  /** The largest packet number of a range, counted from the highest range. */
  largest(index: number): number {
    return this.#pairs[2 * index + 1]!;
  }

  /** Starts over with no ranges. */
  clear(): void {
    this.#count = 0;
  }

  /**
   * Adds a range below all others.
   *
   * @throws {MptError} `ERR_INVALID_VALUE` when it is not below them, with a gap between.
   */
  add(smallest: number, largest: number): void {
    const count = this.#count;
    if (!(smallest >= 0 && smallest <= largest && (count === 0 || largest < this.smallest(count - 1) - 1))) {
      throw new MptError(
        "ERR_INVALID_VALUE",
        `Cannot add the range ${smallest} to ${largest}: it is out of order`,
      );
    }
    if (2 * count === this.#pairs.length) {
      const larger = new Float64Array(4 * count);
      larger.set(this.#pairs);
      this.#pairs = larger;
    }
    this.#pairs[2 * count] = smallest;
    this.#pairs[2 * count + 1] = largest;
    this.#count = count + 1;
  }
}
