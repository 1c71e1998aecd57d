import { MptError } from "../base/errors.ts";
import type { Connection } from "../io/connection.ts";
import type { ServeLimits } from "./options.ts";

/** Time for a perf connection beyond its transfer: the request, and queues that drain. In milliseconds. */
export const PERF_GRACE_MS = 5000;

/** What is known about one connection while it lives. */
export interface Activity {
  readonly connection: Connection;
  readonly startedAtMs: number;
  lastMoveMs: number;
  /** True while a request is under way: an idle connection has nothing to finish. */
  busy: boolean;
  protocol: "none" | "http" | "perf" | "unknown";
  requests: number;
  bytesReceived: number;
  bytesSent: number;
  /** Why the server ended the connection, when it did. */
  ended: "idle" | "limit" | "shutdown" | null;
}

/** A new connection's record. */
export function startActivity(connection: Connection, nowMs: number): Activity {
  return {
    connection,
    startedAtMs: nowMs,
    lastMoveMs: nowMs,
    busy: false,
    protocol: "none",
    requests: 0,
    bytesReceived: 0,
    bytesSent: 0,
    ended: null,
  };
}

/** Notes received bytes. */
export function received(activity: Activity, nowMs: number, bytes: number): void {
  activity.bytesReceived += bytes;
  activity.lastMoveMs = nowMs;
}

/** Notes sent bytes. */
export function sent(activity: Activity, nowMs: number, bytes: number): void {
  activity.bytesSent += bytes;
  activity.lastMoveMs = nowMs;
}

/**
 * Which limit in time a connection has reached, if any. A transfer may take as long as a connection may
 * live, and has a little more for what is before and behind it.
 */
export function overdue(
  activity: Activity,
  nowMs: number,
  limits: Pick<ServeLimits, "idleTimeoutMs" | "maxDurationMs">,
): "idle" | "limit" | null {
  if (nowMs - activity.lastMoveMs >= limits.idleTimeoutMs) return "idle";
  const grace = activity.protocol === "perf" ? PERF_GRACE_MS : 0;
  if (nowMs - activity.startedAtMs >= limits.maxDurationMs + grace) return "limit";
  return null;
}

/** The error for a transfer that is larger than the server allows. */
export function tooManyBytes(limit: number): MptError {
  return new MptError(
    "ERR_LIMIT",
    `Cannot serve the transfer: it is larger than the limit of ${limit} bytes`,
  );
}
