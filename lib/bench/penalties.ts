import type { PathManagerJson } from "../mptcp/path_manager_json.ts";
import { cureOf } from "./cure.ts";
import { findCulprit, judgePaths, PENALTY } from "./penalty.ts";
import type { Aggregation, BenchPathJson, BenchRun, Penalty } from "./result.ts";
import type { BenchServer } from "./bench_server.ts";

/** Whether multipath is slower than its best path alone. QUIC over one path is the same with and without it. */
export function isPenalty(aggregation: Aggregation): boolean {
  if (aggregation.transport === "mpquic" && aggregation.singles < 2) return false;
  return aggregation.multipath_bps < aggregation.best_single_bps * PENALTY;
}

/**
 * The path behind each penalty, and the command that makes it a backup.
 *
 * @param runs All runs.
 * @param aggregations What multipath was worth, an entry a direction.
 * @param server What the server told about its path manager.
 * @param ours The path manager of this host; null when it is not known.
 */
export function penaltiesOf(
  runs: readonly BenchRun[],
  aggregations: readonly Aggregation[],
  server: Pick<BenchServer, "check">,
  ours: PathManagerJson | null,
): readonly Penalty[] {
  // The kernel's path manager has nothing to do with QUIC
  const slower = aggregations.filter((each) => each.transport !== "mpquic" && isPenalty(each));
  return slower.map(({ direction }) => {
    const multipath = runs.find((run) => run.transport === "mptcp" && run.direction === direction);
    const culprit = multipath === undefined ? null : findCulprit(judgePaths(runs, multipath));
    const common = { direction, tried: null, not_tried: null };
    if (culprit === null) return { ...common, path: null, certainty: "possible", evidence: [], cure: null };
    return {
      ...common,
      path: endsOf(culprit.path),
      certainty: culprit.certainty,
      evidence: culprit.evidence,
      cure: cureOf(culprit.path, culprit.best, ours, server.check?.path_manager ?? null),
    };
  });
}

function endsOf({ id, local, remote, interface: name }: BenchPathJson): Penalty["path"] {
  return { id, local, remote, interface: name };
}
