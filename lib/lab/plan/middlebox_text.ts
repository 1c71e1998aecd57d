import { MptError } from "../../base/errors.ts";
import { quote } from "../../base/quote.ts";
import { parseInteger } from "../../base/units_parse.ts";
import {
  DIRECTIONS,
  type Middlebox,
  MIDDLEBOX_KINDS,
  type MiddleboxKind,
  MPTCP_OPTIONS,
  type OnPath,
  type OnSegments,
  type OnWay,
  REJECTIONS,
  SEGMENTS,
  SMALLEST_SHARE,
} from "./middlebox.ts";
import { parseShare } from "./share.ts";

/** The keys of each kind, in the order in which they are written. */
const KEYS: Readonly<Record<MiddleboxKind, readonly string[]>> = {
  strip: ["option", "packets", "direction", "path"],
  drop: ["option", "packets", "direction", "path"],
  reject: ["how", "option", "packets", "direction", "path"],
  "drop-udp": ["port", "direction", "path"],
  blackhole: ["direction", "path"],
  corrupt: ["probability", "direction", "path"],
  nat: ["path"],
  proxy: ["port", "path"],
};

/** A text longer than this is no middlebox. */
const MAX_LENGTH = 200;

/**
 * Reads a middlebox: its kind, then `key=value` for what differs from the defaults, separated by commas.
 *
 * | kind | keys |
 * |---|---|
 * | `strip`, `drop` | `option`, `packets`, `direction`, `path` |
 * | `reject` | `how` (`reset`, `icmp-admin-prohibited`), `option`, `packets`, `direction`, `path` |
 * | `drop-udp` | `port`, `direction`, `path` |
 * | `blackhole` | `direction`, `path` |
 * | `corrupt` | `probability`, `direction`, `path` |
 * | `nat` | `path` |
 * | `proxy` | `port`, `path` |
 *
 * @param text Such as `strip,option=mp-join,packets=syn,path=path2` or `drop-udp,port=443`.
 * @returns The middlebox, with no more keys than the text.
 * @throws {MptError} `ERR_INVALID_VALUE` with what is wrong and what would be right.
 *
 * @example No additional subflow survives on the second path
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseMiddlebox } from "@multipath/mpt/lab";
 *
 * const box = parseMiddlebox("strip,option=mp-join,path=path2");
 * assert.deepEqual(box, { kind: "strip", option: "mp-join", path: "path2" });
 * ```
 */
export function parseMiddlebox(text: string): Middlebox {
  if (text.length > MAX_LENGTH) throw refuse(text, `it is longer than ${MAX_LENGTH} characters`);
  const [name = "", ...pairs] = text.split(",");
  const kind = oneOf(text, "the kind", name, MIDDLEBOX_KINDS);
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const key = at < 0 ? pair : pair.slice(0, at);
    oneOf(text, `a key of ${kind}`, key, KEYS[kind]);
    if (at < 0) throw refuse(text, `${key} has no value: write ${key}=...`);
    if (values.has(key)) throw refuse(text, `${key} is there twice`);
    values.set(key, pair.slice(at + 1));
  }
  return make(text, kind, values);
}

/**
 * The text of a middlebox that {@linkcode parseMiddlebox} reads.
 *
 * @param box The middlebox.
 * @returns Its kind and the keys that it has.
 *
 * @example For a list of what is in force
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatMiddlebox } from "@multipath/mpt/lab";
 *
 * assert(formatMiddlebox({ kind: "drop-udp", port: 443, path: "path1" }) === "drop-udp,port=443,path=path1");
 * ```
 */
export function formatMiddlebox(box: Middlebox): string {
  const values = new Map<string, unknown>(Object.entries(box));
  const pairs = KEYS[box.kind].filter((key) => values.get(key) !== undefined);
  return [box.kind, ...pairs.map((key) => `${key}=${values.get(key)}`)].join(",");
}

function make(text: string, kind: MiddleboxKind, values: ReadonlyMap<string, string>): Middlebox {
  const onPath: OnPath = optional("path", values.get("path"), (value) => pathName(text, value));
  const onWay: OnWay = {
    ...optional(
      "direction",
      values.get("direction"),
      (value) => oneOf(text, "a value of direction", value, DIRECTIONS),
    ),
    ...onPath,
  };
  const onSegments: OnSegments = {
    ...optional(
      "option",
      values.get("option"),
      (value) => oneOf(text, "a value of option", value, MPTCP_OPTIONS),
    ),
    ...optional(
      "packets",
      values.get("packets"),
      (value) => oneOf(text, "a value of packets", value, SEGMENTS),
    ),
    ...onWay,
  };
  const port = optional("port", values.get("port"), (value) =>
    parseInteger(value, {
      name: `the port of ${kind}`,
      min: 1,
      max: 65535,
    }));
  switch (kind) {
    case "strip":
      if (onSegments.option === "any") {
        throw refuse(text, "option any names no option; leave it out for all MPTCP options");
      }
      return { kind, ...onSegments };
    case "drop":
      return { kind, ...onSegments };
    case "reject":
      return {
        kind,
        ...optional("how", values.get("how"), (value) => oneOf(text, "a value of how", value, REJECTIONS)),
        ...onSegments,
      };
    case "drop-udp":
      return { kind, ...port, ...onWay };
    case "blackhole":
      return { kind, ...onWay };
    case "corrupt":
      return {
        kind,
        ...optional("probability", values.get("probability"), (value) => share(text, value)),
        ...onWay,
      };
    case "nat":
      return { kind, ...onPath };
    case "proxy":
      return { kind, ...port, ...onPath };
    default:
      return kind satisfies never;
  }
}

/** An object with one key, or none where there is no value. */
function optional<K extends string, T>(
  key: K,
  value: string | undefined,
  read: (value: string) => T,
): { readonly [P in K]?: T } {
  const object: { [P in K]?: T } = {};
  if (value !== undefined) object[key] = read(value);
  return object;
}

function share(text: string, value: string): number {
  const probability = parseShare(value, "the probability of corrupt");
  if (probability < SMALLEST_SHARE) throw refuse(text, `probability ${value} is less than ${SMALLEST_SHARE}`);
  return probability;
}

function pathName(text: string, value: string): string {
  if (/^[a-z][a-z0-9-]{0,10}$/.test(value)) return value;
  throw refuse(text, `${quote(value)} is no name of a path`);
}

function oneOf<T extends string>(text: string, what: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw refuse(text, `${quote(value)} is not ${what}: it is one of ${allowed.join(", ")}`);
}

function refuse(text: string, reason: string): MptError {
  return new MptError("ERR_INVALID_VALUE", `Cannot use ${quote(text)} as a middlebox: ${reason}`);
}
