import process from "node:process";
import { MptError, toMptError } from "../base/errors.ts";
import type { PathInfo } from "../base/path.ts";
import type { Transport } from "../base/transport.ts";
import type { Connection } from "../io/connection.ts";
import { type Deadline, deadline, orAborted, sleep } from "../io/deadline.ts";
import { type Interval, type Measurement, Meter } from "../protocol/meter.ts";
import type { PerfReport } from "../protocol/perf_report.ts";
import type { Lane } from "./lane.ts";
import { openLane } from "./open_lane.ts";
import type { BenchSettings } from "./options.ts";
import { PathTable } from "./path_table.ts";
import type { RunPlan } from "./plan.ts";
import type { FailureMissed, RunFailure } from "./result.ts";
import { isBusy, isRefusal } from "./refusal.ts";
import { addBlocked, type BlockedCounts } from "./blocked.ts";
import { type BenchServer, limitsOf } from "./bench_server.ts";

/** What a timer can hold, in milliseconds. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** How long a server may be full before that is the answer, and how often to ask it, in milliseconds. */
const BUSY_MS = 1000;
const BUSY_PAUSE_MS = 50;

/** What this end saw of a run. */
export interface Transfer {
  readonly measurement: Measurement;
  readonly paths: readonly PathInfo[];
  readonly table: PathTable;
  /** The kernel's paths of each connection, for matching the server's view with ours. */
  readonly connectionPaths: readonly (readonly PathInfo[])[];
  /** What the server saw of each connection: itself, or the name to ask for; null when it did not tell. */
  readonly reports: readonly (PerfReport | string | null)[];
  readonly inForce: Transport;
  /** The path that was broken on purpose; null without one. */
  readonly failure: RunFailure | null;
  /** Why the path that was to be broken was not; null where it was, or none was to be. */
  readonly failureMissed: FailureMissed | null;
  readonly cpuMs: number;
  /** How often this end had something to send and could not; null where that is not counted. */
  readonly blocked: BlockedCounts | null;
  readonly error: MptError | null;
}

/**
 * Makes one transfer; a failure on the way is part of what was seen.
 *
 * @throws {MptError} Why there was no transfer.
 */
export async function transfer(
  server: BenchServer,
  plan: RunPlan,
  settings: BenchSettings,
  signal: AbortSignal | undefined,
  onInterval: (interval: Interval) => void,
): Promise<Transfer> {
  const until = performance.now() + BUSY_MS;
  for (;;) {
    try {
      return await attempt(server, plan, settings, signal, onInterval);
    } catch (error) {
      // A full server may just not have noticed yet that the connections of the run before are over.
      if (!isBusy(error) || performance.now() >= until || signal?.aborted) throw error;
      await sleep(BUSY_PAUSE_MS, signal);
    }
  }
}

async function attempt(
  server: BenchServer,
  plan: RunPlan,
  settings: BenchSettings,
  signal: AbortSignal | undefined,
  onInterval: (interval: Interval) => void,
): Promise<Transfer> {
  const durationMs = settings.durationMs ?? limitsOf(server).max_duration_ms;
  using limit = deadline(Math.min(durationMs + settings.drainMs, MAX_TIMER_MS), signal);
  const lanes: Lane[] = [];
  try {
    // One after the other: a burst of connects would measure the server's backlog.
    for (let i = 0; i < settings.streams; i++) {
      lanes.push(await openLane(server, plan, settings, limit.signal));
    }
    return await measure(lanes, server, plan, settings, limit, onInterval);
  } catch (error) {
    throw failureOf(error, limit, settings);
  } finally {
    for (const { connection } of lanes) connection.abort();
    await Promise.all(lanes.map(({ connection }) => connection.closed));
  }
}

