import type { PathChange } from "./events.ts";
import type { Core } from "./core.ts";
import type { Path, PathStatistics } from "./path.ts";

/** Tells the user what happened to a path. */
export function tellPath(core: Core, path: Path, change: PathChange): void {
  core.events.push({ type: "path", pathId: path.id, change, tuple: path.network.tuple });
}

/** What is known of a path at its end. */
export function statisticsOf(path: Path): PathStatistics {
  const { rtt, congestion, counters, blocked } = path;
  return {
    ...counters,
    blocked: { ...blocked },
    smoothedRttUs: rtt.smoothedUs,
    minRttUs: rtt.minUs,
    windowBytes: congestion.windowBytes,
    mtu: path.mtu,
  };
}
