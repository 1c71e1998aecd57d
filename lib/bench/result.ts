import type { PathJson } from "../base/path_json.ts";
import type { Envelope } from "../base/result.ts";
import type { Transport } from "../base/transport.ts";
import type { Interval } from "../protocol/meter.ts";
import type { Direction } from "./options.ts";

/** A path of a run, with its part of the bytes. */
export interface BenchPathJson extends PathJson {
  /** Payload bytes that it carried in this run. */
  readonly run_bytes: number;
  /** Its part of all of them, 0 to 1; null when nothing was carried. */
  readonly share: number | null;
}

/** Round-trip times of the sender while data flowed. */
export interface LoadedRtt {
  /** Smallest sample in milliseconds. */
  readonly min: number;
  /** Median in milliseconds. */
  readonly p50: number;
  /** 95th percentile in milliseconds. */
  readonly p95: number;
  /** How many samples this is of: one a path and interval. */
  readonly samples: number;
}

/** One measured transfer. */
export interface BenchRun {
  /** What was asked for. */
  readonly transport: Transport;
  /** What it really was: `tcp` when MPTCP fell back. */
  readonly transport_in_force: Transport;
  /** Which way the bytes went. */
  readonly direction: Direction;
  /** The path that the run was tied to; null when the transport chose. */
  readonly path: { readonly local: string; readonly remote: string } | null;
  /** How many connections at a time. */
  readonly streams: number;
  /** Payload bytes at the receiver. */
  readonly bytes: number;
  /** From the start of the transfer to its last byte, in milliseconds. */
  readonly duration_ms: number;
  /** Payload at the receiver. */
  readonly goodput_bps: number;
  /** Longest time without an arrival at the receiver. */
  readonly longest_stall_ms: number | null;
  /** Null when the sender did not tell. */
  readonly rtt_ms: LoadedRtt | null;
  /** What happened in each interval. */
  readonly intervals: readonly Interval[];
  /** The paths, each with its part. */
  readonly paths: readonly BenchPathJson[];
  /** Processor time of this end, user and system. */
  readonly cpu_ms: number;
  /** Why the run failed or was cut short; null when it came to its end. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** What multipath was worth, compared with each path alone. */
export interface Aggregation {
  /** Which way the bytes went. */
  readonly direction: Direction;
  /** The best single path, in bits per second. */
  readonly best_single_bps: number;
  /** All single paths together, in bits per second. */
  readonly sum_of_singles_bps: number;
  /** The multipath transport, in bits per second. */
  readonly multipath_bps: number;
  /** Multipath over the sum of the single paths. */
  readonly efficiency: number;
  /** 0 is the best single path, 1 the sum of all, below 0 a penalty down to -1. */
  readonly benefit: number;
  /** How many single paths were measured. */
  readonly singles: number;
}

/** What a benchmark costs, known before it starts. */
export interface BenchCost {
  /** How many runs. */
  readonly runs: number;
  /** How long the runs take when all goes well; null when they are bounded by bytes: the network decides. */
  readonly duration_ms: number | null;
  /** How long the runs take at the most. */
  readonly max_duration_ms: number;
  /** Null when the runs are bounded by time alone: then the network decides. */
  readonly bytes: number | null;
}

/** The result of a benchmark. */
export interface BenchResult extends Envelope<"mpt.bench/1"> {
  /** The server, and the address of it that was measured. */
  readonly target: { readonly host: string; readonly address: string; readonly port: number };
  /** What it could cost at the most. */
  readonly cost: BenchCost | null;
  /** The runs in their order. */
  readonly runs: readonly BenchRun[];
  /** For each direction; null when there was nothing to compare. */
  readonly aggregation: Aggregation | null;
  /** What multipath was worth, an entry a direction. */
  readonly aggregations: readonly Aggregation[];
}

/** What a running benchmark tells. */
export type BenchEvent =
  | {
    readonly event: "plan";
    readonly target: string;
    readonly cost: BenchCost;
    readonly paths: readonly string[];
  }
  | {
    readonly event: "run";
    readonly run: number;
    readonly transport: Transport;
    readonly direction: Direction;
    readonly path: BenchRun["path"];
  }
  | {
    readonly event: "interval";
    readonly run: number;
    readonly interval: Interval;
    readonly goodput_bps: number;
  }
  | {
    readonly event: "run-end";
    readonly run: number;
    readonly goodput_bps: number;
    readonly error: BenchRun["error"];
  };
