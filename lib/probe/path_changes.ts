import type { Endpoint } from "../base/endpoint.ts";
import type { PathInfo } from "../base/path.ts";
import type { PathManagerEvent } from "../netlink/mptcp_events.ts";

/** What can happen to a path, in the order of its life. */
export type PathChangeKind =
  | "announced"
  | "withdrawn"
  | "joining"
  | "established"
  | "backup"
  | "available"
  | "stale"
  | "recovered"
  | "closed"
  | "fallback"
  | "ended";

/** Something that happened to a path while it was watched. */
export interface PathChange {
  /** When, after the watch began, in milliseconds. */
  readonly at_ms: number;
  /** What happened. */
  readonly change: PathChangeKind;
  /** The path's id; null where it is not known. */
  readonly path: number | null;
  /** Address and port on this side; null where there is none. */
  readonly local: string | null;
  /** Address and port of the other side. */
  readonly remote: string | null;
  /** How it was noticed: told by the kernel, or seen by looking again and again. */
  readonly by: "event" | "polling";
  /** The error that ended the path, such as `ECONNRESET`; null without one. */
  readonly error: string | null;
  /** Why the other end reset it, in words; null where it gave no reason. */
  readonly reset_reason: string | null;
}

/** RFC 8684 3.6: the reasons of MP_TCPRST. */
const RESET_REASONS: readonly string[] = [
  "unspecified error",
  "MPTCP-specific error",
  "lack of resources",
  "administratively prohibited",
  "too much outstanding data",
  "unacceptable performance",
  "middlebox interference",
];

/** The reason of a reset in words. */
export function resetReason(code: number): string {
  return RESET_REASONS[code] ?? `reason ${code}`;
}

/** What an event says of a path; null for one that is not about a path, or that polling tells as well. */
export function changeOfEvent(event: PathManagerEvent, atMs: number): PathChange | null {
  const kind = kindOf(event);
  if (kind === null) return null;
  return {
    at_ms: atMs,
    change: kind,
    path: null,
    local: addressOf(event.local),
    remote: addressOf(event.remote),
    by: "event",
    error: event.error ?? null,
    reset_reason: event.resetReason === undefined ? null : resetReason(event.resetReason),
  };
}

function kindOf(event: PathManagerEvent): PathChangeKind | null {
  switch (event.kind) {
    case "announced":
      return "announced";
    case "removed":
      return "withdrawn";
    case "subflow-established":
      return "established";
    case "subflow-closed":
      return "closed";
    case "subflow-priority":
      return event.backup ? "backup" : "available";
    default:
      return null;
  }
}

function addressOf(endpoint: Endpoint | undefined): string | null {
  if (endpoint === undefined) return null;
  return endpoint.port === 0 ? endpoint.host : endpoint.address;
}

/** What changed between two looks at the paths of a connection. */
export function changesBetween(
  before: readonly PathInfo[],
  now: readonly PathInfo[],
  atMs: number,
): readonly PathChange[] {
  const make = (path: PathInfo, change: PathChangeKind): PathChange => ({
    at_ms: atMs,
    change,
    path: path.id,
    local: path.local.address,
    remote: path.remote.address,
    by: "polling",
    error: null,
    reset_reason: null,
  });
  const changes: PathChange[] = [];
  for (const path of now) {
    const earlier = before.find(({ id }) => id === path.id);
    const state = stateChange(earlier, path);
    if (state !== null) changes.push(make(path, state));
    if (earlier !== undefined && earlier.status !== path.status) changes.push(make(path, path.status));
  }
  for (const path of before) {
    if (path.state === "closed" || now.some(({ id }) => id === path.id)) continue;
    changes.push(make(path, "closed"));
  }
  return changes;
}

function stateChange(earlier: PathInfo | undefined, path: PathInfo): PathChangeKind | null {
  if (earlier?.state === path.state) return null;
  switch (path.state) {
    case "validating":
      return earlier === undefined ? "joining" : null;
    case "active":
      return earlier?.state === "stale" ? "recovered" : "established";
    case "stale":
      return "stale";
    case "failed":
    case "closed":
      return earlier === undefined || earlier.state === "closed" ? null : "closed";
  }
}
