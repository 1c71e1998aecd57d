import type { AddressFamily } from "../base/ip.ts";
import type { RaceAttemptJson, RaceRound } from "./result.ts";

/** The family as people write it. */
export function familyName(family: AddressFamily): string {
  return `IPv${family}`;
}

/** The attempts that were made. */
export function started({ attempts }: RaceRound): readonly RaceAttemptJson[] {
  return attempts.filter(({ start_ms }) => start_ms !== null);
}

/** The reason at the end of a message, which says again where to. */
export function reasonOf({ error, outcome, cancel_reason }: RaceAttemptJson): string {
  if (error !== null) return error.message.replace(/^Cannot .*?: /, "");
  return outcome === "cancelled" && cancel_reason !== null ? `given up (${cancel_reason})` : outcome;
}
