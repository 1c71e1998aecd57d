import { Endpoint } from "../base/endpoint.ts";
import { type MptError, toMptError } from "../base/errors.ts";
import { pathToJson } from "../base/path_json.ts";
import { envelope } from "../base/result.ts";
import { summarize } from "../base/statistics.ts";
import { endOf } from "../io/deadline.ts";
import { ffiUnavailableReason } from "../io/ffi_access.ts";
import { hostFacts } from "../io/host.ts";
import { pathManagerJson } from "../mptcp/path_manager_json.ts";
import { mptcpProblem } from "../mptcp/state.ts";
import type { Measurement } from "../protocol/meter.ts";
import { aggregationOf } from "./aggregation.ts";
import { type BenchOptions, type BenchSettings, benchSettings } from "./options.ts";
import { penaltiesOf } from "./penalties.ts";
import { costOf, planRuns, type RunPlan } from "./plan.ts";
import type {
  Aggregation,
  BenchCost,
  BenchEvent,
  BenchPathJson,
  BenchResult,
  BenchRun,
  LoadedRtt,
  MultipathTransport,
  RunError,
} from "./result.ts";
import type { BenchServer } from "./bench_server.ts";
import { fetchReport, findServer } from "./server.ts";
import { type SenderPath, serverView } from "./server_view.ts";
import { type Transfer, transfer } from "./transfer.ts";
import { addressOn } from "./connect_options.ts";
import { isQuic } from "./connect_perf.ts";
import { tryCures } from "./try_cure.ts";
import { benchVerdicts, benchWarnings } from "./verdicts.ts";

const MULTIPATH: readonly MultipathTransport[] = ["mptcp", "mpquic"];

/**
 * Measures what multipath is worth to an `mpt serve`: TCP or QUIC on each path alone, then MPTCP or multipath
 * QUIC over all of them; or QUIC, to any perf server.
 *
 * @param target The server; port 4433 when it names none.
 * @param options Transports, directions, duration or bytes, streams, paths, signal.
 * @param onEvent Called for the plan, each run and each interval.
 * @returns The result, also when the signal cut it short.
 * @throws {MptError} Why nothing could be measured: no such name, refused, not `mpt serve`, no perf, not trusted,
 *   limits, token.
 *
 * @example Is MPTCP worth it?
 * ```ts no-run
 * import { bench } from "@multipath/mpt/bench";
 * import { Endpoint } from "@multipath/mpt/base";
 *
 * const result = await bench(Endpoint.parse("192.0.2.1:4433"), { durationMs: 3000 });
 * console.log(result.aggregation?.efficiency, result.aggregation?.benefit);
 * ```
 */
export async function bench(
  target: Endpoint,
  options: BenchOptions = {},
  onEvent: (event: BenchEvent) => void = () => {},
): Promise<BenchResult> {
  const startedAtMs = Date.now();
  const started = performance.now();
  const { signal } = options;
  const settings = withName(benchSettings(options), target);
  requireSomeTransport(settings);
  const server = await findServer(target, settings, signal);
  const plans = planRuns(server, settings);
  const cost = costOf(plans, server, settings);
  const named = plans.find((plan) => plan.paths.length > 0)?.paths.map(({ local, interface: name, remote }) =>
    `${local ?? name ?? "any"} to ${remote?.address ?? Endpoint.of(server.ip, server.port).address}`
  );
  const paths = named ?? server.paths.map((path) => `${path.local.host} to ${path.remote.address}`);
  onEvent({ event: "plan", target: target.address, cost, paths });
  const runs: BenchRun[] = [];
  for (const plan of plans) {
    if (signal?.aborted) break;
    runs.push(await oneRun(runs.length, server, plan, settings, signal, onEvent));
  }
  const aggregations = settings.directions.flatMap((direction) =>
    MULTIPATH.flatMap((transport) => aggregationOf(runs, direction, transport) ?? [])
  );
  const found = penaltiesOf(runs, aggregations, server, pathManagerJson());
  const penalties = settings.tryFix
    ? await tryCures(found, aggregations, plans, signal, onEvent, (index, plan, stop) => {
      return oneRun(runs.length + index, server, plan, settings, stop, onEvent);
    })
    : found;
  return {
    ...envelope({
      schema: "mpt.bench/1",
      host: hostFacts(),
      startedAtMs,
      durationMs: performance.now() - started,
      options: optionsJson(settings),
      warnings: benchWarnings(
        runs,
        aggregations,
        server,
        penalties,
        settings.quic.insecure ?? false,
        settings.durationMs !== null,
      ),
      verdicts: benchVerdicts(runs, aggregations, penalties),
      end: endOf(signal),
    }),
    ...resultParts(target, server, cost, runs, aggregations),
    penalties,
  };
}

