import { badValue, defined, Fields, type Range } from "../base/fields.ts";
import { Endpoint } from "../base/endpoint.ts";
import type { AddressFamily } from "../base/ip.ts";
import { type Transport, TRANSPORTS } from "../base/transport.ts";
import { HARD_MIN_ATTEMPT_DELAY_MS, RACE_CONSTANTS, type RaceTimings } from "./engine/constants.ts";
import { DEFAULT_POLICY, IPV4_FIRST_POLICY } from "./order/policy_table.ts";
import { planRace, type RaceInterfaceOptions, type RaceOptions } from "./plan.ts";

/** How a race goes, as data: what a policy file or the profile of a client sets. Everything may be left open. */
export type RacePolicy =
  & Partial<RaceTimings>
  & Pick<
    RaceOptions,
    | "algorithm"
    | "transports"
    | "transportOrder"
    | "interfaces"
    | "families"
    | "preferredFamily"
    | "policy"
    | "serviceRecords"
    | "waitForAllAnswers"
    | "lists"
    | "keepEarlier"
    | "delayFromRtt"
    | "hastenOnAnswers"
    | "maxParallel"
    | "attemptTimeoutMs"
    | "timeoutMs"
  >;

/** An hour is longer than anybody waits. */
const DELAY: Range = { min: 0, max: 3_600_000 };

/** What the timings may be; the others are delays. */
const TIMING_RANGES: Readonly<Partial<Record<keyof RaceTimings, Range>>> = {
  attemptDelayMs: { min: HARD_MIN_ATTEMPT_DELAY_MS, max: DELAY.max },
  minAttemptDelayMs: { min: HARD_MIN_ATTEMPT_DELAY_MS, max: DELAY.max },
  maxAttemptDelayMs: { min: HARD_MIN_ATTEMPT_DELAY_MS, max: DELAY.max },
  attemptDelayFactor: { min: 1, max: 100 },
  preferredFamilyCount: { min: 1, max: 256, whole: true },
};

/** The words of a policy for the families, and what they stand for. */
const FAMILIES: ReadonlyMap<unknown, AddressFamily> = new Map<unknown, AddressFamily>([
  ["ipv6", 6],
  ["ipv4", 4],
]);

/** The name of an interface in Linux: at most 15 characters, no slash, no space. */
const INTERFACE = /^[^\s/]{1,15}$/;

/** Interfaces of one race; a policy that names more is a mistake. */
const MAX_INTERFACES = 64;

/**
 * Reads a policy from a value that somebody wrote, such as a parsed TOML or JSON file.
 *
 * The settings are `algorithm`, `families` (those that are used, the first is tried first), `transports`,
 * `transportOrder`, `interfaces` (each with `name` and `delayMs`), the constants of the race such as
 * `attemptDelayMs`, `serviceRecords`, `maxParallel`, `attemptTimeoutMs`, `timeoutMs` and the switches of
 * {@linkcode RacePolicy}.
 *
 * @param value Anything.
 * @returns The policy; each part of it is possible, and they go together.
 * @throws {MptError} `ERR_INVALID_VALUE` naming the first key that is unknown, of a wrong type or out of range
 * (`data.key`), or saying what does not go together.
 *
 * @example IPv4 first, and never more than two attempts at once
 * ```ts
 * import assert from "node:assert/strict";
 * import { parsePolicy } from "@multipath/mpt/race";
 *
 * const policy = parsePolicy({ families: ["ipv4", "ipv6"], maxParallel: 2 });
 * assert(policy.preferredFamily === 4 && policy.maxParallel === 2);
 * assert.throws(() => parsePolicy({ atemptDelayMs: 250 }), /no such setting/);
 * ```
 */
