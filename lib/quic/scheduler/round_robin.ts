import { Choice } from "./choice.ts";
import { bestRank, hasRoom, rankOf, reasonFor, waitForRoom } from "./rank.ts";
import type { PathSnapshot, Scheduler } from "./scheduler.ts";

/** Datagrams of one turn at the least: fewer would cost a system call each. */
const TURN_DATAGRAMS = 4;

/** How long a turn may take the slowest of the paths, in microseconds: on fast ones a batch becomes a large one. */
const TURN_US = 500;

/** Makes a scheduler that takes one path after the other, and passes over those without room. */
export function roundRobin(): Scheduler {
  const choice = new Choice();
  let last = -1;
  return (paths, { nowUs }) => {
    const rank = bestRank(paths);
    let first: PathSnapshot | null = null;
    let next: PathSnapshot | null = null;
    let slowestBps = Infinity;
    for (const path of paths) {
      if (rankOf(path) !== rank || !hasRoom(path, nowUs)) continue;
      slowestBps = Math.min(slowestBps, path.pacingRateBps);
      first ??= path;
      if (path.id > last) next ??= path;
    }
    const path = next ?? first;
    if (path === null) return waitForRoom(choice, paths, rank);
    last = path.id;
    // The same for all of them, so that they share alike
    const turnBytes = Math.max(TURN_DATAGRAMS * path.mtu, slowestBps / 8e6 * TURN_US);
    return choice.take(path.id, reasonFor(rank, "turn"), turnBytes);
  };
}
