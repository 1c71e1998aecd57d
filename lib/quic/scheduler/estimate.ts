import { hasRoom, rankOf } from "./rank.ts";
import type { PathSnapshot } from "./scheduler.ts";

/**
 * How long a datagram that is sent now travels, in microseconds: half of the smallest RTT, and the queue that
 * was last seen, which is taken to be on the way there.
 */
export function travelUs({ smoothedRttUs, latestRttUs, minRttUs, rttSamples }: PathSnapshot): number {
  if (rttSamples === 0) return smoothedRttUs / 2;
  const queueUs = Math.max(smoothedRttUs, latestRttUs) - minRttUs;
  return Math.max(0, queueUs) + minRttUs / 2;
}

/** How fast a path can go: its window in every round trip, in bytes per microsecond. */
export function rateOf({ windowBytes, smoothedRttUs }: PathSnapshot): number {
  return windowBytes / Math.max(1, smoothedRttUs);
}

/** How long until a path has room again: until the pacer lets go, or an acknowledgment makes room. */
export function roomInUs(path: PathSnapshot, nowUs: number): number {
  if (path.hasWindow) return Math.max(0, path.pacedUntilUs - nowUs);
  const missing = path.inFlightBytes + path.mtu - path.windowBytes;
  return Math.max(0, missing) / rateOf(path);
}

/** The path of a rank that delivers first; with a time only among those that have room then. */
export function quickest(
  paths: readonly PathSnapshot[],
  rank: number,
  nowUs: number | null,
): PathSnapshot | null {
  let best: PathSnapshot | null = null;
  for (const path of paths) {
    if (rankOf(path) !== rank || (nowUs !== null && !hasRoom(path, nowUs))) continue;
    if (best === null || travelUs(path) < travelUs(best)) best = path;
  }
  return best;
}
