import type { AddressPair } from "./pair.ts";

/**
 * Where a pair stands: it waits for its turn or until it may be tried again, or it has a path, which is closed
 * at last.
 */
export type PairState = "idle" | "waiting" | "opening" | "active" | "failing" | "closing";

/** A pair and what became of it. */
export interface Attempt {
  pair: AddressPair;
  state: PairState;
  /** The path; -1 while there is none. */
  pathId: number;
  /** How often in a row it came to nothing. */
  failures: number;
  /** When it may be tried again. */
  retryAtUs: number;
  /** Since when the path has been active. */
  activeSinceUs: number;
}

/** How long to leave a pair alone. */
export interface Backoff {
  /** After the first failure, in milliseconds. */
  readonly firstMs: number;
  /** At the most, in milliseconds. */
  readonly mostMs: number;
  /** A path that was active for so long, in milliseconds, was no failure. */
  readonly stableMs: number;
}

/** A pair that was not tried yet. */
export function newAttempt(pair: AddressPair): Attempt {
  return { pair, state: "idle", pathId: -1, failures: 0, retryAtUs: 0, activeSinceUs: Infinity };
}

/** Notes that the path of a pair was closed on purpose: it may be opened again at any time. */
export function release(attempt: Attempt): void {
  attempt.state = "idle";
  attempt.pathId = -1;
  attempt.activeSinceUs = Infinity;
}

/** Notes that the path of a pair is over, or did not come to be: it waits twice as long every time. */
export function putOff(attempt: Attempt, nowUs: number, { firstMs, mostMs, stableMs }: Backoff): void {
  if (nowUs - attempt.activeSinceUs >= stableMs * 1000) attempt.failures = 0;
  const waitMs = Math.min(mostMs, firstMs * 2 ** Math.min(attempt.failures, 32));
  attempt.failures++;
  release(attempt);
  attempt.state = "waiting";
  attempt.retryAtUs = nowUs + waitMs * 1000;
}
