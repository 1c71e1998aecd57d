import type { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import type { Transport } from "../base/transport.ts";
import type { PathStatus } from "../base/path.ts";
import type { PathBreak, QuicChoice, SchedulerName } from "../quic/mod.ts";

/** Which way the bytes go: download is from the server to this host. */
export type Direction = "download" | "upload";

/** One path to measure alone. */
export interface BenchPath {
  /** Local address that the path leaves from. */
  readonly local?: Ip;
  /** Address of the server that it goes to. @default {undefined} the target */
  readonly remote?: Endpoint;
  /** Interface that it leaves by. */
  readonly interface?: string;
  /** Whether it carries data in normal times; mpquic only. @default {"available"} */
  readonly status?: PathStatus;
}

/** A path to break on purpose. */
export interface BenchFailure {
  /** The path id; 0 is the first. */
  readonly path: number;
  /** When, in milliseconds after the start of the transfer. */
  readonly afterMs: number;
  /** Whether neither end is told, or the path's socket is closed, which this end knows. @default {"silent"} */
  readonly how?: PathBreak;
}

/** Options of {@linkcode bench}. */
export interface BenchOptions {
  /** The transports to compare. @default {["tcp", "mptcp"]} */
  readonly transports?: readonly Transport[];
  /** Which ways to measure. @default {["download"]} */
  readonly directions?: readonly Direction[];
  /** How long one run takes, in milliseconds, 100 or more. @default {5000} */
  readonly durationMs?: number;
  /** How many bytes one run transfers, instead of a duration. */
  readonly bytes?: number;
  /** Connections at a time, 1 to 128. @default {1} */
  readonly streams?: number;
  /** Length of an interval in milliseconds, 50 or more. @default {500} */
  readonly intervalMs?: number;
  /** Congestion control, such as `cubic`. @default {undefined} the system's */
  readonly congestion?: string;
  /** The paths whose single-path goodput is the baseline. @default {undefined} the subflows that come up */
  readonly paths?: readonly BenchPath[];
  /** What chooses the path of the next data over mpquic. @default {"earliest"} */
  readonly scheduler?: SchedulerName;
  /** Breaks a path of mpquic on purpose, so many milliseconds after the start of each run. */
  readonly fail?: BenchFailure;
  /** The server's token. */
  readonly token?: string;
  /** Whom to trust over QUIC, and the application protocol. @default {the system's certificates, `perf`} */
  readonly quic?: QuicChoice;
  /** How long one connect may take, in milliseconds. @default {5000} */
  readonly connectTimeoutMs?: number;
  /**
   * Where several paths are slower than the best one alone: makes the path that holds them back a backup, for
   * all connections of this host, measures again and takes it back. Needs CAP_NET_ADMIN. @default {false}
   */
  readonly tryFix?: boolean;
  /** Ends the benchmark with what was measured. */
  readonly signal?: AbortSignal;
}

/** Every option with its default. */
export interface BenchSettings {
  readonly transports: readonly Transport[];
  readonly directions: readonly Direction[];
  readonly durationMs: number | null;
  readonly bytes: number | null;
  readonly streams: number;
  readonly intervalMs: number;
  readonly congestion: string | undefined;
  readonly paths: readonly BenchPath[];
  readonly scheduler: SchedulerName | undefined;
  readonly fail: BenchFailure | undefined;
  readonly token: string | undefined;
  readonly quic: QuicChoice;
  readonly connectTimeoutMs: number;
  readonly tryFix: boolean;
  /** How long a transfer may go on after its duration, in milliseconds. */
  readonly drainMs: number;
}

/** Queues on the way have to drain after a transfer; this bounds them, in milliseconds. */
const DRAIN_MS = 15_000;

/** The port of `mpt serve`. */
export const BENCH_PORT = 4433;

const MAX_STREAMS = 128;

/**
 * The options with their defaults.
 *
 * @throws {MptError} `ERR_INVALID_VALUE` when one is out of range.
 */
export function benchSettings(options: BenchOptions): BenchSettings {
  const settings: BenchSettings = {
    transports: options.transports ?? ["tcp", "mptcp"],
    directions: options.directions ?? ["download"],
    durationMs: options.bytes === undefined ? options.durationMs ?? 5000 : null,
    bytes: options.bytes ?? null,
    streams: options.streams ?? 1,
    intervalMs: options.intervalMs ?? 500,
    congestion: options.congestion,
    paths: options.paths ?? [],
    scheduler: options.scheduler,
    fail: options.fail,
    token: options.token,
    quic: options.quic ?? {},
    connectTimeoutMs: options.connectTimeoutMs ?? 5000,
    tryFix: options.tryFix ?? false,
    drainMs: DRAIN_MS,
  };
  if (settings.durationMs !== null) atLeast("a duration", settings.durationMs, 100, "ms");
  if (settings.bytes !== null) atLeast("a size", whole("bytes", settings.bytes), 1, "bytes");
  atLeast("an interval", settings.intervalMs, 50, "ms");
  atLeast("a number of streams", whole("streams", settings.streams), 1, "");
  const { fail, durationMs } = settings;
  if (fail !== undefined && durationMs !== null && fail.afterMs >= durationMs) {
    throw invalid(
      `a path that breaks after ${fail.afterMs / 1000} s: a run is over after ${durationMs / 1000} s`,
    );
  }
  if (settings.streams > MAX_STREAMS) throw invalid(`more than ${MAX_STREAMS} streams`);
  return settings;
}

function atLeast(what: string, value: number, least: number, unit: string): void {
  if (!(value >= least)) throw invalid(`${what} below ${least} ${unit}`.trimEnd());
}

function whole(what: string, value: number): number {
  if (!Number.isSafeInteger(value)) throw invalid(`${value} ${what}: it is not a whole number`);
  return value;
}

function invalid(what: string): MptError {
  return new MptError("ERR_INVALID_VALUE", `Cannot measure with ${what}`);
}
