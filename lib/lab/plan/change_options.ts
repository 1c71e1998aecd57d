import { MptError } from "../../base/errors.ts";
import { quote } from "../../base/quote.ts";
import { parseDuration, parseInteger, parseRate } from "../../base/units_parse.ts";
import type { PathChange } from "./options.ts";
import { checkChange } from "./parse.ts";
import { parseShare } from "./share.ts";

/** An option of `mpt lab set`, which a timeline has as well. */
export interface ChangeOption {
  /** Such as `--delay`. */
  readonly flag: string;
  /** What stands behind it, such as `<time>`; null for nothing. */
  readonly value: string | null;
  /** One line about it. */
  readonly help: string;
  /**
   * The change that it asks for.
   *
   * @param value What stands behind it; empty for nothing.
   * @throws {MptError} `ERR_INVALID_VALUE` when it cannot be read.
   */
  readonly change: (value: string) => PathChange;
}

/** Every option of `mpt lab set`, in the order of its help. */
export const CHANGE_OPTIONS: readonly ChangeOption[] = [
  flag("--down", "the client's interface goes down", { state: "down" }),
  flag("--up", "the client's interface comes up", { state: "up" }),
  flag("--blackhole", "every packet vanishes without a sign", { blackhole: true }),
  flag("--no-blackhole", "packets pass again", { blackhole: false }),
  option("--rate", "<rate|none>", "rate of the link, such as 5mbit", (value) => ({
    rateMbit: value === "none" ? null : parseRate(value, { name: "--rate" }) / 1e6,
  })),
  option("--delay", "<time>", "one-way delay, such as 80ms", (value) => ({
    delayMs: parseDuration(value, { name: "--delay", unit: "ms" }),
  })),
  option("--jitter", "<time>", "how far the delay wanders", (value) => ({
    jitterMs: parseDuration(value, { name: "--jitter", unit: "ms" }),
  })),
  option("--loss", "<share>", "part of the packets that is lost, such as 5%", (value) => ({
    loss: parseShare(value, "--loss"),
  })),
  option("--burst", "<packets|none>", "mean length of a burst of losses", (value) => ({
    burst: value === "none" ? null : parseInteger(value, { name: "--burst" }),
  })),
  option("--direction", "<up|down|both>", "the direction that the above are meant for", (value) => ({
    direction: word("--direction", value, ["up", "down", "both"]),
  })),
  option(
    "--address",
    "<removed|present>",
    "takes the client's addresses away, or gives them back",
    (value) => ({
      address: word("--address", value, ["removed", "present"]),
    }),
  ),
  flag("--rebind", "the NAT of the path forgets its mappings", { rebind: true }),
  flag("--reset-new-flows", "new TCP connections are answered with a reset", { resetNewFlows: true }),
  flag("--no-reset-new-flows", "new TCP connections pass again", { resetNewFlows: false }),
];

/** A change and the path that it is meant for. */
export interface PathChangeOf {
  /** The name of the path. */
  readonly path: string;
  /** What is to differ. */
  readonly change: PathChange;
}

/**
 * Reads the arguments of `mpt lab set`.
 *
 * @param words The path and at least one option; a value stands behind its option or after `=`.
 * @returns The path and the change, whose numbers are in range.
 * @throws {MptError} `ERR_INVALID_VALUE` for an unknown or impossible option, or two that contradict.
 *
 * @example A slow and lossy second path
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseChange } from "@multipath/mpt/lab";
 *
 * assert.deepEqual(parseChange(["path2", "--delay", "80ms", "--loss=5%"]), {
 *   path: "path2",
 *   change: { delayMs: 80, loss: 0.05 },
 * });
 * ```
 */
export function parseChange(words: readonly string[]): PathChangeOf {
  const [path = "", ...rest] = words;
  if (path === "" || path.startsWith("-")) throw refuse("the path comes first, such as path2 --down");
  let change: PathChange = {};
  for (let at = 0; at < rest.length; at++) {
    const [name = "", inline] = divide(rest[at] ?? "");
    const found = CHANGE_OPTIONS.find((one) => one.flag === name);
    if (found === undefined) {
      const known = CHANGE_OPTIONS.map((one) => one.flag).join(", ");
      throw refuse(`there is no option ${quote(name)}; there are ${known}`);
    }
    if (found.value === null && inline !== undefined) throw refuse(`${name} takes no value`);
    const value = found.value === null ? "" : inline ?? rest[++at];
    if (value === undefined) throw refuse(`${name} needs ${found.value}`);
    change = merge(change, found.change(value), name);
  }
  const { direction, ...changes } = change;
  if (Object.keys(changes).length === 0) throw refuse(`nothing is to change; ${quote(path)} needs an option`);
  const { state: _, address: __, rebind: ___, resetNewFlows: ____, ...directed } = changes;
  if (direction !== undefined && Object.keys(directed).length === 0) {
    throw refuse("--direction needs one of --blackhole, --rate, --delay, --jitter, --loss, --burst");
  }
  return { path, change: checkChange(change) };
}

function divide(text: string): readonly string[] {
  const at = text.indexOf("=");
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function merge(change: PathChange, more: PathChange, name: string): PathChange {
  const twice = Object.keys(more).some((key) => Object.hasOwn(change, key));
  if (twice) throw refuse(`${name} says something about what was said before`);
  return { ...change, ...more };
}

function flag(name: string, help: string, change: PathChange): ChangeOption {
  return { flag: name, value: null, help, change: () => change };
}

function option(
  name: string,
  value: string,
  help: string,
  change: (value: string) => PathChange,
): ChangeOption {
  return { flag: name, value, help, change };
}

function word<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw new MptError(
    "ERR_INVALID_VALUE",
    `Cannot use ${quote(value)} as ${name}: it is one of ${allowed.join(", ")}`,
  );
}

function refuse(reason: string): MptError {
  return new MptError("ERR_INVALID_VALUE", `Cannot change a path: ${reason}`);
}
