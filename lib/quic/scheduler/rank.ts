import type { Choice } from "./choice.ts";
import type { PathSnapshot, ScheduleReason } from "./scheduler.ts";

/**
 * How willingly a path is used, whether it has room or not: 0 for a healthy available one, then healthy
 * backups, then those that are suspect. Data goes only to paths of the smallest rank that is there: a backup
 * is no relief for an available path that is full (draft-ietf-quic-multipath-21 5.3).
 */
export function rankOf({ suspect, status }: PathSnapshot): number {
  return (suspect ? 2 : 0) + (status === "backup" ? 1 : 0);
}

/** The smallest rank among the paths. */
export function bestRank(paths: readonly PathSnapshot[]): number {
  let best = Infinity;
  for (const path of paths) best = Math.min(best, rankOf(path));
  return best;
}

/** Whether a datagram can go out on the path now. */
export function hasRoom(path: PathSnapshot, nowUs: number): boolean {
  return path.hasWindow && path.pacedUntilUs <= nowUs;
}

/** The reason for a choice that is the scheduler's own best, by the rank that it was made in. */
export function reasonFor(rank: number, reason: ScheduleReason): ScheduleReason {
  return rank % 2 === 1 ? "backup" : reason;
}

/** Chooses none, because no path of the rank has room. */
export function waitForRoom(choice: Choice, paths: readonly PathSnapshot[], rank: number): Choice {
  let pacedUntilUs = Infinity;
  for (const path of paths) {
    if (rankOf(path) === rank && path.hasWindow) pacedUntilUs = Math.min(pacedUntilUs, path.pacedUntilUs);
  }
  return pacedUntilUs < Infinity ? choice.wait("paced", pacedUntilUs) : choice.wait("no-window");
}

/** The path of a rank with the smallest smoothed RTT; with `nowUs` only among those with room then. */
export function fastest(
  paths: readonly PathSnapshot[],
  rank: number,
  nowUs: number | null = null,
): PathSnapshot | null {
  let best: PathSnapshot | null = null;
  for (const path of paths) {
    if (rankOf(path) !== rank || (nowUs !== null && !hasRoom(path, nowUs))) continue;
    if (best === null || path.smoothedRttUs < best.smoothedRttUs) best = path;
  }
  return best;
}
