import process from "node:process";
import { MptError, toMptError } from "../base/errors.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { Connection } from "../io/connection.ts";
import { type Deadline, deadline, orAborted, sleep, timedOutError } from "../io/deadline.ts";
import { contentLength, type ResponseHead } from "../protocol/http1.ts";
import { HttpClient } from "../protocol/http_client.ts";
import { type Interval, type Measurement, Meter } from "../protocol/meter.ts";
import { Payload } from "../protocol/payload.ts";
import { encodePerfHeader, PERF_FIELDS, PERF_UPGRADE } from "../protocol/perf.ts";
import type { PathInfo } from "../base/path.ts";
import type { StreamReader } from "../protocol/stream_reader.ts";
import { connect } from "../transport/connect.ts";
import type { BenchSettings } from "./options.ts";
import { PathTable } from "./path_table.ts";
import type { RunPlan } from "./plan.ts";
import { AGENT, ANSWER_MS, type BenchServer, DRAIN_MS } from "./server.ts";

/** What a timer can hold, in milliseconds. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** How long a server may be full before that is the answer, and how often to ask it, in milliseconds. */
const BUSY_MS = 1000;
const BUSY_PAUSE_MS = 50;

/** One connection of a run, ready to transfer. */
interface Lane {
  readonly connection: Connection;
  readonly stream: ByteStream;
  readonly reader: StreamReader;
  readonly reportId: string;
}

/** What this end saw of a run. */
export interface Transfer {
  readonly measurement: Measurement;
  readonly paths: readonly PathInfo[];
  readonly table: PathTable;
  /** The kernel's paths of each connection, for matching the server's view with ours. */
  readonly connectionPaths: readonly (readonly PathInfo[])[];
  readonly reportIds: readonly string[];
  readonly inForce: "tcp" | "mptcp";
  readonly cpuMs: number;
  readonly error: MptError | null;
}

/** Makes one transfer; a failure on the way is part of what was seen. */
export async function transfer(
  server: BenchServer,
  plan: RunPlan,
  settings: BenchSettings,
  signal: AbortSignal | undefined,
  onInterval: (interval: Interval) => void,
): Promise<Transfer> {
  const durationMs = settings.durationMs ?? server.check.limits.max_duration_ms;
  using limit = deadline(Math.min(durationMs + DRAIN_MS, MAX_TIMER_MS), signal);
  const lanes: Lane[] = [];
  try {
    // One after the other: a burst of connects would measure the server's backlog.
    for (let i = 0; i < settings.streams; i++) lanes.push(await openLane(plan, settings, limit.signal));
    return await measure(lanes, server, plan, settings, limit, onInterval);
  } catch (error) {
    throw failureOf(error, limit);
  } finally {
    for (const { connection } of lanes) connection.abort();
    await Promise.all(lanes.map(({ connection }) => connection.closed));
  }
}

/** A full server may just not have noticed yet that the connections of the run before are over. */
async function openLane(plan: RunPlan, settings: BenchSettings, signal: AbortSignal): Promise<Lane> {
  const until = performance.now() + BUSY_MS;
  for (;;) {
    try {
      return await tryLane(plan, settings, signal);
    } catch (error) {
      const busy = error instanceof MptError && error.data["status"] === 503;
      if (!busy || performance.now() >= until || signal.aborted) throw error;
      await sleep(BUSY_PAUSE_MS, signal);
    }
  }
}

async function tryLane(plan: RunPlan, settings: BenchSettings, signal: AbortSignal): Promise<Lane> {
  const connection = await connect(plan.transport, plan.remote.ip!, plan.remote.port!, {
    timeoutMs: settings.connectTimeoutMs,
    signal,
    ...(plan.local === undefined ? {} : { localAddress: plan.local }),
    ...(plan.interface === undefined ? {} : { interface: plan.interface }),
    ...(settings.congestion === undefined ? {} : { congestion: settings.congestion }),
  });
  try {
    const stream = await connection.openStream();
    const client = new HttpClient(stream, plan.remote.address);
    const upgrade = client.request("GET", "/perf", {
      ...AGENT,
      Connection: "Upgrade",
      Upgrade: PERF_UPGRADE,
      [PERF_FIELDS.interval]: String(settings.intervalMs),
      ...(plan.direction === "download" ? { [PERF_FIELDS.upload]: "none" } : {}),
      ...(settings.durationMs === null
        ? {}
        : { [PERF_FIELDS.duration]: String(Math.round(settings.durationMs)) }),
      // The sender's congestion control decides, and in a download that is the server.
      ...(settings.congestion === undefined ? {} : { [PERF_FIELDS.congestion]: settings.congestion }),
      ...(settings.token === undefined ? {} : { Authorization: `Bearer ${settings.token}` }),
    });
    const head = await answerTo(upgrade, signal);
    if (head.status === 401) {
      throw new MptError("ERR_PERMISSION", "Cannot measure: the server refused the token", {
        fix: "--token TEXT",
      });
    }
    if (head.status !== 101) {
      const why = await reasonOf(client, head);
      const data = { status: head.status };
      throw new MptError("ERR_PROTOCOL", `Cannot start the transfer: ${why}`, { data });
    }
    return { connection, stream, reader: client.reader, reportId: head.headers.get(PERF_FIELDS.id) ?? "" };
  } catch (error) {
    connection.abort();
    await connection.closed;
    throw error;
  }
}

