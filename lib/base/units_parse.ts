import { MptError } from "./errors.ts";
import { quote } from "./quote.ts";

/** What a parsed number is called and where it has to lie. */
export interface ParseNumberOptions {
  /** What the number is for, in the error message, such as `--timeout`. @default {"a duration" and so on} */
  readonly name?: string;
  /** The smallest value allowed, in the unit of the result. */
  readonly min?: number;
  /** The largest value allowed, in the unit of the result. @default {2^53 - 1} */
  readonly max?: number;
}

/** A unit of time that a user can write. */
export type DurationUnit = "us" | "ms" | "s" | "m" | "h";

/** Options of {@linkcode parseDuration}; `min` and `max` are in milliseconds. */
export interface ParseDurationOptions extends ParseNumberOptions {
  /** The unit of a number that has none. @default {"s"} */
  readonly unit?: DurationUnit;
}

const MILLISECONDS: ReadonlyMap<string, number> = new Map([
  ["us", 0.001],
  // the micro sign and the Greek letter
  ["\u00b5s", 0.001],
  ["\u03bcs", 0.001],
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["min", 60_000],
  ["h", 3_600_000],
]);

/** Powers of ten and of two behind the prefixes. */
const PREFIXES = ["", "k", "m", "g", "t", "p"];

/**
 * Reads a duration: a number with a unit (`us`, `ms`, `s`, `m` or `min`, `h`), or several such parts from
 * the longest unit to the shortest.
 *
 * @param text Such as `250ms`, `5`, `1.5s` or `1h30m`.
 * @param options The default unit, the name and the range.
 * @returns The duration in milliseconds.
 * @throws {MptError} `ERR_INVALID_VALUE` when the text is not a duration or out of range.
 *
 * @example A timeout in seconds, unless it says otherwise
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseDuration } from "@multipath/mpt/base";
 *
 * assert(parseDuration("5") === 5000);
 * assert(parseDuration("250ms") === 250);
 * assert(parseDuration("500", { unit: "ms" }) === 500);
 * ```
 */
export function parseDuration(text: string, options: ParseDurationOptions = {}): number {
  const { unit = "s", name = "a duration" } = options;
  const rule = `give a number and us, ms, s, m or h, such as ${unit === "ms" ? "500ms" : "5s"}`;
  if (isDecimal(text)) {
    return inRange(text, tidy(Number(text) * (MILLISECONDS.get(unit) ?? NaN)), name, options, " ms");
  }
  let total = 0;
  let last = Infinity;
  let at = 0;
  for (const match of text.matchAll(/(\d+(?:\.\d+)?) ?([a-z\u00b5\u03bc]+) ?/giy)) {
    const factor = MILLISECONDS.get((match[2] ?? "").toLowerCase());
    if (factor === undefined || factor >= last) throw invalid(text, name, rule);
    total += Number(match[1]) * factor;
    last = factor;
    at = match.index + match[0].length;
  }
  if (at === 0 || at !== text.length || text.endsWith(" ")) throw invalid(text, name, rule);
  return inRange(text, tidy(total), name, options, " ms");
}

/**
 * Reads a size in bytes: `k`, `M`, `G`, `T` (or `kB` ...) are decimal, `Ki`, `Mi` (or `KiB` ...) binary.
 *
 * @param text Such as `100`, `10k`, `1MiB` or `2.5 GB`; upper and lower case are the same.
 * @param options The name and the range.
 * @returns A whole number of bytes.
 * @throws {MptError} `ERR_INVALID_VALUE` when the text is not a size or out of range.
 *
 * @example Decimal and binary
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseSize } from "@multipath/mpt/base";
 *
 * assert(parseSize("10k") === 10_000);
 * assert(parseSize("1MiB") === 1_048_576);
 * ```
 */
export function parseSize(text: string, options: ParseNumberOptions = {}): number {
  const name = options.name ?? "a size";
  const [, digits, prefix = "", binary = ""] = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])(i)?)?b?$/i.exec(text) ?? [];
  if (digits === undefined) {
    throw invalid(text, name, "give a number of bytes, such as 100, 10k, 1MiB or 2GB");
  }
  if (prefix === "" && digits.includes(".")) throw invalid(text, name, "it is not a whole number of bytes");
  const base = binary === "" ? 1000 : 1024;
  return inRange(text, Math.round(Number(digits) * base ** power(prefix)), name, options, " bytes");
}

/**
 * Reads a rate in bits per second with decimal prefixes. Bytes per second are refused, because `MB/s` and
 * `Mb/s` differ by a factor of eight and look alike.
 *
 * @param text Such as `50mbit`, `1.5Gbit/s`, `10M` or `100Mbps`.
 * @param options The name and the range.
 * @returns The rate in bits per second, a whole number.
 * @throws {MptError} `ERR_INVALID_VALUE` when the text is not a rate or out of range.
 *
 * @example A shaped link
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseRate } from "@multipath/mpt/base";
 *
 * assert(parseRate("50mbit") === 50_000_000);
 * assert(parseRate("1.5 Gbit/s") === 1_500_000_000);
 * ```
 */
export function parseRate(text: string, options: ParseNumberOptions = {}): number {
  const name = options.name ?? "a rate";
  const rule = "give a number of bits per second, such as 50mbit or 1.5Gbit/s";
  if (text.includes("B")) throw invalid(text, name, `a capital B stands for bytes; ${rule}`);
  const [, digits, prefix = ""] = /^(\d+(?:\.\d+)?) ?([kmgtp])?(?:bit(?:\/s)?|bps)?$/i.exec(text) ?? [];
  if (digits === undefined) throw invalid(text, name, rule);
  return inRange(text, Math.round(Number(digits) * 1000 ** power(prefix)), name, options, " bit/s");
}

/**
 * Reads a whole number in decimal digits.
 *
 * @param text Such as `4` or `-1`; no plus sign, leading zeros, exponent or white space.
 * @param options The name and the range.
 * @returns The number.
 * @throws {MptError} `ERR_INVALID_VALUE` when the text is not a whole number or out of range.
 *
 * @example The number of streams
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseInteger } from "@multipath/mpt/base";
 *
 * assert(parseInteger("8", { name: "--streams", min: 1, max: 1000 }) === 8);
 * ```
 */
export function parseInteger(text: string, options: ParseNumberOptions = {}): number {
  const { name = "a whole number", min = Number.MIN_SAFE_INTEGER } = options;
  if (!/^(0|-?[1-9]\d*)$/.test(text)) throw invalid(text, name, "it is not a whole number in decimal digits");
  return inRange(text, Number(text), name, { ...options, min }, "");
}

function isDecimal(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text);
}

function power(prefix: string): number {
  return PREFIXES.indexOf(prefix.toLowerCase());
}

/** Takes away what binary fractions leave behind, such as the end of 1.1 * 1000 = 1100.0000000000002. */
function tidy(ms: number): number {
  return Number(ms.toFixed(6));
}

function inRange(
  text: string,
  value: number,
  name: string,
  options: ParseNumberOptions,
  unit: string,
): number {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw invalid(text, name, "it is beyond 2^53");
  }
  if (value < min) throw invalid(text, name, `it is less than ${min}${unit}`);
  if (value > max) throw invalid(text, name, `it is more than ${max}${unit}`);
  return value;
}

function invalid(text: string, name: string, rule: string): MptError {
  return new MptError("ERR_INVALID_VALUE", `Cannot use ${quote(text)} as ${name}: ${rule}`);
}
