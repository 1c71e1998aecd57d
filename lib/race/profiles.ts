import type { RacePolicy } from "./policy.ts";

/** The clients whose published behaviour a race can follow. */
export type ProfileName = "chrome" | "firefox" | "safari" | "curl" | "go" | "node" | "deno";

/** How a client opens connections, as far as that is published or was measured. */
export interface RaceProfile {
  /** How it is called on the command line. */
  readonly name: ProfileName;
  /** The client and its version. */
  readonly client: string;
  /** What a race is run with. */
  readonly policy: RacePolicy;
  /** Where the values come from. */
  readonly source: string;
  /** What nobody has published: the race has the value of the standard there. */
  readonly unknown: readonly string[];
  /** What of the client a race does not imitate. */
  readonly differs: readonly string[];
}

/** Clients that ask `getaddrinfo(3)`, which answers when both families are known. */
const GETADDRINFO: RacePolicy = {
  algorithm: "hev2",
  transports: ["tcp"],
  waitForAllAnswers: true,
  serviceRecords: "never",
};

/** Lazy Eye Inspection, IMC 2025. */
const LAZY_EYE = "Lazy Eye Inspection (arXiv:2412.00263)";

/** The profiles in the order in which they are shown. */
export const PROFILES: readonly RaceProfile[] = Object.freeze([
  {
    name: "chrome",
    client: "Chrome 130",
    policy: { ...GETADDRINFO, attemptDelayMs: 300, lists: "by-family" },
    source: `kIPv6FallbackTime of Chromium's net/socket; ${LAZY_EYE}`,
    unknown: [],
    differs: [
      "HTTPS records are asked for; they decide about protocols and ECH, not about the order of addresses",
      "QUIC is raced where the client knows from earlier that the server has it",
    ],
  },
  {
    name: "firefox",
    client: "Firefox 132",
    policy: { ...GETADDRINFO, attemptDelayMs: 250, lists: "by-family" },
    source: `network.http.connection-retry-timeout; ${LAZY_EYE}`,
    unknown: ["how long one address of a list is tried"],
    differs: [
      "A is asked for before AAAA",
      "the nightly versions of 2026 race with a delay of 50 ms that doubles (network.http.happy_eyeballs_*)",
    ],
  },
  {
    name: "safari",
    client: "Safari 17.6",
    policy: {
      algorithm: "hev3",
      transports: ["tcp"],
      delayFromRtt: true,
      minAttemptDelayMs: 50,
      maxAttemptDelayMs: 2000,
      serviceRecords: "auto",
    },
    source: LAZY_EYE,
    unknown: ["the delay for a destination without history", "the resolution delay"],
    differs: ["the delay follows all that the system has measured; a race of one run has no history"],
  },
  {
    name: "curl",
    client: "curl 7.88",
    policy: { ...GETADDRINFO, attemptDelayMs: 200, lists: "by-family" },
    source: "CURL_HET_DEFAULT; measured: the second family after 200 ms",
    unknown: [],
    differs: ["one address of a list is tried for half of the time that is left"],
  },
  {
    name: "go",
    client: "Go net.Dialer",
    policy: { ...GETADDRINFO, attemptDelayMs: 300, lists: "by-family" },
    source: "FallbackDelay of net/dial.go",
    unknown: [],
    differs: ["one address of a list is tried for its share of the time that is left, with a deadline"],
  },
  {
    name: "node",
    client: "Node.js 20",
    policy: { ...GETADDRINFO, attemptDelayMs: 250, keepEarlier: false },
    source: "autoSelectFamilyAttemptTimeout of net.connect; measured: 250 ms, and 500 ms with Node.js 26",
    unknown: [],
    differs: [],
  },
  {
    name: "deno",
    client: "Deno.connect of Deno 2.9",
    policy: { ...GETADDRINFO, attemptDelayMs: 250 },
    source: "autoSelectFamilyAttemptDelay of Deno.connect; measured: 250 ms",
    unknown: [],
    differs: ["fetch has 300 ms and a list for each family; node:net has 500 ms and begins with IPv4"],
  },
]);

/**
 * The profile of a client.
 *
 * @param name Any text.
 * @returns Null when there is none of that name.
 *
 * @example Whose attempt delay is 200 ms
 * ```ts
 * import assert from "node:assert/strict";
 * import { profileNamed } from "@multipath/mpt/race";
 *
 * assert(profileNamed("curl")?.policy.attemptDelayMs === 200);
 * assert(profileNamed("netscape") === null);
 * ```
 */
export function profileNamed(name: string): RaceProfile | null {
  return PROFILES.find((profile) => profile.name === name) ?? null;
}
