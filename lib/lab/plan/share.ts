import { MptError } from "../../base/errors.ts";
import { quote } from "../../base/quote.ts";

/**
 * Reads a share, such as a loss: a percentage or a number from 0 to 1.
 *
 * @param text Such as `5%`, `0.5%` or `0.05`.
 * @param name What it is for, in the error message.
 * @returns A number from 0 to 1.
 * @throws {MptError} `ERR_INVALID_VALUE` when the text is no share; a number above 1 needs its percent sign.
 *
 * @example A loss of one packet in twenty
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseShare } from "@multipath/mpt/lab";
 *
 * assert(parseShare("5%") === 0.05);
 * assert(parseShare("0.05") === 0.05);
 * ```
 */
export function parseShare(text: string, name: string = "a share"): number {
  const [, digits, percent] = /^(\d{1,3}(?:\.\d{1,30})?)(%)?$/.exec(text) ?? [];
  const refuse = (rule: string): MptError =>
    new MptError("ERR_INVALID_VALUE", `Cannot use ${quote(text)} as ${name}: ${rule}`);
  if (digits === undefined) throw refuse("give a percentage such as 5% or a number from 0 to 1");
  // 15 digits take away what the binary fraction leaves behind, as in 7 / 100 = 0.07 but 0.07 * 100 = 7.000...
  const value = percent === undefined ? Number(digits) : Number((Number(digits) / 100).toPrecision(15));
  if (value > 1) throw refuse(percent === undefined ? `did you mean ${digits}%?` : "it is more than 100%");
  return value;
}
