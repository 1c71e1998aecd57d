import { type Attempt, isRunning } from "./attempt.ts";
import type { Candidate, StartReason } from "./values.ts";

/** A candidate, and when it may start. */
export interface ListTurn {
  readonly candidate: Candidate;
  readonly atMs: number;
  readonly reason: StartReason;
}

/**
 * The next start where each family has a list of its own, as RFC 6555 and many clients have it: one attempt of
 * a list at a time, the next when it has failed; the second list begins after a delay, or when the first one
 * is used up.
 *
 * @param waiting What was not started, the next first.
 * @param attempts What was started.
 * @param fallbackMs When the second list may begin.
 * @returns Null when every list waits for its attempt.
 */
export function nextOfLists(
  waiting: readonly Candidate[],
  attempts: readonly Attempt[],
  fallbackMs: number,
): ListTurn | null {
  const [first = null] = waiting;
  if (first === null) return null;
  if (attempts.length === 0) return { candidate: first, atMs: -Infinity, reason: "first" };
  const main = attempts[0]?.candidate.ip.family;
  const isBusy = (family: number | undefined): boolean =>
    attempts.some((each) => each.candidate.ip.family === family && isRunning(each));
  const ofMain = waiting.find(({ ip }) => ip.family === main);
  if (ofMain !== undefined && !isBusy(main)) return { candidate: ofMain, atMs: -Infinity, reason: "failure" };
  const other = waiting.find(({ ip }) => ip.family !== main);
  if (other === undefined || isBusy(other.ip.family)) return null;
  const begun = attempts.some((each) => each.candidate.ip.family === other.ip.family);
  return begun || !isBusy(main)
    ? { candidate: other, atMs: -Infinity, reason: "failure" }
    : { candidate: other, atMs: fallbackMs, reason: "delay" };
}
