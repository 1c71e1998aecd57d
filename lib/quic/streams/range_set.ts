/** A set of whole numbers as ranges `[start, end)`, kept sorted and apart. For few ranges at a time. */
export class RangeSet {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** How many ranges there are. */
  get size(): number {
    return this.#starts.length;
  }

  /** How many numbers there are in all ranges. */
  get total(): number {
    let total = 0;
    for (let at = 0; at < this.#starts.length; at++) total += this.#ends[at]! - this.#starts[at]!;
    return total;
  }

  /** The start of the lowest range; Infinity when empty. */
  get firstStart(): number {
    return this.#starts[0] ?? Infinity;
  }

  /** The end of the lowest range; Infinity when empty. */
  get firstEnd(): number {
    return this.#ends[0] ?? Infinity;
  }

  /**
   * Adds a range.
   *
   * @returns How many numbers were new.
   */
  add(start: number, end: number): number {
    if (end <= start) return 0;
    // The first range that ends at or after the start: it touches the new one, or lies behind it.
    let at = this.#indexFor(start);
    let added = end - start;
    let newStart = start;
    let newEnd = end;
    const from = at;
    for (; at < this.#starts.length && this.#starts[at]! <= end; at++) {
      const low = this.#starts[at]!;
      const high = this.#ends[at]!;
      added -= Math.max(0, Math.min(high, end) - Math.max(low, start));
      newStart = Math.min(newStart, low);
      newEnd = Math.max(newEnd, high);
    }
    if (at === from + 1) {
      this.#starts[from] = newStart;
      this.#ends[from] = newEnd;
      return added;
    }
    this.#starts.splice(from, at - from, newStart);
    this.#ends.splice(from, at - from, newEnd);
    return added;
  }

  /** Takes a range out, wherever it overlaps. */
  remove(start: number, end: number): void {
    if (end <= start) return;
    for (let at = this.#indexFor(start); at < this.#starts.length && this.#starts[at]! < end;) {
      const low = this.#starts[at]!;
      const high = this.#ends[at]!;
      if (high <= start) {
        at++;
        continue;
      }
      const keepLow = low < start;
      const keepHigh = high > end;
      if (keepLow && keepHigh) {
        this.#ends[at] = start;
        this.#starts.splice(at + 1, 0, end);
        this.#ends.splice(at + 1, 0, high);
        return;
      }
      if (keepLow) this.#ends[at++] = start;
      else if (keepHigh) this.#starts[at++] = end;
      else {
        this.#starts.splice(at, 1);
        this.#ends.splice(at, 1);
      }
    }
  }

  /** Whether a number is in the set. */
  has(value: number): boolean {
    const at = this.#indexFor(value + 1);
    return at < this.#starts.length && this.#starts[at]! <= value;
  }

  /** The ranges, the lowest first. */
  *[Symbol.iterator](): Generator<readonly [start: number, end: number]> {
    for (let i = 0; i < this.#starts.length; i++) yield [this.#starts[i]!, this.#ends[i]!];
  }

  /** The index of the first range that ends at or after a number. */
  #indexFor(value: number): number {
    const ends = this.#ends;
    // New data touches the last range nearly always.
    const last = ends.length - 1;
    if (last < 0 || ends[last]! < value) return last + 1;
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ends[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
