import { Choice } from "./choice.ts";
import { bestRank, hasRoom, rankOf, reasonFor } from "./rank.ts";
import type { PathSnapshot, Scheduler } from "./scheduler.ts";

/**
 * Makes a scheduler that uses one path, and another one only when it fails. It stays with the path that it has
 * for as long as that is as good as any.
 */
export function backupOnly(): Scheduler {
  const choice = new Choice();
  let current = -1;
  return (paths, { nowUs }) => {
    const rank = bestRank(paths);
    let path: PathSnapshot | null = null;
    for (const each of paths) {
      if (rankOf(each) === rank && (path === null || each.id === current)) path = each;
    }
    if (path === null) return choice.wait("no-window");
    current = path.id;
    if (hasRoom(path, nowUs)) return choice.take(path.id, reasonFor(rank, "best"));
    return path.hasWindow ? choice.wait("paced", path.pacedUntilUs) : choice.wait("no-window");
  };
}
