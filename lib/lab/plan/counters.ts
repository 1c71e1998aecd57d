import { MptError } from "../../base/errors.ts";

/** What the interface that sends has done, by `ip -s -j link` and `tc -s -j qdisc`. */
export interface SenderCounters {
  /** Packets that left it. */
  readonly packets: number;
  /** The bytes of these packets, with their link-layer headers. */
  readonly bytes: number;
  /** Packets that its queue dropped. */
  readonly dropped: number;
}

/** What the rules of the interface that receives dropped, by `nft -j list table`. */
export interface FilterCounters {
  /** Packets that were lost. */
  readonly lost: number;
  /** Packets that were swallowed. */
  readonly swallowed: number;
  /** The bytes of both, without their link-layer headers. */
  readonly bytes: number;
}

/**
 * Reads what a sender has done.
 *
 * @param link What `ip -s -j link show dev DEVICE` prints.
 * @param qdisc What `tc -s -j qdisc show dev DEVICE` prints.
 * @throws {MptError} `ERR_PROTOCOL` when they print something else.
 */
export function senderCounters(link: string, qdisc: string): SenderCounters {
  const tx = member(member(first(link, "ip"), "stats64"), "tx");
  return {
    packets: count(member(tx, "packets")),
    bytes: count(member(tx, "bytes")),
    dropped: list(parsed(qdisc, "tc")).reduce<number>((sum, one) => sum + optional(member(one, "drops")), 0),
  };
}

/**
 * Reads what a filter dropped.
 *
 * @param text What `nft -j list table` prints.
 * @throws {MptError} `ERR_PROTOCOL` when it prints something else.
 */
export function filterCounters(text: string): FilterCounters {
  const rules = list(member(parsed(text, "nft"), "nftables")).map((entry) => member(entry, "rule"));
  const sum = (name: string, unit: string): number => {
    const expressions = rules.filter((rule) => member(rule, "comment") === name)
      .flatMap((rule) => list(member(rule, "expr")));
    return expressions.reduce<number>(
      (total, one) => total + optional(member(member(one, "counter"), unit)),
      0,
    );
  };
  return {
    lost: sum("lost", "packets"),
    swallowed: sum("swallowed", "packets"),
    bytes: sum("lost", "bytes") + sum("swallowed", "bytes"),
  };
}

/** Two readings together. */
export function addFilterCounters(one: FilterCounters, other: FilterCounters): FilterCounters {
  return {
    lost: one.lost + other.lost,
    swallowed: one.swallowed + other.swallowed,
    bytes: one.bytes + other.bytes,
  };
}

/** A filter that dropped nothing. */
export const NOTHING_DROPPED: FilterCounters = { lost: 0, swallowed: 0, bytes: 0 };

function parsed(text: string, program: string): unknown {
  try {
    // tc prints nothing for an interface without a queue.
    return text.trim() === "" ? [] : JSON.parse(text);
  } catch (error) {
    throw new MptError("ERR_PROTOCOL", `Cannot read the counters of ${program}: it is not JSON`, {
      cause: error,
    });
  }
}

function first(text: string, program: string): unknown {
  const [entry] = list(parsed(text, program));
  return entry;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}

function optional(value: unknown): number {
  return value === undefined ? 0 : count(value);
}

function count(value: unknown): number {
  if (typeof value === "number" && value >= 0) return value;
  throw new MptError("ERR_PROTOCOL", "Cannot read the counters of a link: a number is missing");
}
