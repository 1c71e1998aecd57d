import { Choice } from "./choice.ts";
import { bestRank, hasRoom, rankOf, reasonFor, waitForRoom } from "./rank.ts";
import type { PathSnapshot, Scheduler } from "./scheduler.ts";

/** Datagrams of one turn: fewer would cost a system call each. */
const TURN_DATAGRAMS = 4;

/** Makes a scheduler that takes one path after the other, and passes over those without room. */
export function roundRobin(): Scheduler {
  const choice = new Choice();
  let last = -1;
  return (paths, { nowUs }) => {
    const rank = bestRank(paths);
    let first: PathSnapshot | null = null;
    let next: PathSnapshot | null = null;
    for (const path of paths) {
      if (rankOf(path) !== rank || !hasRoom(path, nowUs)) continue;
      first ??= path;
      if (path.id > last) next ??= path;
    }
    const path = next ?? first;
    if (path === null) return waitForRoom(choice, paths, rank);
    last = path.id;
    return choice.take(path.id, reasonFor(rank, "turn"), TURN_DATAGRAMS * path.mtu);
  };
}
