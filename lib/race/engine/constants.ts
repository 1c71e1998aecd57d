/** Which text the race follows: RFC 8305, or draft-ietf-happy-happyeyeballs-v3 (head of 2026-07-30). */
export type RaceVersion = "hev2" | "hev3";

/** Everything that can be chosen about the timing of a race. */
export interface RaceTimings {
  /** From the first address on, how long to wait for the other answers. @default {50} */
  readonly resolutionDelayMs: number;
  /** From the start of one attempt to the start of the next, 10 or more. @default {250} */
  readonly attemptDelayMs: number;
  /** The least that the delay between attempts may become, 10 or more. @default {100} */
  readonly minAttemptDelayMs: number;
  /** The most that the delay between attempts may become. @default {2000} */
  readonly maxAttemptDelayMs: number;
  /** What the delay is multiplied by after each attempt, 1 or more. @default {1} */
  readonly attemptDelayFactor: number;
  /** How many addresses of the first family are tried before the other one, 1 or more. @default {1} */
  readonly preferredFamilyCount: number;
  /** From the start of an attempt to the start of the next when one has failed. @default {0} */
  readonly afterFailureMs: number;
  /** For how long answers are still taken when the race is won. @default {1000} */
  readonly answersAfterSuccessMs: number;
  /** With hev2, from the last attempt to the A query of a network with IPv6 only. @default {2000} */
  readonly lastResortSynthesisMs: number;
}

/** A constant of Happy Eyeballs with the clauses that set it; null where a version does not know it. */
export interface RaceConstant {
  /** Which of them. */
  readonly name: keyof RaceTimings;
  /** Its default. */
  readonly value: number;
  /** The clause of RFC 8305. */
  readonly hev2: string | null;
  /** The clause of the draft of version 3. */
  readonly hev3: string | null;
  /** What it is, in words. */
  readonly meaning: string;
}

/** RFC 8305 5, draft-ietf-happy-happyeyeballs-v3 6: no attempt may start sooner after the one before it. */
export const HARD_MIN_ATTEMPT_DELAY_MS = 10;

/** Every constant of the race in one place. */
export const RACE_CONSTANTS: readonly RaceConstant[] = Object.freeze([
  {
    name: "resolutionDelayMs",
    value: 50,
    hev2: "RFC 8305 3 and 8",
    hev3: "draft-ietf-happy-happyeyeballs-v3 4.2",
    meaning: "from the first address on, how long to wait for the preferred family and the service records",
  },
  {
    name: "attemptDelayMs",
    value: 250,
    hev2: "RFC 8305 5 and 8",
    hev3: "draft-ietf-happy-happyeyeballs-v3 6",
    meaning: "from the start of one attempt to the start of the next",
  },
  {
    name: "minAttemptDelayMs",
    value: 100,
    hev2: "RFC 8305 5 and 8",
    hev3: "draft-ietf-happy-happyeyeballs-v3 6",
    meaning: "the least that the delay between attempts may become",
  },
  {
    name: "maxAttemptDelayMs",
    value: 2000,
    hev2: "RFC 8305 5 and 8",
    hev3: "draft-ietf-happy-happyeyeballs-v3 6",
    meaning: "the most that the delay between attempts may become",
  },
  {
    name: "attemptDelayFactor",
    value: 1,
    hev2: "RFC 8305 5: a fixed delay",
    hev3: "draft-ietf-happy-happyeyeballs-v3 6: the delay may differ for each attempt",
    meaning: "what the delay is multiplied by after each attempt",
  },
  {
    name: "preferredFamilyCount",
    value: 1,
    hev2: "RFC 8305 4 and 8 (First Address Family Count)",
    hev3: "draft-ietf-happy-happyeyeballs-v3 5.3 (Preferred Address Family Count)",
    meaning: "how many addresses of the first family are tried before the other one",
  },
  {
    name: "afterFailureMs",
    value: 0,
    hev2: "not in RFC 8305; what curl, Node.js, Deno and Go do",
    hev3: "not in the draft; what curl, Node.js, Deno and Go do",
    meaning: "from the start of an attempt to the start of the next when one has failed",
  },
  {
    name: "answersAfterSuccessMs",
    value: 1000,
    hev2: "RFC 8305 5",
    hev3: "draft-ietf-happy-happyeyeballs-v3 6",
    meaning: "for how long answers are still taken, for the cache, when the race is won",
  },
  {
    name: "lastResortSynthesisMs",
    value: 2000,
    hev2: "RFC 8305 7.2 and 8 (Last Resort Local Synthesis Delay)",
    hev3: null,
    meaning: "from the start of the last attempt to the A query of a network with IPv6 only",
  },
]);

/** RFC 9460 3.1 asks for a limit to the aliases that are followed and leaves the number open. */
export const MAX_ALIASES = 8;

/** Services of one answer that are used, those with the best priority: what a stranger can ask of us. */
export const MAX_SERVICES = 32;

/** Addresses of one answer that are used; no host has so many, and each is an attempt. */
export const MAX_ADDRESSES = 256;

/** RFC 6298 2.2: the first timeout in round trips, SRTT + 4 * RTTVAR with RTTVAR = SRTT / 2. */
export const TIMEOUT_IN_RTTS = 3;

/** The values of {@linkcode RACE_CONSTANTS}. */
export const DEFAULT_TIMINGS: RaceTimings = Object.freeze({
  resolutionDelayMs: valueOf("resolutionDelayMs"),
  attemptDelayMs: valueOf("attemptDelayMs"),
  minAttemptDelayMs: valueOf("minAttemptDelayMs"),
  maxAttemptDelayMs: valueOf("maxAttemptDelayMs"),
  attemptDelayFactor: valueOf("attemptDelayFactor"),
  preferredFamilyCount: valueOf("preferredFamilyCount"),
  afterFailureMs: valueOf("afterFailureMs"),
  answersAfterSuccessMs: valueOf("answersAfterSuccessMs"),
  lastResortSynthesisMs: valueOf("lastResortSynthesisMs"),
});

function valueOf(name: keyof RaceTimings): number {
  return RACE_CONSTANTS.find((each) => each.name === name)?.value ?? NaN;
}
