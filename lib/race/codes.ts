/** The findings of a race. */
export const RACE_CODES = [
  "race-won",
  "families-equal",
  "other-family-faster",
  "other-family-slower",
  "hidden-failure",
  "hidden-silence",
  "hidden-failures",
  "mptcp-unanswered",
  "mptcp-fell-back",
  "dns-query-failed",
  "dns-slow",
  "nothing-connected",
  "no-address",
  "dns-failed",
  "race-undecided",
  "no-network",
  "no-ipv4",
  "no-ipv6",
] as const;

/** The stable name of a finding of a race. */
export type RaceCode = (typeof RACE_CODES)[number];
