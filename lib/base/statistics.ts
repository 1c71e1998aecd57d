import { MptError } from "./errors.ts";

/** What is left of many samples: their number, range, middle and spread, in the unit of the samples. */
export interface Summary {
  /** How many samples there were; below 20 the tail quantiles say little. */
  readonly count: number;
  /** The smallest sample. */
  readonly min: number;
  /** The largest sample. */
  readonly max: number;
  /** The arithmetic mean. */
  readonly mean: number;
  /** The median. */
  readonly p50: number;
  /** The 95th percentile. */
  readonly p95: number;
  /** The 99th percentile. */
  readonly p99: number;
  /** The standard deviation of the sample (divided by count - 1); 0 for a single sample. */
  readonly stddev: number;
}

/**
 * Summarizes samples.
 *
 * @param samples Finite numbers in any order; they are not changed.
 * @returns The summary, or null when there are no samples.
 * @throws {MptError} `ERR_INVALID_VALUE` when a sample is not finite.
 *
 * @example Round-trip times in milliseconds
 * ```ts
 * import assert from "node:assert/strict";
 * import { summarize } from "@multipath/mpt/base";
 *
 * const rtt = summarize([12, 10, 11, 40, 10]);
 * assert(rtt?.min === 10 && rtt.p50 === 11 && rtt.max === 40);
 * assert(summarize([]) === null);
 * ```
 */
export function summarize(samples: readonly number[]): Summary | null {
  if (samples.length === 0) return null;
  const sorted = sortedCopy(samples);
  const [min, max] = [quantile(sorted, 0), quantile(sorted, 1)];
  // Welford's method: one pass, and no cancellation when the mean is large beside the spread
  let mean = 0;
  let squares = 0;
  for (const [index, sample] of sorted.entries()) {
    const before = sample - mean;
    mean += before / (index + 1);
    squares += before * (sample - mean);
  }
  return {
    count: sorted.length,
    min,
    max,
    mean: Math.min(max, Math.max(min, mean)),
    p50: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    p99: quantile(sorted, 0.99),
    stddev: sorted.length === 1 ? 0 : Math.sqrt(squares / (sorted.length - 1)),
  };
}

/**
 * The quantile of sorted samples, with linear interpolation between the two nearest (type 7 of Hyndman
 * and Fan, the default of R and NumPy).
 *
 * @param sorted Finite numbers in ascending order, at least one.
 * @param q From 0, the smallest, to 1, the largest.
 * @returns The quantile.
 * @throws {MptError} `ERR_INVALID_VALUE` when there are no samples, or q is outside 0 to 1.
 *
 * @example The lower quartile
 * ```ts
 * import assert from "node:assert/strict";
 * import { quantile } from "@multipath/mpt/base";
 *
 * assert(quantile([1, 2, 3, 4], 0.25) === 1.75);
 * ```
 */
export function quantile(sorted: readonly number[], q: number): number {
  if (!(q >= 0 && q <= 1)) {
    throw new MptError("ERR_INVALID_VALUE", `Cannot take the quantile ${q}: it is not from 0 to 1`);
  }
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) {
    throw new MptError("ERR_INVALID_VALUE", `Cannot take the quantile ${q}: there are no samples`);
  }
  // Rounding may lift the sum above the upper neighbour
  return Math.min(above, below + (above - below) * (position - Math.floor(position)));
}

/**
 * The median of samples.
 *
 * @param samples Finite numbers in any order; they are not changed.
 * @returns The median, or null when there are no samples.
 * @throws {MptError} `ERR_INVALID_VALUE` when a sample is not finite.
 *
 * @example The middle of three runs
 * ```ts
 * import assert from "node:assert/strict";
 * import { median } from "@multipath/mpt/base";
 *
 * assert(median([94.1, 12, 93.8]) === 93.8);
 * ```
 */
export function median(samples: readonly number[]): number | null {
  return samples.length === 0 ? null : quantile(sortedCopy(samples), 0.5);
}

function sortedCopy(samples: readonly number[]): readonly number[] {
  const wrong = samples.find((sample) => !Number.isFinite(sample));
  if (wrong !== undefined) {
    throw new MptError("ERR_INVALID_VALUE", `Cannot summarize the sample ${wrong}: it is not finite`);
  }
  return samples.toSorted((a, b) => a - b);
}
