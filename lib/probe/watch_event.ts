import type { Tristate } from "../base/path.ts";

/** What can happen while a connection is watched, in the order of a path's life. */
export type WatchEventKind =
  /** The other end announced an address. */
  | "announced"
  /** The other end withdrew an address. */
  | "removed"
  /** A path came up. */
  | "established"
  /** A path became a backup, or is one no more. */
  | "priority"
  /** A path gets no answers any more. */
  | "stale"
  /** A stale path gets answers again. */
  | "recovered"
  /** A path is over. */
  | "closed"
  /** MPTCP gave up and goes on as plain TCP. */
  | "fallback"
  /** The kernel dropped events because they came too fast. */
  | "lost"
  /** The connection is over. */
  | "ended";

/** Why a subflow was reset, RFC 8684 3.6. */
export interface ResetReason {
  /** The number of the reason. */
  readonly code: number;
  /** The reason in words. */
  readonly text: string;
  /** Whether the other end says that it may work again later; null when it does not say. */
  readonly transient: boolean | null;
}

/** Something that happened while a connection was watched. */
export interface WatchEvent {
  /** When, as a date. */
  readonly time: string;
  /** When, after the watch began, in milliseconds. */
  readonly at_ms: number;
  /** What happened. */
  readonly change: WatchEventKind;
  /** How it was noticed: told by the kernel, or seen by looking again and again. */
  readonly source: "events" | "polling";
  /** Address and port of the path on this side; null where it is not about a path. */
  readonly local: string | null;
  /** Address and port of the other side, or the announced address. */
  readonly remote: string | null;
  /** The interface of the path. */
  readonly interface: string | null;
  /** The id of the local address. */
  readonly id_local: number | null;
  /** The id of the remote address. */
  readonly id_remote: number | null;
  /** Whether the path is a backup. */
  readonly backup: boolean | null;
  /** The error that ended the path or the connection, such as `ECONNRESET`; null without one. */
  readonly error: string | null;
  /** The reason that the other end gave for a reset; null where there was none. */
  readonly reset: ResetReason | null;
  /** More about it in words. */
  readonly text: string;
}

/** How a watch ended. */
export type WatchEnd =
  /** Its time was over. */
  | "time"
  /** It was interrupted. */
  | "cut-short"
  /** The other end closed the connection in order. */
  | "closed"
  /** The connection broke, or did not come to be. */
  | "failed";

/** What was watched, how, and what happened. */
export interface WatchJson {
  /** The address that the connection went to, without the port. */
  readonly address: string;
  /** Whether the kernel told what happened, or only looking again and again. What is stale is always looked at. */
  readonly source: "events" | "polling";
  /** Why it was not the kernel's events; null when it was. */
  readonly source_reason: string | null;
  /** What was looked at: the sockets of this host, or the connection's own MPTCP_FULL_INFO. */
  readonly looked_at: "sock_diag" | "full_info";
  /** What kept the connection: requests to `mpt serve`, to another web server, or nothing but keep-alive. */
  readonly kept_by: "perf" | "check" | "http" | "keep-alive";
  /** When it began. */
  readonly started_at: string;
  /** How long it was, in milliseconds. */
  readonly duration_ms: number;
  /** What happened, in order; of very many the last. */
  readonly events: readonly WatchEvent[];
  /** How many events are left out. */
  readonly dropped: number;
  /** What the counters of this network namespace did by the names of `nstat`; null where they cannot be read. */
  readonly counters: Readonly<Record<string, number>> | null;
  /** Whether other MPTCP connections moved these counters too. */
  readonly counters_shared: Tristate;
  /** How it ended. */
  readonly end: WatchEnd;
  /** Why it failed; null otherwise. */
  readonly error: { readonly code: string; readonly message: string } | null;
}