/** Over QUIC the certificate has to be for the name that was asked for, whichever address is measured. */
function withName(settings: BenchSettings, target: Endpoint): BenchSettings {
  if (target.ip !== undefined || settings.quic.serverName !== undefined) return settings;
  return { ...settings, quic: { ...settings.quic, serverName: target.host } };
}

function resultParts(
  target: Endpoint,
  server: BenchServer,
  cost: BenchCost,
  runs: readonly BenchRun[],
  aggregations: readonly Aggregation[],
): Pick<BenchResult, "target" | "cost" | "runs" | "aggregation" | "aggregations"> {
  return {
    target: { host: target.host, address: server.ip.toString(), port: server.port },
    cost,
    runs,
    aggregation: aggregations[0] ?? null,
    aggregations,
  };
}

async function oneRun(
  index: number,
  server: BenchServer,
  plan: RunPlan,
  settings: BenchSettings,
  signal: AbortSignal | undefined,
  onEvent: (event: BenchEvent) => void,
): Promise<BenchRun> {
  const { transport, direction } = plan;
  const path = tiedTo(plan);
  onEvent({ event: "run", run: index, transport, direction, path });
  let lastMs = 0;
  let run: BenchRun;
  try {
    const problem = transport === "mptcp" ? mptcpProblem() : null;
    if (problem !== null) throw problem;
    const seen = await transfer(server, plan, settings, signal, (interval) => {
      const goodput = rate(interval.bytes, interval.at_ms - lastMs);
      lastMs = interval.at_ms;
      onEvent({ event: "interval", run: index, interval, goodput_bps: goodput });
    });
    const told = seen.reports.map((each) =>
      typeof each === "string" ? fetchReport(server, each, signal) : each
    );
    const reports = await Promise.all(told);
    run = runOf(plan, path, settings, seen, serverView(reports, seen.connectionPaths, seen.table));
  } catch (error) {
    const failure = toMptError(error, "Cannot make the run");
    // What this host refuses, it refuses every run.
    if (isRefusedHere(failure)) throw failure;
    run = failedRun(plan, path, settings, failure);
  }
  onEvent({ event: "run-end", run: index, goodput_bps: run.goodput_bps, error: run.error });
  return run;
}

/** The path that a run is tied to; one that was named by its interface alone leaves from an address of that. */
function tiedTo({ single, local, interface: name, remote }: RunPlan): BenchRun["path"] {
  if (!single || (local === undefined && name === undefined)) return null;
  const from = local ?? (ffiUnavailableReason() === null ? addressOn(name, remote.ip!.family) : undefined);
  return { local: from?.withZone(undefined).toString() ?? name ?? "any", remote: remote.address };
}

/** Where only MPTCP was asked for and this host has none, there is nothing to do. */
function requireSomeTransport(settings: BenchSettings): void {
  const problem = mptcpProblem();
  if (problem !== null && settings.transports.every((transport) => transport === "mptcp")) throw problem;
}

function isRefusedHere(failure: MptError): boolean {
  switch (failure.code) {
    case "ERR_INVALID_VALUE":
    case "ERR_OPTION_REFUSED":
    case "ERR_PERMISSION":
    case "ERR_NET_PERMISSION":
    case "ERR_ADDRESS_NOT_LOCAL":
    case "ERR_NOT_SUPPORTED":
      return true;
    default:
      return false;
  }
}