async function answerTo(upgrade: Promise<ResponseHead>, signal: AbortSignal): Promise<ResponseHead> {
  using limit = deadline(ANSWER_MS, signal);
  try {
    return await orAborted(upgrade, "start the transfer", limit.signal);
  } catch (error) {
    throw limit.expired ? timedOutError("start the transfer", ANSWER_MS) : error;
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
  let multipath = false;
  let failure: MptError | null = null;
  const look = (): readonly PathInfo[] => {
    const merged = table.merge(lanes.map(({ connection }) => connection.paths()));
    for (const path of merged) latest.set(path.id, path);
    // A connection that broke off looks like one that fell back: what counts is how it was before.
    if (failure === null) multipath = lanes.every(({ connection }) => connection.isMultipath());
    return merged;
  };
  const cpu = process.cpuUsage();
  const download = plan.direction === "download";
  const started = performance.now();
  const meter = new Meter(download ? "receiver" : "sender", started, look());
  const timer = setInterval(() => onInterval(meter.sample(performance.now(), look())), settings.intervalMs);
  const shares = sharesOf(settings.bytes, lanes.length, server.check.limits.max_bytes);
  const untilMs = started + (settings.durationMs ?? Infinity);
  try {
    const work = lanes.map((lane, index) =>
      download ? pull(lane, shares[index]!, meter) : push(lane, shares[index]!, untilMs, meter)
    );
    await orAborted(Promise.all(work), "finish the transfer", limit.signal);
    if (download) requireAll(meter.bytes, shares, performance.now() - started, settings.durationMs);
  } catch (error) {
    failure = failureOf(error, limit);
  } finally {
    clearInterval(timer);
  }
  const ended = performance.now();
  meter.sample(ended, look());
  const used = process.cpuUsage(cpu);
  return {
    measurement: meter.finish(ended),
    paths: [...latest.values()].sort((a, b) => a.id - b.id),
    table,
    connectionPaths: lanes.map(({ connection }) => connection.paths()),
    reportIds: lanes.map(({ reportId }) => reportId),
    inForce: multipath ? "mptcp" : "tcp",
    cpuMs: Math.round((used.user + used.system) / 1000),
    error: failure,
  };
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

function failureOf(error: unknown, limit: Deadline): MptError {
  if (limit.expired) {
    const why = `it was not over ${DRAIN_MS / 1000} s after its time`;
    return new MptError("ERR_TIMED_OUT", `Cannot finish the transfer: ${why}`);
  }
  if (limit.signal.aborted) {
    return new MptError("ERR_ABORTED", "Cannot finish the transfer: it was cut short", { cause: error });
  }
  return toMptError(error, "Cannot finish the transfer");
}

/** The other direction stays open: a half-closed MPTCP connection opens no further subflow. */
async function pull(lane: Lane, wanted: number, meter: Meter): Promise<void> {
  await lane.stream.write(encodePerfHeader(wanted));
  await lane.reader.consume((chunk) => meter.add(performance.now(), chunk.length));
}

async function push(lane: Lane, limit: number, untilMs: number, meter: Meter): Promise<void> {
  await lane.stream.write(encodePerfHeader(0));
  const payload = new Payload(performance.now());
  for (let left = limit; left > 0 && performance.now() < untilMs;) {
    const piece = payload.next(left);
    await lane.stream.write(piece);
    const now = performance.now();
    payload.taken(now);
    meter.add(now, piece.length);
    left -= piece.length;
  }
  await lane.stream.closeWrite();
  // The server ends its side when it has everything: the transfer is over when the last byte is there.
  await lane.reader.consume(() => {});
}

/** The server's own words for a refusal, one line of them. */
async function reasonOf(client: HttpClient, head: ResponseHead): Promise<string> {
  const length = Math.min(contentLength(head.headers) ?? 0, 300);
  const text = printable(new TextDecoder().decode(await client.reader.readExactly(length)));
  return `the server answered ${head.status} ${printable(head.reason)}${text === "" ? "" : ` (${text})`}`;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, " ").trim();
}
