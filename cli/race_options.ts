import { type Command, Option } from "@commander-js/extra-typings";
import { Endpoint } from "../lib/base/endpoint.ts";
import type { AddressFamily } from "../lib/base/ip.ts";
import { parseDuration, parseInteger } from "../lib/base/units.ts";
import type {
  ProfileName,
  RaceInterfaceOptions,
  RaceOptions,
  RaceRequirement,
  RaceTimings,
} from "../lib/race/mod.ts";
import { duration, integer } from "./common_options.ts";
import { usage } from "./usage.ts";

/** The options of `mpt race` that say how one race is run. */
export type RaceCliOptions = {
  readonly algorithm?: "hev2" | "hev3" | undefined;
  readonly family?: "auto" | "both" | AddressFamily | undefined;
  readonly prefer?: AddressFamily | undefined;
  readonly resolver?: readonly Endpoint[] | undefined;
  readonly httpsRecords?: "auto" | "always" | "never" | undefined;
  readonly nat64?: readonly string[] | undefined;
  readonly interface?: readonly RaceInterfaceOptions[] | undefined;
  readonly order?: "address" | "transport" | undefined;
  readonly parallel?: number | undefined;
  readonly resolutionDelay?: number | undefined;
  readonly attemptDelay?: number | undefined;
  readonly constant?: Partial<RaceTimings> | undefined;
  readonly connectTimeout?: number | undefined;
  readonly congestion?: string | undefined;
};

/** The clients that `--profile` knows. */
export const PROFILE_NAMES: readonly ProfileName[] = [
  "chrome",
  "firefox",
  "safari",
  "curl",
  "go",
  "node",
  "deno",
];

/** The constants by the names that `--constant` takes, and what their values are. */
const CONSTANTS: ReadonlyMap<string, readonly [keyof RaceTimings, "duration" | "factor" | "count"]> = new Map(
  [
    ["resolution-delay", ["resolutionDelayMs", "duration"]],
    ["attempt-delay", ["attemptDelayMs", "duration"]],
    ["min-attempt-delay", ["minAttemptDelayMs", "duration"]],
    ["max-attempt-delay", ["maxAttemptDelayMs", "duration"]],
    ["attempt-delay-factor", ["attemptDelayFactor", "factor"]],
    ["family-count", ["preferredFamilyCount", "count"]],
    ["after-failure", ["afterFailureMs", "duration"]],
    ["last-resort-synthesis", ["lastResortSynthesisMs", "duration"]],
  ],
);

/** A delay of a race is never longer, in milliseconds. */
const MAX_DELAY_MS = 60_000;

/** Adds the options that say how one race is run. */
export function withRaceOptions<
  A extends unknown[],
  O extends Record<string, unknown>,
  G extends Record<string, unknown>,
>(command: Command<A, O, G>): Command<A, O & RaceCliOptions, G> {
  return command
    .addOption(
      new Option("--algorithm <version>", "RFC 8305 or the draft of version 3 (default: hev3)").choices(
        ["hev2", "hev3"] as const,
      ),
    )
    .addOption(
      new Option("--family <which>", "auto, both, 4 or 6 (default: auto, those that this host has)")
        .argParser(
          families,
        ),
    )
    .addOption(new Option("--prefer <family>", "the family to begin with, 4 or 6").argParser(family))
    .addOption(
      new Option("--resolver <address>", "ask this DNS server; repeatable (default: /etc/resolv.conf)")
        .argParser((text: string, earlier: readonly Endpoint[] | undefined) => [
          ...earlier ?? [],
          dnsServer(text),
        ]),
    )
    .addOption(
      new Option("--https-records <when>", "ask for HTTPS records (default: auto, on port 443)").choices(
        ["auto", "always", "never"] as const,
      ),
    )
    .addOption(
      new Option("--nat64 <prefix>", "a prefix of NAT64, such as 64:ff9b::/96; repeatable").argParser(
        (text: string, earlier: readonly string[] | undefined) => [...earlier ?? [], text],
      ),
    )
    .addOption(
      new Option("--interface <list>", "race these interfaces: wlan0,wwan0 or wlan0,wwan0:500ms").argParser(
        interfaces,
      ),
    )
    .addOption(
      new Option("--order <by>", "all transports of an address first, or all addresses").choices(
        ["address", "transport"] as const,
      ),
    )
    .option("--parallel <n>", "attempts at once (default: no limit)", integer(1, 1000))
    .option("--resolution-delay <ms>", "wait so long for the other answers (default: 50)", delay)
    .option("--attempt-delay <ms>", "from one attempt to the next (default: 250)", delay)
    .addOption(
      new Option("--constant <name=value>", `one of ${[...CONSTANTS.keys()].join(", ")}; repeatable`)
        .argParser(constant),
    )
    .option("--connect-timeout <seconds>", "for one attempt (default: 10)", duration)
    .option(
      "--congestion <name>",
      "congestion control, such as cubic",
    ) as unknown as Command<A, O & RaceCliOptions, G>;
}

