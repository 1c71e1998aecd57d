import type { Direction } from "./options.ts";
import type { Transport } from "../base/transport.ts";
import type { Aggregation, BenchRun, MultipathTransport } from "./result.ts";

/**
 * What multipath was worth in one direction: the experimental aggregation benefit of Kaspar, as used by
 * Paasch et al. (CSWS 2014). With G the multipath goodput and C the single-path goodputs, it is
 * (G - max C) / (sum C - max C) when G >= max C, and (G - max C) / max C below.
 *
 * @returns The figures, or null without a multipath run or without every single path to compare it with.
 */
export function aggregationOf(
  runs: readonly BenchRun[],
  direction: Direction,
  transport: MultipathTransport = "mptcp",
): Aggregation | null {
  const ours = runs.filter((run) => run.direction === direction);
  const multipath = ours.find((run) => run.transport === transport && run.transport_in_force === transport);
  const baselines = ours.filter((run) => run.transport === singleOf(transport, ours));
  if (multipath === undefined || multipath.error !== null) return null;
  // Without one of the terms the sum would be too small, and the efficiency too good to be true.
  if (baselines.some((run) => run.error !== null)) return null;
  const singles = baselines.map((run) => run.goodput_bps);
  const best = Math.max(0, ...singles);
  const sum = singles.reduce((total, each) => total + each, 0);
  if (best === 0) return null;
  return {
    transport,
    direction,
    best_single_bps: best,
    sum_of_singles_bps: sum,
    multipath_bps: multipath.goodput_bps,
    efficiency: multipath.goodput_bps / sum,
    benefit: benefit(multipath.goodput_bps, best, sum),
    singles: singles.length,
  };
}

/** The transport whose runs on single paths are the terms: QUIC for mpquic, unless only TCP was measured. */
function singleOf(transport: MultipathTransport, runs: readonly BenchRun[]): Transport {
  return transport === "mpquic" && runs.some((run) => run.transport === "quic") ? "quic" : "tcp";
}

/** A benefit for people; what is as good as nothing has no sign. */
export function formatBenefit(benefit: number): string {
  return benefit.toFixed(2).replace(/^-(?=0\.00$)/, "");
}

/** See {@linkcode aggregationOf}. With one single path there is nothing to gain: 0 at the best. */
export function benefit(multipath: number, best: number, sum: number): number {
  if (multipath < best) return (multipath - best) / best;
  return sum > best ? (multipath - best) / (sum - best) : 0;
}
