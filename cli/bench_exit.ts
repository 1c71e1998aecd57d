import { type BenchResult, isMissingHere } from "../lib/bench/mod.ts";
import { EXIT } from "./exit_codes.ts";

/**
 * The exit code of a benchmark: a run that failed is a failure; MPTCP that this host does not have counts
 * only when it was asked for by name.
 */
export function benchExitCode(result: BenchResult, mptcpAskedFor: boolean): number {
  const failed = result.runs.filter((run) => run.error !== null);
  if (failed.some((run) => !isMissingHere(run))) return EXIT.failed;
  return failed.length > 0 && mptcpAskedFor ? EXIT.untestable : EXIT.ok;
}
