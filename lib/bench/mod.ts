/**
 * What several paths are worth to a server: TCP on each path alone, MPTCP over all of them, and the
 * difference in words and numbers. Goodput is payload at the receiver. Over QUIC it measures any server that speaks
 * perf (draft-banks-quic-performance).
 *
 * @example Measure an upload
 * ```ts no-run
 * import { bench } from "@multipath/mpt/bench";
 * import { Endpoint } from "@multipath/mpt/base";
 *
 * const result = await bench(Endpoint.parse("192.0.2.1:4433"), { directions: ["upload"] });
 * for (const run of result.runs) console.log(run.transport, run.goodput_bps);
 * ```
 *
 * @module
 */
export { bench } from "./run.ts";
export { isCutShort, isMissingHere } from "./verdicts.ts";
export { aggregationOf, benefit } from "./aggregation.ts";
export {
  BENCH_PORT,
  type BenchFailure,
  type BenchOptions,
  type BenchPath,
  type Direction,
} from "./options.ts";
export type {
  Aggregation,
  BenchCost,
  BenchEvent,
  BenchPathJson,
  BenchResult,
  BenchRun,
  FailureMissed,
  LoadedRtt,
  MultipathTransport,
  Penalty,
  RunError,
  RunFailure,
  TriedCure,
} from "./result.ts";
export type { BlockedCounts } from "./blocked.ts";
export type { Cure } from "./cure.ts";
