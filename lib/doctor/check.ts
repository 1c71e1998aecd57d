import type { CheckCode } from "./codes.ts";
import type { Fact } from "./fact.ts";
import type { Check } from "./result.ts";

type Found = Check["found"];

/** A check that found what it should. */
export function ok(code: CheckCode, text: string, found: Found): Check {
  return { code, status: "ok", text, found, fix: null };
}

/** A check that found something that limits or surprises. */
export function warn(code: CheckCode, text: string, found: Found, fix: string | null = null): Check {
  return { code, status: "warn", text, found, fix };
}

/** A check that found something broken. */
export function fail(code: CheckCode, text: string, found: Found, fix: string | null = null): Check {
  return { code, status: "fail", text, found, fix };
}

/**
 * A check that could not be made.
 *
 * @param code The check.
 * @param what What is not known, such as `Whether the kernel supports MPTCP`.
 * @param fact Why.
 */
export function unknown(
  code: CheckCode,
  what: string,
  fact: Fact<unknown> & { readonly known: false },
): Check {
  return {
    code,
    status: "unknown",
    text: `${what} is unknown: ${fact.reason}.`,
    found: null,
    fix: fact.fix,
  };
}

/** A word of a command line; what a shell would not take literally is quoted. */
export function shellWord(text: string): string {
  return /^[\w.@:%/+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `1 address`, `2 addresses`. */
export function count(number: number, singular: string, plural: string = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
