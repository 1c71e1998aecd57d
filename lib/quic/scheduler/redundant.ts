import { Choice } from "./choice.ts";
import { bestRank, fastest, rankOf, reasonFor, waitForRoom } from "./rank.ts";
import type { Scheduler } from "./scheduler.ts";

/** Makes a scheduler that sends everything on every path, so that the first copy counts. */
export function redundant(): Scheduler {
  const choice = new Choice();
  const also: number[] = [];
  return (paths, { nowUs }) => {
    const rank = bestRank(paths);
    const path = fastest(paths, rank, nowUs);
    if (path === null) return waitForRoom(choice, paths, rank);
    also.length = 0;
    for (const other of paths) if (other !== path && rankOf(other) === rank) also.push(other.id);
    choice.take(path.id, reasonFor(rank, "best"));
    choice.also = also;
    return choice;
  };
}
