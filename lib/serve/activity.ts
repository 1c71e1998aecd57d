import { MptError } from "../base/errors.ts";
import type { Connection } from "../io/connection.ts";
import type { ServeLimits } from "./options.ts";

/** What is known about one connection while it lives. */
export interface Activity {
  readonly connection: Connection;
  readonly startedAtMs: number;
  lastMoveMs: number;
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

/** Which limit in time a connection has reached, if any. */
export function overdue(
  activity: Activity,
  nowMs: number,
  limits: Pick<ServeLimits, "idleTimeoutMs" | "maxDurationMs">,
): "idle" | "limit" | null {
  if (nowMs - activity.lastMoveMs >= limits.idleTimeoutMs) return "idle";
  if (nowMs - activity.startedAtMs >= limits.maxDurationMs) return "limit";
  return null;
}

/** The error for a transfer that is larger than the server allows. */
export function tooManyBytes(limit: number): MptError {
  return new MptError(
    "ERR_LIMIT",
    `Cannot serve the transfer: it is larger than the limit of ${limit} bytes`,
  );
}
