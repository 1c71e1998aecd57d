import { MptError } from "../../lib/base/errors.ts";
import { quote } from "../../lib/base/quote.ts";
import { parseDuration, parseInteger, parseRate } from "../../lib/base/units.ts";
import type { DirectionOptions, PathOptions } from "../../lib/lab/mod.ts";
import { parseShare } from "../../lib/lab/plan/share.ts";

/** What the parts of `--path` that hold for a direction are called, and what each sets. */
const DIRECTION_PARTS: ReadonlyMap<string, (value: string) => DirectionOptions> = new Map(Object.entries({
  rate: (value: string) => ({ rateMbit: parseRate(value) / 1e6 }),
  delay: (value: string) => ({ delayMs: parseDuration(value, { unit: "ms", name: "a delay" }) }),
  jitter: (value: string) => ({ jitterMs: parseDuration(value, { unit: "ms", name: "a jitter" }) }),
  loss: (value: string) => ({ loss: parseShare(value, "a loss") }),
  burst: (value: string) => ({ burst: number(value, "a burst") }),
  queue,
}));

const PATH_PARTS: ReadonlyMap<string, (value: string) => PathOptions> = new Map(Object.entries({
  name: (name: string) => ({ name }),
  mtu: (value: string) => ({ mtu: parseInteger(value, { name: "an MTU" }) }),
  ipv4: (value: string) => ({ ipv4: yesOrNo(value) }),
  ipv6: (value: string) => ({ ipv6: yesOrNo(value) }),
  nat: (value: string) => ({ nat: yesOrNo(value) }),
  backup: (value: string) => ({ backup: yesOrNo(value) }),
  link: (value: string) => ({ link: linkKind(value) }),
}));

/** The names of all parts, for messages. */
export const PATH_PART_NAMES: readonly string[] = [
  "name",
  ...DIRECTION_PARTS.keys(),
  ...[...PATH_PARTS.keys()].filter((name) => name !== "name"),
];

/**
 * Reads `rate=20mbit,delay=10ms,loss=1%,up-rate=5mbit,nat,ipv6=no`. A part in front of which `up-` or `down-`
 * stands holds for that direction alone; a part without a value is switched on.
 *
 * @throws {MptError} `ERR_INVALID_VALUE` naming the part.
 */
export function parsePathSpec(text: string): PathOptions {
  let path: PathOptions = {};
  const seen = new Set<string>();
  for (const part of text.split(",")) {
    const at = part.indexOf("=");
    const name = (at < 0 ? part : part.slice(0, at)).trim();
    if (seen.has(name)) throw refuse(text, `${name} is there twice`);
    seen.add(name);
    path = { ...path, ...partOf(text, path, name, at < 0 ? null : part.slice(at + 1).trim()) };
  }
  return path;
}

function partOf(text: string, path: PathOptions, name: string, value: string | null): PathOptions {
  const way = name.startsWith("up-") ? "up" : name.startsWith("down-") ? "down" : null;
  const direction = DIRECTION_PARTS.get(way === null ? name : name.slice(way.length + 1));
  if (direction !== undefined) {
    if (value === null) throw refuse(text, `${name} has no value: write ${name}=...`);
    const options = direction(value);
    return way === null ? options : { [way]: { ...path[way], ...options } };
  }
  const other = PATH_PARTS.get(name);
  if (other === undefined) {
    throw refuse(
      text,
      `there is no part ${quote(name)}; there are ${PATH_PART_NAMES.join(", ")}, and up-... and down-...`,
    );
  }
  return other(value ?? "yes");
}

/** `50ms` is how long the queue takes to empty, `100` or `100p` how many packets it holds. */
function queue(value: string): DirectionOptions {
  const packets = /^(\d+)p?$/.exec(value)?.[1];
  if (packets !== undefined) return { queuePackets: parseInteger(packets, { name: "a queue" }) };
  return { queueMs: parseDuration(value, { name: "a queue" }) };
}

function number(value: string, name: string): number {
  const number = Number(value);
  if (/^\d{1,6}(\.\d{1,6})?$/.test(value)) return number;
  throw new MptError("ERR_INVALID_VALUE", `Cannot use ${quote(value)} as ${name}: it is not a number`);
}

function yesOrNo(value: string): boolean {
  if (value === "yes" || value === "no") return value === "yes";
  throw new MptError("ERR_INVALID_VALUE", `Cannot use ${quote(value)}: say yes or no`);
}

function linkKind(value: string): NonNullable<PathOptions["link"]> {
  if (value === "auto" || value === "veth" || value === "netem" || value === "emulated") return value;
  throw new MptError(
    "ERR_INVALID_VALUE",
    `Cannot use ${quote(value)} as a link: there are auto, veth, netem, emulated`,
  );
}

function refuse(text: string, reason: string): MptError {
  return new MptError("ERR_INVALID_VALUE", `Cannot use ${quote(text)} as a path: ${reason}`);
}
