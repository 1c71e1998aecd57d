import { MptError } from "../../base/errors.ts";
import { quote } from "../../base/quote.ts";
import { badValue, defined, Fields, type Range } from "../../base/fields.ts";
import {
  type DirectionOptions,
  type LabOptions,
  type LinkKind,
  MAX_PATHS,
  type MptcpMode,
  type PathChange,
  type PathOptions,
} from "./options.ts";

const LINKS: readonly (LinkKind | "auto")[] = ["auto", "veth", "netem", "emulated"];
const MODES: readonly MptcpMode[] = ["subflow", "signal", "fullmesh", "none"];

const RATE: Range = { min: 0.01, max: 10_000 };
const DELAY: Range = { min: 0, max: 10_000 };
const PART: Range = { min: 0, max: 1 };
const BURST: Range = { min: 1, max: 10_000 };
const QUEUE_MS: Range = { min: 1, max: 60_000 };
const QUEUE_PACKETS: Range = { min: 1, max: 20_000, whole: true };
/** RFC 791 3.1: every host takes packets of 576 bytes. */
const MTU: Range = { min: 576, max: 9000, whole: true };
const SEED: Range = { min: 0, max: 0xffff_ffff, whole: true };

/** The name of an interface has at most 15 characters; this leaves room for what is put in front. */
const NAME = /^[a-z][a-z0-9-]{0,10}$/;

/** Interfaces that every namespace has, or has once a kernel module is loaded, and names of sysctls. */
const RESERVED: readonly string[] = [
  "lo",
  "all",
  "default",
  "tunl0",
  "gre0",
  "gretap0",
  "erspan0",
  "sit0",
  "ip6tnl0",
  "ip6gre0",
];

/**
 * Reads the options of a lab from a value that somebody wrote, such as a parsed TOML or JSON file.
 *
 * @param value Anything.
 * @returns The same settings, each of them possible.
 * @throws {MptError} `ERR_INVALID_VALUE` naming the first key that is unknown, of a wrong type or out of range.
 *
 * @example A key that does not exist
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseLab } from "@multipath/mpt/lab";
 *
 * assert.throws(() => parseLab({ paths: [{ rateMbit: 20, dealyMs: 10 }] }), /paths\[0\]\.dealyMs/);
 * ```
 */
export function parseLab(value: unknown): LabOptions {
  const fields = new Fields(value, "", "a lab");
  const paths = pathsOf(fields.value("paths"));
  const options: LabOptions = {
    paths,
    ...defined("router", fields.boolean("router")),
    ...defined("mptcp", fields.word("mptcp", MODES)),
    ...defined("seed", fields.number("seed", SEED)),
    ...defined("link", fields.word("link", LINKS)),
  };
  fields.end();
  return options;
}

/**
 * Reads a change of a path from a value that somebody wrote.
 *
 * @param value Anything.
 * @returns The same change, each part of it possible by itself.
 * @throws {MptError} `ERR_INVALID_VALUE` naming the first key that is unknown, of a wrong type or out of range.
 */
export function checkChange(value: unknown): PathChange {
  const fields = new Fields(value, "", "a lab");
  const rebind = fields.boolean("rebind");
  if (rebind === false) throw badValue(rebind, "rebind", "it can only be true");
  const change: PathChange = {
    ...defined("state", fields.word("state", ["up", "down"])),
    ...defined("blackhole", fields.boolean("blackhole")),
    ...defined("rateMbit", fields.numberOrNull("rateMbit", RATE)),
    ...defined("delayMs", fields.number("delayMs", DELAY)),
    ...defined("jitterMs", fields.number("jitterMs", DELAY)),
    ...defined("loss", fields.number("loss", PART)),
    ...defined("burst", fields.numberOrNull("burst", BURST)),
    ...defined("direction", fields.word("direction", ["up", "down", "both"])),
    ...defined("address", fields.word("address", ["removed", "present"])),
    ...(rebind === true ? { rebind } : {}),
    ...defined("resetNewFlows", fields.boolean("resetNewFlows")),
  };
  fields.end();
  return change;
}

function pathsOf(value: unknown): readonly PathOptions[] {
  if (value === undefined) throw wrongNumber("do without paths");
  if (!Array.isArray(value)) throw badValue(value, "paths", `it is not a list of 1 to ${MAX_PATHS} paths`);
  if (value.length < 1 || value.length > MAX_PATHS) throw wrongNumber(`use ${value.length} paths`);
  const paths = value.map((path: unknown, index) => pathOf(path, `paths[${index}]`));
  const seen = new Map<string, number>();
  for (const [index, path] of paths.entries()) {
    const name = path.name ?? `path${index + 1}`;
    const other = seen.get(name);
    if (other !== undefined) {
      throw badValue(name, `paths[${index}].name`, `paths[${other}] has the same name`);
    }
    seen.set(name, index);
  }
  return paths;
}

function wrongNumber(what: string): MptError {
  return new MptError("ERR_INVALID_VALUE", `Cannot ${what}: a lab has 1 to ${MAX_PATHS} of them`, {
    data: { key: "paths" },
  });
}

function pathOf(value: unknown, key: string): PathOptions {
  const fields = new Fields(value, key);
  const path: PathOptions = {
    ...defined("name", nameOf(fields)),
    ...directionOf(fields),
    ...defined("up", halfOf(fields, "up")),
    ...defined("down", halfOf(fields, "down")),
    ...defined("mtu", fields.number("mtu", MTU)),
    ...defined("ipv4", fields.boolean("ipv4")),
    ...defined("ipv6", fields.boolean("ipv6")),
    ...defined("nat", fields.boolean("nat")),
    ...defined("backup", fields.boolean("backup")),
    ...defined("link", fields.word("link", LINKS)),
  };
  fields.end();
  return path;
}

function nameOf(fields: Fields): string | undefined {
  const name = fields.text("name");
  if (name === undefined) return undefined;
  if (!NAME.test(name)) {
    throw badValue(name, fields.key("name"), "it is not a letter and up to 10 of a-z, 0-9 and -");
  }
  if (RESERVED.includes(name)) {
    throw badValue(name, fields.key("name"), `${quote(name)} is the name of something else on every host`);
  }
  return name;
}

function halfOf(fields: Fields, name: "up" | "down"): DirectionOptions | undefined {
  const value = fields.value(name);
  if (value === undefined) return undefined;
  const half = new Fields(value, fields.key(name));
  const direction = directionOf(half);
  half.end();
  return direction;
}

function directionOf(fields: Fields): DirectionOptions {
  const queueMs = fields.number("queueMs", QUEUE_MS);
  const queuePackets = fields.number("queuePackets", QUEUE_PACKETS);
  if (queueMs !== undefined && queuePackets !== undefined) {
    throw badValue(queuePackets, fields.key("queuePackets"), "queueMs is there too; give one of them");
  }
  return {
    ...defined("rateMbit", fields.number("rateMbit", RATE)),
    ...defined("delayMs", fields.number("delayMs", DELAY)),
    ...defined("jitterMs", fields.number("jitterMs", DELAY)),
    ...defined("loss", fields.number("loss", PART)),
    ...defined("burst", fields.number("burst", BURST)),
    ...defined("queueMs", queueMs),
    ...defined("queuePackets", queuePackets),
  };
}
