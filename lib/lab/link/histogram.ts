/** Buckets for each power of two: a quantile is off by at most 1 part in 64. */
const STEPS = 64;
/** 2^26 us is 67 s, more than any packet stays. */
const POWERS = 26;
/** Below 2 to this, buckets are 1 wide. */
const FIRST_POWER = Math.log2(STEPS);

/** The middle and the tail of what was recorded, in its unit. */
export interface Quantiles {
  /** The median. */
  readonly p50: number;
  /** The 99th percentile. */
  readonly p99: number;
  /** The largest, exactly. */
  readonly max: number;
}

/**
 * Counts of numbers from 0 to 2^26 in buckets that are 1 wide up to 64 and then as wide as 1/64 of their
 * powers of two: quantiles of any number of samples in the same memory.
 */
export class Histogram {
  readonly #counts = new Float64Array(STEPS * (POWERS - FIRST_POWER + 1));
  #total = 0;
  #max = 0;

  /** Counts a number; one below 0 counts as 0. */
  record(value: number): void {
    const whole = value > 0 ? Math.floor(value) : 0;
    const bucket = bucketOf(whole);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
    if (value > this.#max) this.#max = value;
  }

  /** Forgets everything. */
  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.#max = 0;
  }

  /** The quantiles, or null when nothing was recorded. */
  quantiles(): Quantiles | null {
    if (this.#total === 0) return null;
    return { p50: this.#quantile(0.5), p99: this.#quantile(0.99), max: this.#max };
  }

  #quantile(q: number): number {
    const rank = Math.ceil(q * this.#total);
    let seen = 0;
    let bucket = 0;
    while (bucket < this.#counts.length - 1 && (seen += this.#counts[bucket] ?? 0) < rank) bucket++;
    // The middle of the bucket, but never beyond what was seen.
    return Math.min(this.#max, (lowest(bucket) + lowest(bucket + 1)) / 2);
  }
}

function bucketOf(whole: number): number {
  if (whole < STEPS) return whole;
  const value = Math.min(whole, 2 ** POWERS - 1);
  const power = 31 - Math.clz32(value);
  // The highest bit names the power, the next ones the step.
  return (power - FIRST_POWER) * STEPS + (value >>> (power - FIRST_POWER));
}

/** The smallest number that a bucket counts. */
function lowest(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const power = Math.floor(bucket / STEPS) + FIRST_POWER - 1;
  return (STEPS + bucket % STEPS) * 2 ** (power - FIRST_POWER);
}