function runOf(
  plan: RunPlan,
  path: BenchRun["path"],
  settings: BenchSettings,
  seen: Transfer,
  view: ReturnType<typeof serverView>,
): BenchRun {
  const download = plan.direction === "download";
  // Goodput is what arrived: of an upload the server knows, if it told.
  const received: Measurement = download ? seen.measurement : view.received ?? seen.measurement;
  // Over QUIC every byte counts when the server has acknowledged it
  const atReceiver = download || view.received !== null || isQuic(plan.transport);
  return {
    transport: plan.transport,
    transport_in_force: seen.inForce,
    direction: plan.direction,
    path,
    streams: settings.streams,
    bytes: received.bytes,
    duration_ms: received.duration_ms,
    goodput_bps: rate(received.bytes, received.duration_ms),
    longest_stall_ms: atReceiver ? received.longest_stall_ms : null,
    // Over QUIC a receiver measures the RTT itself, while data comes
    rtt_ms: loadedRtt(
      download && !isQuic(plan.transport) ? view.rttSamplesMs : seen.measurement.rtt_samples_ms,
    ),
    intervals: received.intervals,
    paths: pathShares(seen, received, download ? view.paths : null),
    cpu_ms: seen.cpuMs,
    blocked: download ? null : seen.blocked,
    failure: seen.failure,
    failure_missed: seen.failureMissed,
    error: seen.error === null ? null : errorJson(seen.error),
  };
}

function failedRun(
  plan: RunPlan,
  path: BenchRun["path"],
  settings: BenchSettings,
  failure: MptError,
): BenchRun {
  return {
    transport: plan.transport,
    transport_in_force: plan.transport,
    direction: plan.direction,
    path,
    streams: settings.streams,
    bytes: 0,
    duration_ms: 0,
    goodput_bps: 0,
    longest_stall_ms: null,
    rtt_ms: null,
    intervals: [],
    paths: [],
    cpu_ms: 0,
    blocked: null,
    failure: null,
    failure_missed: null,
    error: errorJson(failure),
  };
}

function errorJson({ code, message, fix }: MptError): RunError {
  return { code, message, fix: fix ?? null };
}

/** With what the sender knows of each path: the server where it told, or this end, for which that is null. */
function pathShares(
  seen: Transfer,
  received: Measurement,
  told: ReadonlyMap<number, SenderPath> | null,
): readonly BenchPathJson[] {
  const carried = new Map<number, number>();
  for (const { paths } of received.intervals) {
    for (const { id, bytes } of paths) carried.set(id, (carried.get(id) ?? 0) + bytes);
  }
  const total = [...carried.values()].reduce((sum, bytes) => sum + bytes, 0);
  return seen.paths.map((path) => {
    const bytes = carried.get(path.id) ?? 0;
    const json = pathToJson(path);
    const sender = told === null
      ? { rttMs: json.rtt_ms, retransmittedBytes: json.bytes_retransmitted }
      : told.get(path.id);
    return {
      ...json,
      run_bytes: bytes,
      share: total === 0 ? null : bytes / total,
      sender_rtt_ms: sender?.rttMs ?? null,
      sender_retransmitted_bytes: sender?.retransmittedBytes ?? null,
    };
  });
}

function loadedRtt(samples: readonly number[]): LoadedRtt | null {
  const summary = summarize(samples);
  if (summary === null) return null;
  return { min: summary.min, p50: summary.p50, p95: summary.p95, samples: summary.count };
}

function rate(bytes: number, ms: number): number {
  return ms <= 0 ? 0 : Math.round(bytes * 8 / (ms / 1000));
}

function optionsJson(
  settings: BenchSettings,
): Readonly<Record<string, string | number | boolean | null | readonly string[]>> {
  return {
    transports: settings.transports,
    directions: settings.directions,
    duration_ms: settings.durationMs,
    bytes: settings.bytes,
    streams: settings.streams,
    interval_ms: settings.intervalMs,
    congestion: settings.congestion ?? null,
    try_fix: settings.tryFix,
    scheduler: settings.scheduler ?? null,
    fail: settings.fail === undefined ? null : `${settings.fail.path}@${settings.fail.afterMs / 1000}`,
    insecure: settings.quic.insecure ?? false,
    paths: settings.paths.map(({ local, remote, interface: name }) =>
      [local?.toString() ?? "any", remote?.address ?? "target", name].filter(Boolean).join(" ")
    ),
  };
}
