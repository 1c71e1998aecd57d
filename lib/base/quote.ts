/** Longest text between the quotes; an error message stays on one or two lines of a terminal. */
const LIMIT = 80;

/**
 * What JSON leaves as it is and a terminal would obey or hide: DEL, the C1 controls, zero-width and
 * bidirectional marks, line separators, the byte order mark.
 */
const UNSAFE = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

/**
 * A text from outside in double quotes, safe to print: control characters are escaped and the text is
 * cut to 80 characters.
 *
 * @param text Any text, also one that a stranger chose.
 * @returns The quoted text; `...` before the closing quote says that it was cut.
 *
 * @example Name a bad value in an error message
 * ```ts
 * import assert from "node:assert/strict";
 * import { quote } from "@multipath/mpt/base";
 *
 * assert(quote("a\u001b[31m") === '"a\\u001b[31m"');
 * assert(quote("x".repeat(500)).length === 82);
 * ```
 */
export function quote(text: string): string {
  const pieces: string[] = [];
  let length = 0;
  for (const character of text.slice(0, LIMIT + 1)) {
    const piece = escape(character);
    pieces.push(piece);
    length += piece.length;
  }
  if (length > LIMIT) {
    while (length > LIMIT - 3) length -= pieces.pop()?.length ?? length;
    pieces.push("...");
  }
  return `"${pieces.join("")}"`;
}

function escape(character: string): string {
  if (UNSAFE.test(character)) return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(character).slice(1, -1);
}
