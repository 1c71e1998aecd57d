import { MptError, toMptError } from "../../base/errors.ts";
import { badValue } from "../../base/fields.ts";
import { quote } from "../../base/quote.ts";
import { parseDuration } from "../../base/units_parse.ts";
import { parseChange, type PathChangeOf } from "./change_options.ts";
import { checkMiddlebox, type Middlebox } from "./middlebox.ts";
import { parseMiddlebox } from "./middlebox_text.ts";

/** What a timeline does at a moment. */
export type TimelineAction =
  | ({ readonly kind: "set" } & PathChangeOf)
  | { readonly kind: "add-middlebox" | "remove-middlebox"; readonly box: Middlebox }
  // The timeline lasts until a `wait`, which does nothing.
  | { readonly kind: "clear-middleboxes" | "wait" };

/** A moment of a timeline. */
export interface TimelineStep {
  /** The line of the file, from 1. */
  readonly line: number;
  /** When, in milliseconds after the start. */
  readonly atMs: number;
  /** What the line says, without the comment. */
  readonly text: string;
  /** What it does. */
  readonly action: TimelineAction;
}

/** Faults that come and go by the clock. */
export interface Timeline {
  /** In the order of their time. */
  readonly steps: readonly TimelineStep[];
}

/** No timeline of a lab is longer. */
const MAX_CHARACTERS = 1 << 20;
const MAX_STEPS = 10_000;
const MAX_MS = 24 * 3_600_000;

/**
 * Reads a timeline, as `mpt lab script` plays it.
 *
 * ```
 * # The second path fails for three seconds.
 * at 2s     set path2 --down
 * after 3s  set path2 --up
 * at 6s     middlebox add strip,option=mp-join,path=path2
 * at 8s     middlebox clear
 * at 10s    wait
 * ```
 *
 * `at` counts from the start, `after` from the line before; time does not go back. `set` takes what
 * `mpt lab set` takes; `middlebox` is followed by `add` and a middlebox, `remove` and a middlebox, or
 * `clear`; `wait` does nothing, so that the timeline ends then. `#` begins a comment.
 *
 * @param text The whole file.
 * @returns The steps.
 * @throws {MptError} `ERR_INVALID_VALUE` with the number of the line, which `data.line` has as well.
 *
 * @example A path that fails and comes back
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseTimeline } from "@multipath/mpt/lab";
 *
 * const { steps } = parseTimeline("at 2s set path2 --down\nafter 3s set path2 --up\n");
 * assert.deepEqual(steps.map((step) => step.atMs), [2000, 5000]);
 * ```
 */
export function parseTimeline(text: string): Timeline {
  if (text.length > MAX_CHARACTERS) throw tooLong(`${MAX_CHARACTERS} characters`);
  const steps: TimelineStep[] = [];
  let clock = 0;
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const words = raw.replace(/(^|\s)#.*$/, "").trim().split(/\s+/).filter((word) => word !== "");
    if (words.length === 0) continue;
    if (steps.length === MAX_STEPS) throw tooLong(`${MAX_STEPS} steps`);
    const line = index + 1;
    try {
      clock = timeOf(words, clock);
      steps.push({ line, atMs: clock, text: words.join(" "), action: actionOf(words.slice(2)) });
    } catch (error) {
      const { message } = toMptError(error, "Cannot read it");
      throw new MptError("ERR_INVALID_VALUE", `Cannot read line ${line} of the timeline: ${message}`, {
        cause: error,
        data: { line },
      });
    }
  }
  return { steps };
}

/**
 * Makes sure that a lab has the paths that a timeline names, so that it does not end in the middle.
 *
 * @param timeline The steps.
 * @param paths The names of the paths of the lab.
 * @throws {MptError} `ERR_INVALID_VALUE` with the number of the line, which `data.line` has as well.
 */
export function checkTimeline({ steps }: Timeline, paths: readonly string[]): void {
  for (const { line, action } of steps) {
    try {
      checkAction(action, paths);
    } catch (error) {
      const { message } = toMptError(error, "Cannot do it");
      throw new MptError("ERR_INVALID_VALUE", `Cannot play line ${line} of the timeline: ${message}`, {
        cause: error,
        data: { line },
      });
    }
  }
}

function checkAction(action: TimelineAction, paths: readonly string[]): void {
  if (action.kind === "set" && !paths.includes(action.path)) {
    throw badValue(action.path, "a path", `there are ${paths.join(", ")}`);
  }
  if (action.kind === "add-middlebox") checkMiddlebox(action.box, paths);
}

function timeOf([word = "", time = ""]: readonly string[], clock: number): number {
  if (word !== "at" && word !== "after") {
    throw refuse(`${quote(word)} is neither at nor after: write at 2s set path2 --down`);
  }
  const ms = parseDuration(time, { name: `the time behind ${word}`, max: MAX_MS });
  const at = word === "at" ? ms : clock + ms;
  if (at < clock) throw refuse(`${time} lies before the time of the line before, ${clock / 1000} s`);
  if (at > MAX_MS) throw refuse(`it lies more than ${MAX_MS / 3_600_000} h after the start`);
  return at;
}

function actionOf([verb, ...words]: readonly string[]): TimelineAction {
  switch (verb) {
    case "set":
      return { kind: "set", ...parseChange(words) };
    case "middlebox":
      return middleboxAction(words);
    case "wait":
      if (words.length > 0) {
        throw refuse(`wait is followed by ${quote(words.join(" "))}: nothing belongs there`);
      }
      return { kind: "wait" };
    case undefined:
      throw refuse("nothing is to happen then: write set, middlebox or wait");
    default:
      throw refuse(`${quote(verb)} is none of set, middlebox, wait`);
  }
}

function middleboxAction([verb, text, ...rest]: readonly string[]): TimelineAction {
  if (rest.length > 0) throw refuse(`${quote(rest.join(" "))} is too much behind a middlebox`);
  switch (verb) {
    case "add":
      return { kind: "add-middlebox", box: parseMiddlebox(text ?? "") };
    case "remove":
      return { kind: "remove-middlebox", box: parseMiddlebox(text ?? "") };
    case "clear":
      if (text !== undefined) throw refuse(`middlebox clear is followed by ${quote(text)}: it clears all`);
      return { kind: "clear-middleboxes" };
    default:
      throw refuse(`middlebox is followed by ${quote(verb ?? "")}: write add, remove or clear`);
  }
}

function refuse(reason: string): MptError {
  return new MptError("ERR_INVALID_VALUE", reason);
}

function tooLong(limit: string): MptError {
  return new MptError("ERR_INVALID_VALUE", `Cannot read the timeline: it has more than ${limit}`);
}
