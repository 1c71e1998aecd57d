import { MptError, toMptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { Connection } from "../io/connection.ts";
import { type Deadline, deadline, sleep } from "../io/deadline.ts";
import { CounterWatch } from "../mptcp/counter_window.ts";
import { inspectConnection } from "../mptcp/inspect.ts";
import { interfaceOf } from "../netlink/interface_of.ts";
import type { CheckAnswer } from "../protocol/check.ts";
import { connectKernel } from "../transport/connect_kernel.ts";
import { connectOptions } from "./connect_options.ts";
import type { ProbePlan } from "./options.ts";
import { nothing, PathBook, type PathChange } from "./path_book.ts";
import { WatchLog } from "./watch_log.ts";
import { CounterSteps, type Look, lookAtConnection, lookAtSockets, otherConnections } from "./watch_look.ts";
import type { WatchEnd, WatchEvent, WatchJson } from "./watch_event.ts";
import { type HeardEvents, hearEvents } from "./watch_hearing.ts";
import { type WatchTalk, watchTalk } from "./watch_talk.ts";

/** How often to look, in milliseconds: what goes stale is not among the kernel's events. */
const LOOK_MS = 100;

/** A look goes through all sockets of the host; it may take this part of the time. */
const LOOK_SHARE = 0.1;

/**
 * Each path that is idle for a second is asked every second whether the other end is there, the backups too. The
 * kernel ends a path that has not answered so many in a row.
 */
const KEEP_ALIVE = { idleSeconds: 1, intervalSeconds: 1, probes: 127 } as const;

/** What a watch is of, and whom it tells. */
export interface WatchOptions {
  readonly ip: Ip;
  readonly plan: ProbePlan;
  /** What `mpt serve` answered when it was probed; null for another server. */
  readonly check: CheckAnswer | null;
  readonly signal: AbortSignal | undefined;
  readonly onStart: (source: WatchJson["source"], reason: string | null) => void;
  readonly onEvent: (event: WatchEvent) => void;
}

/** Opens an MPTCP connection, keeps it and tells what happens to its paths. What fails is part of the result. */
export async function watch(options: WatchOptions): Promise<WatchJson> {
  const { ip, plan, signal } = options;
  await using heard = hearEvents();
  // Connections that only linger, such as those of the probe before, move no counters.
  const { lingering } = otherConnections(null);
  const counters = CounterWatch.start();
  const steps = new CounterSteps();
  const log = new WatchLog(options.onEvent);
  using limit = deadline(plan.watchMs, signal);
  options.onStart(heard.source, heard.reason);
  let ending: Ending;
  let looked: WatchJson["looked_at"] = "sock_diag";
  let keptBy: WatchJson["kept_by"] = "keep-alive";
  let token: number | null = null;
  try {
    const connection = await connectKernel("mptcp", ip, plan.port, {
      ...connectOptions(plan, limit.signal),
      keepAlive: KEEP_ALIVE,
    });
    try {
      token = inspectConnection(connection)?.token ?? null;
      if (lookAtSockets(token) === null) looked = "full_info";
      const stream = await connection.openStream();
      const talk = watchTalk(stream, ip, plan, options.check);
      keptBy = talk.keptBy;
      ending = await follow({ connection, stream, token, talk, heard, limit, log, steps });
    } finally {
      connection.abort();
      await connection.closed;
    }
  } catch (error) {
    ending = limit.signal.aborted ? cut(limit) : broken(toMptError(error, "Cannot watch"));
  }
  const tokens = token === null ? lingering : [...lingering, token];
  const window = counters?.window({ tokens, connects: 1, accepts: 0 }) ?? null;
  return {
    address: ip.toString(),
    source: heard.source,
    source_reason: heard.reason,
    looked_at: looked,
    kept_by: keptBy,
    started_at: log.startedAt,
    duration_ms: log.elapsedMs(),
    events: log.events,
    dropped: log.dropped,
    counters: window === null || window.counters.size === 0
      ? null
      : Object.fromEntries(COUNTERS.flatMap((name) => {
        const value = window.counters.get(name);
        return value === undefined ? [] : [[name, value]];
      })),
    counters_shared: window?.shared ?? "unknown",
    end: ending.end,
    error: ending.error,
  };
}

/** What the kernel counts of the things that are watched. */
const COUNTERS: readonly string[] = [
  "MPTcpExtSubflowStale",
  "MPTcpExtSubflowRecover",
  "MPTcpExtAddAddr",
  "MPTcpExtRmAddr",
  "MPTcpExtMPPrioRx",
  "MPTcpExtMPPrioTx",
  "MPTcpExtMPRstRx",
  "MPTcpExtMPRstTx",
  "MPTcpExtMPFailRx",
];

interface Ending {
  readonly end: WatchEnd;
  readonly error: WatchJson["error"];
}

function cut(limit: Deadline): Ending {
  return { end: limit.expired ? "time" : "cut-short", error: null };
}

function broken({ code, message }: MptError): Ending {
  return { end: "failed", error: { code, message } };
}

interface Watched {
  readonly connection: Connection;
  readonly stream: ByteStream;
  readonly token: number | null;
  readonly talk: WatchTalk;
  readonly heard: HeardEvents;
  readonly limit: Deadline;
  readonly log: WatchLog;
  readonly steps: CounterSteps;
}

/** Tells what happens until the time is over or the connection is. */
async function follow(watched: Watched): Promise<Ending> {
  const { connection, token, talk, heard, limit, log, steps } = watched;
  const book = new PathBook(heard.source === "events", ({ ip }) => interfaceOf(ip) ?? null);
  const tell = (changes: readonly PathChange[]): void => changes.forEach((each) => log.add(each));
  const stop = new AbortController();
  const over = AbortSignal.any([limit.signal, stop.signal]);
  connection.closed.then(() => stop.abort());
  const ended = talk.run(over).then(() => null, (error) => toMptError(error, "Cannot go on"));
  const look = (): Look => lookAtSockets(token) ?? lookAtConnection(connection);
  const isShared = (): boolean => otherConnections(token).alive !== 0;
  const [first] = lookAtConnection(connection).paths;
  if (first !== undefined) tell([book.first(first)]);
  heard.listen(token, (event) => {
    // What this end does when the time is over is no news.
    if (!over.aborted) tell(book.event(event));
  });
  let multipath = connection.isMultipath();
  let closing = false;
  while (!over.aborted) {
    const startedMs = performance.now();
    const { paths, closing: leaving } = look();
    if (leaving) {
      closing = true;
      break;
    }
    tell(book.look(paths, startedMs, steps.next(isShared)));
    if (multipath && !connection.isMultipath()) {
      multipath = false;
      tell([nothing("fallback", "polling", "MPTCP gave up: the connection goes on as plain TCP")]);
    }
    const tookMs = performance.now() - startedMs;
    await sleep(Math.max(LOOK_MS, tookMs / LOOK_SHARE), over);
  }
  stop.abort();
  heard.silence();
  const ending = limit.signal.aborted ? cut(limit) : await endingOf(watched, ended, closing);
  if (ending.end === "closed") tell([nothing("ended", "polling", "the other end closed the connection")]);
  if (ending.end === "failed") {
    const text = ending.error?.message.replace(/^Cannot .*?: /, "") ?? "";
    tell([{ ...nothing("ended", "polling", text), error: ending.error?.code ?? null }]);
  }
  return ending;
}

/** How long to wait for the reason why a connection is over, in milliseconds. */
const REASON_MS = 100;

/** Why the connection is over: the conversation may know, or its stream. */
async function endingOf(
  { stream, talk }: Watched,
  ended: Promise<MptError | null>,
  closing: boolean,
): Promise<Ending> {
  const failure = await Promise.race([ended, sleep(REASON_MS).then(() => null)]) ??
    (talk.keptBy === "keep-alive" || closing ? null : await lastWord(stream));
  if (failure !== null && failure.code !== "ERR_CLOSED" && failure.code !== "ERR_PROTOCOL") {
    return broken(failure);
  }
  if (closing || failure !== null) return { end: "closed", error: null };
  return broken(new MptError("ERR_CLOSED", "Cannot go on: the connection is over"));
}

/** What reading tells once everything that came is read. */
async function lastWord(stream: ByteStream): Promise<MptError | null> {
  try {
    while (await stream.read() !== null);
    return new MptError("ERR_CLOSED", "Cannot go on: the other end closed the connection");
  } catch (error) {
    return toMptError(error, "Cannot go on");
  }
}
