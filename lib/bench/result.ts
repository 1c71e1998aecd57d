import type { PathJson } from "../base/path_json.ts";
import type { Certainty, Envelope } from "../base/result.ts";
import type { Transport } from "../base/transport.ts";
import type { Interval } from "../protocol/meter.ts";
import type { PathBreak } from "../quic/mod.ts";
import type { BlockedCounts } from "./blocked.ts";
import type { Cure } from "./cure.ts";
import type { Direction } from "./options.ts";

/** A path of a run, with its part of the bytes. */
export interface BenchPathJson extends PathJson {
  /** Payload bytes that it carried in this run. */
  readonly run_bytes: number;
  /** Its part of all of them, 0 to 1; null when nothing was carried. */
  readonly share: number | null;
  /** Its round-trip time at the end as the sender of this run saw it; null when the sender did not tell. */
  readonly sender_rtt_ms: number | null;
  /** Payload bytes that the sender of this run sent more than once; null when the sender did not tell. */
  readonly sender_retransmitted_bytes: number | null;
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

/** A path that was broken on purpose: nothing went out or came in over its socket any more. */
export interface RunFailure {
  /** The path id. */
  readonly path: number;
  /** Whether neither end was told, or its socket was closed; absent from results of earlier versions: `silent`. */
  readonly how?: PathBreak;
  /** When, in milliseconds since the start of the transfer. */
  readonly at_ms: number;
  /** Longest time without an arrival from then on, in milliseconds. */
  readonly longest_stall_ms: number;
  /** Whether that was followed by arrivals; false where nothing came until the end of the run. */
  readonly recovered: boolean;
}

/** Why a path that was to be broken was not: there was none with that id, or the transfer was over by then. */
export type FailureMissed = "no-such-path" | "over-before";

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
  /** Payload bytes at the receiver, all of them. */
  readonly bytes: number;
  /**
   * How long they took to arrive, in milliseconds. The receiver's clock starts when a download is asked for, or
   * when the request of an upload has arrived, with which the first bytes come; it stops at the end of the last
   * byte. So what is on its way when the time to send is over counts, with the time that it takes.
   */
  readonly duration_ms: number;
  /** `bytes` over `duration_ms`. */
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
  /**
   * How often this end had something to send and could not, for an upload over QUIC; null for every other run, and
   * absent from results of earlier versions.
   */
  readonly blocked?: BlockedCounts | null;
  /** The path that was broken on purpose, and the longest time without an arrival since; null without one. */
  readonly failure?: RunFailure | null;
  /** Why the path that was to be broken was not; null where it was, or where nothing was to be broken. */
  readonly failure_missed?: FailureMissed | null;
  /** Why the run failed or was cut short; null when it came to its end. */
  readonly error: RunError | null;
}

/** Why a run failed. */
export interface RunError {
  /** A stable code of `MptError`. */
  readonly code: string;
  /** What happened, in words. */
  readonly message: string;
  /** What mends it; null where that is not known, absent from results of earlier versions. */
  readonly fix?: string | null;
}

/** The transports with several paths. */
export type MultipathTransport = "mptcp" | "mpquic";

/** What multipath was worth, compared with each path alone. */
export interface Aggregation {
  /** The transport with several paths; absent from results of earlier versions, which had MPTCP only. */
  readonly transport?: MultipathTransport;
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

/** Multipath that is slower than its best path alone, and what can be done about it. */
export interface Penalty {
  /** Which way the bytes went. */
  readonly direction: Direction;
  /** The path that most likely holds the others back; null where that cannot be told. */
  readonly path: {
    readonly id: number;
    readonly local: string;
    readonly remote: string;
    readonly interface: string | null;
  } | null;
  /** How sure it is that it is this path: `proved` when multipath was as good as the best path without it. */
  readonly certainty: Certainty;
  /** What each path does, a line each. */
  readonly evidence: readonly string[];
  /** The command that makes that path a backup; null where there is none. */
  readonly cure: Cure | null;
  /** What the cure brought, where it was tried. */
  readonly tried: TriedCure | null;
  /** Why the cure was not tried although that was asked for; null otherwise. */
  readonly not_tried: string | null;
}

/** A cure that was tried and taken back. */
export interface TriedCure {
  /** Multipath before, in bits per second. */
  readonly before_bps: number;
  /** Multipath with the path as a backup, in bits per second. */
  readonly after_bps: number;
  /** Whether that was as good as the best path alone, or clearly better than before. */
  readonly helped: boolean;
  /** Whether the endpoint is as it was. */
  readonly restored: boolean;
  /** The run with the path as a backup. */
  readonly run: BenchRun;
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
  /** An entry for each direction in which multipath is slower than its best path alone. */
  readonly penalties: readonly Penalty[];
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
    readonly event: "try-fix";
    /** What is done to this host for the time of one run. */
    readonly command: string;
    /** What takes it back, should this program not come to it. */
    readonly undo: string | null;
  }
  | {
    readonly event: "run-end";
    readonly run: number;
    readonly goodput_bps: number;
    readonly error: BenchRun["error"];
  };
