import { type BenchResult, type BenchRun, isCutShort, isMissingHere } from "../lib/bench/mod.ts";
import { EXIT } from "./exit_codes.ts";

/** Whether multipath QUIC, which is measured only when it is asked for by name, had one path to this server. */
function isOnePath({ transport, transport_in_force: real, error }: BenchRun): boolean {
  return transport === "mpquic" && real !== "mpquic" && error === null;
}

/** Whether a connection was MPTCP for this host, and plain TCP in the end. */
function fellBack({ transport, transport_in_force: real, error }: BenchRun): boolean {
  return transport === "mptcp" && real !== "mptcp" && error === null;
}

/**
 * The exit code of a benchmark: a run that failed is a failure, and so is one that did not survive its broken path;
 * MPTCP that this host does not have, or that fell back, counts only when it was asked for by name, and so does a
 * fix that could not be tried. A benchmark that was cut short counts when a run came to its end.
 */
export function benchExitCode(result: BenchResult, mptcpAskedFor: boolean): number {
  const failed = result.runs.filter((run) => run.error !== null && !isCutShort(run));
  if (failed.some((run) => !isMissingHere(run))) return EXIT.failed;
  if (result.runs.every((run) => run.error !== null)) return EXIT.untestable;
  if (result.runs.some((run) => run.failure?.recovered === false || isOnePath(run))) return EXIT.failed;
  if (mptcpAskedFor && result.runs.some(fellBack)) return EXIT.failed;
  if (result.runs.some((run) => run.failure_missed && run.error === null)) return EXIT.untestable;
  if (failed.length > 0 && mptcpAskedFor) return EXIT.untestable;
  // Not tried is said only where that was asked for, and where there was something to try.
  return result.penalties.some((penalty) => penalty.not_tried !== null) ? EXIT.untestable : EXIT.ok;
}
