/** What is shown for NaN and the infinities: a result without a number, such as a rate over no time. */
const UNKNOWN = "unknown";

/**
 * A number of bytes with three significant digits and a decimal unit.
 *
 * @param bytes The number of bytes.
 * @returns Such as `12.3 MB`, or `unknown` when the number is not finite.
 *
 * @example Decimal units: 1 kB is 1000 bytes
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatBytes } from "@multipath/mpt/base";
 *
 * assert(formatBytes(12_345_678) === "12.3 MB");
 * assert(formatBytes(512) === "512 B");
 * ```
 */
export function formatBytes(bytes: number): string {
  return scaled(bytes, ["B", "kB", "MB", "GB", "TB", "PB"]);
}

/**
 * A rate with three significant digits and a decimal unit.
 *
 * @param bps The rate in bits per second.
 * @returns Such as `94.1 Mbit/s`, or `unknown` when the number is not finite.
 *
 * @example A goodput
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatRate } from "@multipath/mpt/base";
 *
 * assert(formatRate(94_123_456) === "94.1 Mbit/s");
 * ```
 */
export function formatRate(bps: number): string {
  return scaled(bps, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s", "Pbit/s"]);
}

/**
 * A duration as people say it.
 *
 * @param ms The duration in milliseconds.
 * @returns Such as `0.31 ms`, `812 ms`, `3.05 s` or `2 min 5 s`, or `unknown` when it is not finite.
 *
 * @example From microseconds to minutes
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatDuration } from "@multipath/mpt/base";
 *
 * assert(formatDuration(0.31) === "0.31 ms");
 * assert(formatDuration(3050) === "3.05 s");
 * assert(formatDuration(125_000) === "2 min 5 s");
 * ```
 */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return UNKNOWN;
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms === 0) return "0 ms";
  if (ms < 0.005) return "<0.01 ms";
  if (ms < 999.5) return `${threeDigits(ms)} ms`;
  if (ms < 59_950) return `${threeDigits(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(ms / 60_000);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * A ratio in percent, with one digit after the point where it is not zero.
 *
 * @param ratio 1 is the whole.
 * @returns Such as `94.1%` or `100%`, or `unknown` when the number is not finite.
 *
 * @example An efficiency
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatPercent } from "@multipath/mpt/base";
 *
 * assert(formatPercent(0.9412) === "94.1%");
 * assert(formatPercent(0.0002) === "<0.1%");
 * ```
 */
export function formatPercent(ratio: number): string {
  if (!Number.isFinite(ratio)) return UNKNOWN;
  if (ratio < 0) return `-${formatPercent(-ratio)}`;
  if (ratio > 0 && ratio < 0.0005) return "<0.1%";
  return `${(ratio * 100).toFixed(1).replace(/\.0$/, "")}%`;
}

/**
 * A count with thousands separators, and what is counted in singular or plural.
 *
 * @param count A number; it is rounded to a whole one.
 * @param singular What is counted, such as `path`.
 * @param plural Its plural. @default {`${singular}s`}
 * @returns Such as `12,345`, `1 path` or `2 paths`, or `unknown` when the number is not finite.
 *
 * @example In a sentence
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatCount } from "@multipath/mpt/base";
 *
 * assert(formatCount(12345) === "12,345");
 * assert(formatCount(1, "path") === "1 path");
 * assert(formatCount(2, "address", "addresses") === "2 addresses");
 * ```
 */
export function formatCount(count: number, singular?: string, plural?: string): string {
  const rounded = Math.round(count);
  const digits = Number.isFinite(count)
    ? String(rounded === 0 ? 0 : rounded).replace(/(?<=\d)(?=(\d{3})+$)/g, ",")
    : UNKNOWN;
  if (singular === undefined) return digits;
  return `${digits} ${rounded === 1 ? singular : plural ?? `${singular}s`}`;
}

function scaled(value: number, units: readonly [string, ...string[]]): string {
  if (!Number.isFinite(value)) return UNKNOWN;
  if (value < 0) return `-${scaled(-value, units)}`;
  if (value < 999.5) {
    const digits = Number.isInteger(value) ? String(value) : threeDigits(value);
    return `${digits} ${units[0]}`;
  }
  let scale = value;
  let index = 0;
  // 999.5 is shown as 1000 with three digits, so it belongs to the next unit
  while (scale >= 999.5 && index < units.length - 1) {
    scale /= 1000;
    index++;
  }
  return `${threeDigits(scale)} ${units[index]}`;
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}
