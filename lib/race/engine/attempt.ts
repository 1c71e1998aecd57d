import type { Candidate, StartReason } from "./values.ts";

/** How far an attempt has come. */
export type AttemptState = "connecting" | "handshaking" | "connected" | "failed" | "cancelled";

/** An attempt as it stands. Times are those that were passed in. */
export interface Attempt {
  readonly id: number;
  readonly candidate: Candidate;
  readonly reason: StartReason;
  readonly startMs: number;
  readonly endMs: number | null;
  readonly state: AttemptState;
  /** What was wrong with it, or why it was given up; null otherwise. */
  readonly failure: string | null;
  /** Whether its handshake waits for service records. */
  readonly held: boolean;
}

/** Whether an attempt still goes on. */
export function isRunning(attempt: Attempt): boolean {
  return attempt.state === "connecting" || attempt.state === "handshaking";
}
