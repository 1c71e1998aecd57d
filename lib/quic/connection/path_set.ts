import type { Core } from "./core.ts";
import type { Path } from "./path.ts";
import { tellStatus } from "./path_status.ts";

/**
 * The best path that can be used now: healthy before suspected, normal before backup, then the lowest RTT.
 *
 * @returns Null if there is none.
 */
export function bestPath(core: Core): Path | null {
  let best: Path | null = null;
  for (const path of core.openPaths) {
    if (path.isUsable && (best === null || isBetter(path, best))) best = path;
  }
  return best;
}

/** Whether there is a path besides this one that can be used and gets answers. */
export function hasHealthyOther(core: Core, path: Path): boolean {
  for (const other of core.openPaths) {
    if (other !== path && other.isUsable && !other.isSuspect) return true;
  }
  return false;
}

/** Paths came or went, or what is known of one has changed: what follows from that for all of them. */
export function onPathsChanged(core: Core): void {
  core.onSpacesChanged();
  setStatus(core);
  assignAcknowledgments(core);
  tellStatuses(core);
}

function isBetter(a: Path, b: Path): boolean {
  if (a.isSuspect !== b.isSuspect) return b.isSuspect;
  if (a.status !== b.status) return a.status === "available";
  return a.rtt.smoothedUs < b.rtt.smoothedUs;
}

/**
 * A path is backup if either end wants it so (draft-ietf-quic-multipath-21 3.3); when none is left that is not,
 * the peer's word alone counts: it may have moved away from a path that it knows to be broken.
 */
function setStatus(core: Core): void {
  let normal = false;
  for (const path of core.openPaths) {
    const { ownStatus, peerStatus } = path.ids;
    path.status = ownStatus === "backup" || peerStatus === "backup" ? "backup" : "available";
    normal ||= path.status === "available" && path.isUsable && !path.isSuspect;
  }
  if (normal) return;
  for (const path of core.openPaths) {
    if (path.ids.peerStatus !== "backup") path.status = "available";
  }
}

/**
 * Acknowledgments go the way that the packets came, so that the RTT is that of the path; those of a path that
 * is suspected or abandoned go over the best other one (draft-ietf-quic-multipath-21 3.4.3, 5.4).
 */
function assignAcknowledgments(core: Core): void {
  const best = bestPath(core);
  const carried = new Map<Path, Path[]>();
  for (const path of core.paths.values()) {
    const answers = !path.ids.isAbandoned && !path.isSuspect && path.remoteIds.current !== undefined;
    const carrier = answers ? path : best ?? (path.ids.isAbandoned ? null : path);
    if (carrier === null) continue;
    const list = carried.get(carrier);
    if (list === undefined) carried.set(carrier, [path]);
    else list.push(path);
  }
  for (const path of core.paths.values()) path.carries = carried.get(path) ?? [];
}

/**
 * Tells the peer what to use: not what gets no answers here, and a backup path when nothing else is left (3.3).
 */
function tellStatuses(core: Core): void {
  if (!core.multipath.enabled) return;
  let normal = false;
  for (const path of core.openPaths) {
    normal ||= path.isUsable && !path.isSuspect && path.ids.ownStatus === "available";
  }
  for (const path of core.openPaths) {
    const { ids } = path;
    if (!path.ready) continue;
    const broken = path.isSuspect && hasHealthyOther(core, path);
    const standby = ids.ownStatus === "backup" && normal;
    tellStatus(core, ids, broken || standby ? "backup" : "available");
  }
}