async function measure(
  lanes: readonly Lane[],
  server: BenchServer,
  plan: RunPlan,
  settings: BenchSettings,
  limit: Deadline,
  onInterval: (interval: Interval) => void,
): Promise<Transfer> {
  const table = new PathTable();
  const latest = new Map<number, PathInfo>();
  const reports: (PerfReport | string | null)[] = lanes.map(({ report }) => report);
  let inForce: Transport = plan.transport;
  let failedAtMs: number | null = null;
  let missed: FailureMissed = "over-before";
  let failure: MptError | null = null;
  let underWay = true;
  const look = (): readonly PathInfo[] => {
    const merged = table.merge(lanes.map(({ connection }) => connection.paths()));
    const seen = new Set(merged.map(({ id }) => id));
    for (const path of merged) latest.set(path.id, path);
    // What is gone while bytes still flow over others was given up; at the end of a transfer all of them go
    if (underWay && seen.size > 0) {
      for (const [id, path] of latest) if (!seen.has(id)) latest.set(id, { ...path, state: "closed" });
    }
    // A connection that broke off looks like one that fell back: what counts is how it was before.
    if (failure === null) inForce = lowest(lanes.map(({ connection }) => connection));
    return merged;
  };
  const cpu = process.cpuUsage();
  const download = plan.direction === "download";
  const started = performance.now();
  const meter = new Meter(download ? "receiver" : "sender", started, look());
  const timer = setInterval(() => onInterval(meter.sample(performance.now(), look())), settings.intervalMs);
  const breaking = breakLater(lanes, plan, settings, (broken) => {
    if (broken) {
      failedAtMs = performance.now() - started;
      meter.watchStalls(performance.now());
    } else missed = "no-such-path";
  });
  const shares = sharesOf(settings.bytes, lanes.length, limitsOf(server).max_bytes);
  const untilMs = started + (settings.durationMs ?? Infinity);
  try {
    const work = lanes.map(async (lane, index) => {
      const share = shares[index]!;
      if (download) await lane.pull(share, untilMs, meter);
      else reports[index] = await lane.push(share, untilMs, meter);
    });
    await orAborted(Promise.all(work), "finish the transfer", limit.signal);
    if (download) requireAll(meter.bytes, shares, performance.now() - started, settings.durationMs);
  } catch (error) {
    if (isRefusal(error)) throw error;
    failure = failureOf(error, limit, settings);
  } finally {
    underWay = false;
    clearInterval(timer);
    clearTimeout(breaking);
  }
  const ended = performance.now();
  meter.sample(ended, look());
  const used = process.cpuUsage(cpu);
  return {
    measurement: meter.finish(ended),
    paths: [...latest.values()].sort((a, b) => a.id - b.id),
    table,
    connectionPaths: lanes.map(({ connection }) => connection.paths()),
    reports,
    inForce,
    failure: failedAtMs === null || settings.fail === undefined ? null : {
      path: settings.fail.path,
      how: settings.fail.how ?? "silent",
      at_ms: Math.round(failedAtMs),
      longest_stall_ms: meter.watchedStallMs(ended),
      recovered: !meter.watchedStandsStill(ended),
    },
    failureMissed: breaking === undefined || failedAtMs !== null ? null : missed,
    cpuMs: Math.round((used.user + used.system) / 1000),
    blocked: addBlocked(lanes.map((lane) => lane.blocked())),
    error: failure,
  };
}

/** The transport in force of several connections: that of one which has several paths counts least. */
function lowest(connections: readonly Connection[]): Transport {
  const single = connections.find((connection) => !connection.isMultipath());
  return (single ?? connections[0]!).transportInForce();
}

/** Breaks the path that is to fail, when its time has come. */
function breakLater(
  lanes: readonly Lane[],
  { transport }: RunPlan,
  { fail }: BenchSettings,
  onTried: (broken: boolean) => void,
): ReturnType<typeof setTimeout> | undefined {
  if (fail === undefined || transport !== "mpquic") return undefined;
  return setTimeout(() => {
    onTried(lanes.filter((lane) => lane.breakPath?.(fail.path, fail.how ?? "silent") === true).length > 0);
  }, fail.afterMs);
}

/** How many bytes each connection transfers: together exactly those asked for, or what the server allows. */
function sharesOf(bytes: number | null, count: number, most: number): readonly number[] {
  if (bytes === null) return Array.from({ length: count }, () => most);
  const rest = bytes % count;
  return Array.from({ length: count }, (_, index) => Math.floor(bytes / count) + (index < rest ? 1 : 0));
}

/** A server that ends the transfer in order, but before its time, would otherwise look like a slow one. */
function requireAll(
  bytes: number,
  shares: readonly number[],
  tookMs: number,
  durationMs: number | null,
): void {
  const wanted = shares.reduce((sum, share) => sum + share, 0);
  // The duration goes to the server in whole milliseconds.
  if (bytes >= wanted || (durationMs !== null && tookMs >= durationMs - 1)) return;
  const of = durationMs === null
    ? `${bytes} of ${wanted} bytes`
    : `${Math.round(tookMs)} of ${durationMs} ms`;
  throw new MptError("ERR_CLOSED", `Cannot finish the transfer: the server ended it after ${of}`);
}

function failureOf(error: unknown, limit: Deadline, { drainMs }: BenchSettings): MptError {
  if (limit.expired) {
    const why = `it was not over ${drainMs / 1000} s after its time`;
    return new MptError("ERR_TIMED_OUT", `Cannot finish the transfer: ${why}`);
  }
  if (limit.signal.aborted) {
    return new MptError("ERR_ABORTED", "Cannot finish the transfer: it was cut short", { cause: error });
  }
  return toMptError(error, "Cannot finish the transfer");
}
