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
  /** When the kernel was last asked what the client has acknowledged, and what it said. */
  lookedAtMs: number;
  bytesAcknowledged: number;
  /** The latest end of what is under way, when that has one of its own. */
  untilMs: number;
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
    lookedAtMs: nowMs,
    bytesAcknowledged: 0,
    untilMs: Infinity,
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

/** The kernel is not asked more often than this, in milliseconds. */
const LOOK_MS = 1000;

/**
 * Notes what the client has acknowledged since the kernel was last asked. The kernel holds whole answers, and
 * takes more only when a third of its buffer is free: minutes of a slow connection on which bytes always move.
 */
export function lookForProgress(
  activity: Activity,
  nowMs: number,
  { idleTimeoutMs }: Pick<ServeLimits, "idleTimeoutMs">,
): void {
  const since = nowMs - Math.max(activity.lastMoveMs, activity.lookedAtMs);
  if (since < Math.min(LOOK_MS, idleTimeoutMs / 4)) return;
  let bytes = 0;
  for (const path of activity.connection.paths()) bytes += path.bytesAcknowledged ?? 0;
  if (bytes > activity.bytesAcknowledged) activity.lastMoveMs = nowMs;
  activity.bytesAcknowledged = bytes;
  activity.lookedAtMs = nowMs;
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
  if (nowMs >= activity.untilMs) return "limit";
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