export function parsePolicy(value: unknown): RacePolicy {
  const fields = new Fields(value, "", "a policy");
  const policy: RacePolicy = {
    ...defined("algorithm", fields.word("algorithm", ["hev2", "hev3"])),
    ...familiesOf(fields.value("families")),
    ...defined("transports", transportsOf(fields.value("transports"))),
    ...defined("transportOrder", fields.word("transportOrder", ["address", "transport"])),
    ...defined("interfaces", interfacesOf(fields.value("interfaces"))),
    ...timingsOf(fields),
    ...defined("maxParallel", fields.number("maxParallel", { min: 1, max: 10_000, whole: true })),
    ...defined("attemptTimeoutMs", fields.number("attemptTimeoutMs", { min: 1, max: DELAY.max })),
    ...defined("timeoutMs", fields.number("timeoutMs", { min: 1, max: DELAY.max })),
    ...defined("lists", fields.word("lists", ["mixed", "by-family"])),
    ...defined("waitForAllAnswers", fields.boolean("waitForAllAnswers")),
    ...defined("keepEarlier", fields.boolean("keepEarlier")),
    ...defined("delayFromRtt", fields.boolean("delayFromRtt")),
    ...defined("hastenOnAnswers", fields.boolean("hastenOnAnswers")),
    ...defined("serviceRecords", fields.word("serviceRecords", ["auto", "always", "never"])),
  };
  fields.end();
  // What does not go together is said now, before anything is asked for
  planRace(Endpoint.parse("example.com"), policy);
  return policy;
}

/** The first family comes first, in the list of candidates and when answers are waited for. */
function familiesOf(value: unknown): Pick<RacePolicy, "families" | "preferredFamily" | "policy"> {
  if (value === undefined) return {};
  const words = listOf(value, "families", 2);
  const families = words.map((word, index) => {
    const family = FAMILIES.get(word);
    if (family === undefined) throw badValue(word, `families[${index}]`, "it is not one of ipv6, ipv4");
    return family;
  });
  const [first = 6] = families;
  if (new Set(families).size < families.length) throw badValue(words, "families", "a family is there twice");
  const policy = first === 4 ? IPV4_FIRST_POLICY : DEFAULT_POLICY;
  return { families: families.length === 1 ? first : "auto", preferredFamily: first, policy };
}

function transportsOf(value: unknown): readonly Transport[] | undefined {
  if (value === undefined) return undefined;
  const words = listOf(value, "transports", TRANSPORTS.length);
  const transports = words.map((word, index) => {
    const transport = TRANSPORTS.find((name) => name === word);
    if (transport !== undefined) return transport;
    throw badValue(word, `transports[${index}]`, `it is not one of ${TRANSPORTS.join(", ")}`);
  });
  if (new Set(transports).size < transports.length) {
    throw badValue(words, "transports", "a transport is there twice");
  }
  return transports;
}

function interfacesOf(value: unknown): readonly RaceInterfaceOptions[] | undefined {
  if (value === undefined) return undefined;
  const names = new Set<string>();
  return listOf(value, "interfaces", MAX_INTERFACES).map((each, index) => {
    const fields = new Fields(each, `interfaces[${index}]`);
    const name = fields.text("name");
    const delayMs = fields.number("delayMs", DELAY);
    fields.end();
    if (name === undefined || !INTERFACE.test(name)) {
      throw badValue(name ?? null, fields.key("name"), "it is not the name of an interface");
    }
    if (names.has(name)) throw badValue(name, fields.key("name"), "it is there twice");
    names.add(name);
    return { name, ...defined("delayMs", delayMs) };
  });
}

function timingsOf(fields: Fields): Partial<RaceTimings> {
  const timings: { -readonly [Key in keyof RaceTimings]?: RaceTimings[Key] } = {};
  for (const { name } of RACE_CONSTANTS) {
    const value = fields.number(name, TIMING_RANGES[name] ?? DELAY);
    if (value !== undefined) timings[name] = value;
  }
  return timings;
}

function listOf(value: unknown, key: string, most: number): readonly unknown[] {
  if (Array.isArray(value) && value.length >= 1 && value.length <= most) return value;
  throw badValue(value, key, `it is not a list of 1 to ${most}`);
}
