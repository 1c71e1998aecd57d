import { Choice } from "./choice.ts";
import { bestRank, fastest, hasRoom, reasonFor, waitForRoom } from "./rank.ts";
import type { Scheduler } from "./scheduler.ts";

/** How much more has to speak for the slow path once the scheduler waits: it does not waver. */
const BETA = 1 / 4;

/**
 * Makes a scheduler that leaves a slow path alone when the fast one would be done with all that waits before
 * the slow path has delivered (ECF, CoNEXT 2017).
 */
export function ecf(): Scheduler {
  const choice = new Choice();
  let waiting = false;
  return (paths, { nowUs, queuedBytes }) => {
    const rank = bestRank(paths);
    const best = fastest(paths, rank);
    if (best === null) return choice.wait("no-window");
    if (hasRoom(best, nowUs)) return choice.take(best.id, reasonFor(rank, "best"));
    const slow = fastest(paths, rank, nowUs);
    if (slow === null) return waitForRoom(choice, paths, rank);
    const variationUs = Math.max(best.rttVariationUs, slow.rttVariationUs);
    const rounds = 1 + Math.max(queuedBytes, best.windowBytes) / best.windowBytes;
    const slowRounds = Math.max(queuedBytes, slow.windowBytes) / slow.windowBytes;
    const limitUs = (1 + (waiting ? BETA : 0)) * (slow.smoothedRttUs + variationUs);
    const fastIsSooner = rounds * best.smoothedRttUs < limitUs;
    const slowIsLate = slowRounds * slow.smoothedRttUs >= 2 * best.smoothedRttUs + variationUs;
    waiting = fastIsSooner && slowIsLate;
    if (!waiting) return choice.take(slow.id, reasonFor(rank, "overflow"), slow.mtu);
    return choice.wait("wait-for-better", best.hasWindow ? best.pacedUntilUs : Infinity);
  };
}
