import { Endpoint } from "../../../lib/base/endpoint.ts";
import { Ip } from "../../../lib/base/ip.ts";
import type { PathInfo } from "../../../lib/base/path.ts";
import { envelope } from "../../../lib/base/result.ts";
import type { Aggregation, BenchPathJson, BenchResult, BenchRun } from "../../../lib/bench/result.ts";
import type { BenchServer } from "../../../lib/bench/bench_server.ts";
import type { CheckAnswer } from "../../../lib/protocol/check.ts";
import { path as pathJson } from "../probe/fixtures.ts";

const MBIT = 1_000_000;

/** A run that came to its end. */
export function run(fields: Partial<BenchRun> = {}): BenchRun {
  const transport = fields.transport ?? "tcp";
  return {
    transport,
    transport_in_force: transport,
    direction: "download",
    path: null,
    streams: 1,
    bytes: 12_500_000,
    duration_ms: 2000,
    goodput_bps: 50 * MBIT,
    longest_stall_ms: 12.5,
    rtt_ms: { min: 10, p50: 20, p95: 40, samples: 4 },
    intervals: [500, 1000, 1500, 2000].map((at_ms) => ({
      at_ms,
      bytes: 3_125_000,
      paths: [{ id: 0, bytes: 3_125_000 }],
    })),
    paths: [path(0)],
    cpu_ms: 100,
    error: null,
    ...fields,
  };
}

/** A run over TCP with a goodput in Mbit/s. */
export function single(mbit: number, fields: Partial<BenchRun> = {}): BenchRun {
  return run({ goodput_bps: mbit * MBIT, ...fields });
}

/** A run over MPTCP with a goodput in Mbit/s. */
export function multi(mbit: number, fields: Partial<BenchRun> = {}): BenchRun {
  return run({ transport: "mptcp", goodput_bps: mbit * MBIT, ...fields });
}

/** A failed run. */
export function failed(code: string, fields: Partial<BenchRun> = {}): BenchRun {
  return run({
    bytes: 0,
    duration_ms: 0,
    goodput_bps: 0,
    longest_stall_ms: null,
    rtt_ms: null,
    intervals: [],
    paths: [],
    cpu_ms: 0,
    error: { code, message: "Cannot measure: why" },
    ...fields,
  });
}

/** A path of a run. */
export function path(id: number, fields: Partial<BenchPathJson> = {}): BenchPathJson {
  return {
    ...pathJson(id),
    run_bytes: 12_500_000,
    share: 1,
    sender_rtt_ms: null,
    sender_retransmitted_bytes: null,
    ...fields,
  };
}

/** What multipath was worth, in Mbit/s. */
export function aggregation(multipath: number, best: number, sum: number, singles: number = 2): Aggregation {
  return {
    transport: "mptcp",
    direction: "download",
    best_single_bps: best * MBIT,
    sum_of_singles_bps: sum * MBIT,
    multipath_bps: multipath * MBIT,
    efficiency: multipath / sum,
    benefit: multipath < best
      ? (multipath - best) / best
      : sum > best
      ? (multipath - best) / (sum - best)
      : 0,
    singles,
  };
}

/** A path of a live connection. */
export function livePath(
  id: number,
  local: string,
  remote: string,
  fields: Partial<PathInfo> = {},
): PathInfo {
  return {
    id,
    local: Endpoint.parse(local),
    remote: Endpoint.parse(remote),
    state: "active",
    status: "available",
    bytesSent: 0,
    bytesReceived: 0,
    bytesRetransmitted: 0,
    ...fields,
  };
}

/** What the server tells about itself. */
export const CHECK: CheckAnswer = {
  schema: "mpt.check/1",
  server: { name: "mpt", version: "0.1.0", instance: null },
  listener: null,
  defer_accept: null,
  transport: "mptcp",
  fallback: false,
  local: "198.51.100.1:4433",
  remote: "192.0.2.1:50000",
  paths: [],
  counters: {},
  addresses: [],
  syn_mirror_port: null,
  counter_window: null,
  subflows: null,
  mptcp: null,
  path_manager: null,
  limits: { max_bytes: 1_000_000_000, max_duration_ms: 60_000, token_required: false },
};

/** A server with two paths. */
export function server(fields: Partial<BenchServer> = {}): BenchServer {
  return {
    ip: Ip.parse("198.51.100.1"),
    port: 4433,
    check: CHECK,
    paths: [
      livePath(0, "192.0.2.1:50000", "198.51.100.1:4433"),
      livePath(1, "203.0.113.1:50001", "198.51.100.2:4433"),
    ],
    ...fields,
  };
}

/** A whole result. */
export function result(fields: Partial<BenchResult> = {}): BenchResult {
  return {
    ...envelope({
      schema: "mpt.bench/1",
      host: { os: "linux", kernel: "6.18.44", deno: "2.9.6", cpus: 2 },
      startedAtMs: Date.UTC(2026, 10, 21, 10),
      durationMs: 18_000,
    }),
    target: { host: "198.51.100.1", address: "198.51.100.1", port: 4433 },
    cost: { runs: 3, duration_ms: 18_000, max_duration_ms: 75_000, bytes: null },
    runs: [],
    aggregation: null,
    aggregations: [],
    penalties: [],
    ...fields,
  };
}
