import { Choice } from "./choice.ts";
import { bestRank, fastest, reasonFor, waitForRoom } from "./rank.ts";
import type { Scheduler } from "./scheduler.ts";

/** Makes a scheduler that takes the path with the smallest RTT among those with room. */
export function minRtt(): Scheduler {
  const choice = new Choice();
  return (paths, { nowUs }) => {
    const rank = bestRank(paths);
    const path = fastest(paths, rank, nowUs);
    if (path === null) return waitForRoom(choice, paths, rank);
    const reason = path === fastest(paths, rank) ? "best" : "overflow";
    return choice.take(path.id, reasonFor(rank, reason));
  };
}
