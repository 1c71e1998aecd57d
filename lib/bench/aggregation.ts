import type { Direction } from "./options.ts";
import type { Aggregation, BenchRun } from "./result.ts";

/**
 * What multipath was worth in one direction: the experimental aggregation benefit of Kaspar, as used by
 * Paasch et al. (CSWS 2014). With G the multipath goodput and C the single-path goodputs, it is
 * (G - max C) / (sum C - max C) when G >= max C, and (G - max C) / max C below.
 *
 * @returns The figures, or null without a multipath run or without two single paths to compare it with.
 */
export function aggregationOf(runs: readonly BenchRun[], direction: Direction): Aggregation | null {
  const usable = runs.filter((run) =>
    run.direction === direction && run.error === null && run.goodput_bps > 0
  );
  const multipath = usable.find((run) => run.transport === "mptcp" && run.transport_in_force === "mptcp");
  const singles = usable.filter((run) => run.transport === "tcp").map((run) => run.goodput_bps);
  if (multipath === undefined || singles.length === 0) return null;
  const best = Math.max(...singles);
  const sum = singles.reduce((total, each) => total + each, 0);
  return {
    direction,
    best_single_bps: best,
    sum_of_singles_bps: sum,
    multipath_bps: multipath.goodput_bps,
    efficiency: multipath.goodput_bps / sum,
    benefit: benefit(multipath.goodput_bps, best, sum),
    singles: singles.length,
  };
}

/** See {@linkcode aggregationOf}. With one single path there is nothing to gain: 0 at the best. */
export function benefit(multipath: number, best: number, sum: number): number {
  if (multipath < best) return (multipath - best) / best;
  return sum > best ? (multipath - best) / (sum - best) : 0;
}