/** What the options say, in the words of the library; left out is what was not given. */
export function raceChoice(options: RaceCliOptions): Omit<RaceOptions, "signal" | "quic"> {
  return {
    ...options.constant,
    ...given("algorithm", options.algorithm),
    ...given("families", options.family),
    ...given("preferredFamily", options.prefer),
    ...given("resolver", options.resolver),
    ...given("serviceRecords", options.httpsRecords),
    ...given("nat64", options.nat64),
    ...given("interfaces", options.interface),
    ...given("transportOrder", options.order),
    ...given("maxParallel", options.parallel),
    ...given("resolutionDelayMs", options.resolutionDelay),
    ...given("attemptDelayMs", options.attemptDelay),
    ...given("attemptTimeoutMs", options.connectTimeout),
    ...given("congestion", options.congestion),
  };
}

function given<K extends keyof RaceOptions>(
  name: K,
  value: RaceOptions[K] | undefined,
): { readonly [Key in K]?: RaceOptions[K] } {
  return value === undefined ? {} : { [name]: value } as { readonly [Key in K]: RaceOptions[K] };
}

/** Reads a delay, milliseconds unless it names a unit. */
function delay(text: string): number {
  return usage(() => parseDuration(text, { unit: "ms", max: MAX_DELAY_MS }));
}

function constant(text: string, earlier: Partial<RaceTimings> | undefined): Partial<RaceTimings> {
  return usage(() => {
    const at = text.indexOf("=");
    const name = text.slice(0, Math.max(0, at)).trim();
    const value = text.slice(at + 1).trim();
    const known = CONSTANTS.get(name);
    if (known === undefined) {
      throw new RangeError(`${JSON.stringify(text)} sets none of ${[...CONSTANTS.keys()].join(", ")}`);
    }
    return { ...earlier, [known[0]]: constantValue(known[1], value) };
  });
}

function constantValue(kind: "duration" | "factor" | "count", text: string): number {
  if (kind === "duration") return parseDuration(text, { unit: "ms", max: MAX_DELAY_MS });
  if (kind === "count") return parseInteger(text, { min: 1, max: 1000 });
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) < 1) throw new RangeError("A factor is a number from 1");
  return Number(text);
}

function families(text: string): "auto" | "both" | AddressFamily {
  return text === "auto" || text === "both" ? text : family(text);
}

function family(text: string): AddressFamily {
  return usage(() => {
    if (text === "4" || text === "ipv4") return 4;
    if (text === "6" || text === "ipv6") return 6;
    throw new RangeError(`${JSON.stringify(text)} is not an address family: use 4 or 6`);
  });
}

function dnsServer(text: string): Endpoint {
  return usage(() => {
    const endpoint = Endpoint.parse(text);
    if (endpoint.ip === undefined || endpoint.transport !== undefined) {
      throw new RangeError(`${JSON.stringify(text)} is not the address of a DNS server`);
    }
    return endpoint;
  });
}

function interfaces(text: string): readonly RaceInterfaceOptions[] {
  return usage(() =>
    text.split(",").map((part) => {
      const [name = "", later] = part.trim().split(":", 2);
      if (name === "") throw new RangeError("the name of an interface is missing");
      return later === undefined ? { name } : { name, delayMs: delay(later) };
    })
  );
}

/** Reads the list of `--profile`. */
export function profiles(text: string): readonly ProfileName[] {
  if (text === "all") return PROFILE_NAMES;
  return usage(() => oneOf(text, PROFILE_NAMES, (name) => `There is no profile ${name}`));
}

/** A reader of the list of `--require`. */
export function requirements(
  known: readonly RaceRequirement[],
): (text: string) => readonly RaceRequirement[] {
  return (text) => usage(() => oneOf(text, known, (name) => `${name} cannot be required`));
}

function oneOf<T extends string>(
  text: string,
  known: readonly T[],
  refusal: (name: string) => string,
): readonly T[] {
  return text.split(",").map((part) => {
    const found = known.find((each) => each === part.trim());
    if (found !== undefined) return found;
    throw new RangeError(`${refusal(JSON.stringify(part))}: use ${known.join(", ")}`);
  });
}
