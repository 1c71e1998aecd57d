import { MptError } from "./errors.ts";
import { quote } from "./quote.ts";

/**
 * Bytes as hexadecimal digits in lower case.
 *
 * @param bytes The bytes.
 * @param separator What stands between two bytes. @default {""}
 * @returns Two digits per byte.
 *
 * @example A connection id
 * ```ts
 * import assert from "node:assert/strict";
 * import { toHex } from "@multipath/mpt/base";
 *
 * assert(toHex(Uint8Array.of(1, 0xab)) === "01ab");
 * assert(toHex(Uint8Array.of(1, 0xab), ":") === "01:ab");
 * ```
 */
export function toHex(bytes: Uint8Array, separator: string = ""): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(separator);
}

/**
 * Bytes from hexadecimal digits. White space and `|` are ignored, so that a message can be written field
 * by field.
 *
 * @param text The digits, in upper or lower case.
 * @returns The bytes.
 * @throws {MptError} `ERR_INVALID_VALUE` for any other character, or an odd number of digits.
 *
 * @example A message, split by field
 * ```ts
 * import assert from "node:assert/strict";
 * import { fromHex } from "@multipath/mpt/base";
 *
 * assert(fromHex("1e 0c | 0081").length === 4);
 * ```
 */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/[\s|]/g, "");
  const fault = /[^0-9a-f]/i.test(digits)
    ? "there is another character than hexadecimal digits, white space and |"
    : digits.length % 2 === 1
    ? "the number of digits is odd"
    : undefined;
  if (fault !== undefined) {
    throw new MptError("ERR_INVALID_VALUE", `Cannot read ${quote(text)} as hexadecimal bytes: ${fault}`);
  }
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}
