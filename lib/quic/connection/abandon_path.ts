import { MAX_PATH_ID, PATH_ERROR } from "../wire/multipath.ts";
import type { Core } from "./core.ts";
import { onContentLost } from "./content_fate.ts";
import { raiseOwnLimit } from "./path_limits.ts";
import { statisticsOf, tellPath } from "./path_events.ts";
import type { PathIds } from "./path_ids.ts";
import { onPathsChanged } from "./path_set.ts";

/** draft-ietf-quic-multipath-21 3.4: how many probe timeouts what is under way is waited for. */
const TAIL_PROBE_TIMEOUTS = 3;

/**
 * Gives a path up: nothing is sent on it any more, and the peer is told (draft-ietf-quic-multipath-21 3.4).
 *
 * @returns False if it was given up before.
 */
export function abandonPath(core: Core, ids: PathIds, errorCode: number, nowUs: number): boolean {
  const { abandonment, pathId } = ids;
  const path = core.pathOf(ids);
  if (abandonment.sent !== null) return false;
  abandonment.sent = errorCode;
  core.control.push({ kind: "path_abandon", pathId, errorCode });
  ids.remote.forget();
  if (path !== null) {
    const by = abandonment.received === null ? "local" : "peer";
    core.events.push({
      type: "path",
      pathId,
      change: "abandoned",
      tuple: path.network.tuple,
      by,
      errorCode: abandonment.received ?? errorCode,
      statistics: statisticsOf(path),
    });
    path.fallback = null;
    path.asides.length = 0;
    path.space.probes = 0;
    path.copies.length = 0;
    path.congestion.end?.();
    core.streams.releasePath(pathId);
    core.datagrams.releasePath(pathId);
    // What is on its way may still be acknowledged, but nobody waits for that
    for (const packet of path.space.detector.sent) onContentLost(core, path.space, packet);
    onPathsChanged(core);
    // Nothing can be said any more: that is the end, unless a path is opened at once
    if (core.openPaths.length === 0) core.multipath.strandedAtUs = nowUs + core.longestProbeTimeoutUs;
  }
  if (abandonment.received !== null) discardLater(core, ids, nowUs);
  return true;
}

/** Takes a PATH_ABANDON frame. */
export function onPathAbandon(core: Core, ids: PathIds, errorCode: number, nowUs: number): void {
  const { abandonment } = ids;
  const path = core.pathOf(ids);
  if (abandonment.received !== null) return;
  abandonment.received = errorCode;
  if (abandonment.sent !== null) {
    discardLater(core, ids, nowUs);
    return;
  }
  const isLast = path !== null && core.openPaths.length === 1 && core.openPaths[0] === path;
  if (!isLast) {
    abandonPath(core, ids, PATH_ERROR.NO_ERROR, nowUs);
    return;
  }
  // 3.4: the last path is needed to say that it is over, unless the client comes back on another one at once
  core.multipath.strandedAtUs = nowUs + core.probeTimeoutUs(path);
  core.events.push({
    type: "path",
    pathId: path.id,
    change: "stranded",
    tuple: path.network.tuple,
  });
}

/** Another path can be used: one that the peer has abandoned while it was the last can go. */
export function endStranded(core: Core, nowUs: number): void {
  if (core.multipath.strandedAtUs === Infinity) return;
  core.multipath.strandedAtUs = Infinity;
  for (const ids of [...core.ids.values()]) {
    const { sent, received } = ids.abandonment;
    if (received !== null && sent === null) abandonPath(core, ids, PATH_ERROR.NO_ERROR, nowUs);
  }
}

/** Forgets the paths whose time is over. */
export function discardPaths(core: Core, nowUs: number): void {
  let nextUs = Infinity;
  for (const ids of [...core.ids.values()]) {
    const { discardAtUs } = ids.abandonment;
    if (nowUs >= discardAtUs) discardPath(core, ids);
    else nextUs = Math.min(nextUs, discardAtUs);
  }
  core.multipath.discardAtUs = nextUs;
}

/** Forgets a path, and allows the peer one more, so that ids never run dry. */
function discardPath(core: Core, ids: PathIds): void {
  const { pathId } = ids;
  const path = core.pathOf(ids);
  core.newcomers.get(pathId)?.congestion.end?.();
  core.newcomers.delete(pathId);
  core.ids.delete(pathId);
  for (const connectionId of [...ids.local.active]) core.removeLocalId(connectionId);
  if (path !== null) {
    for (const packet of path.space.detector.drain()) {
      path.space.onGone(packet);
      path.onGone(packet);
    }
    tellPath(core, path, "discarded");
    core.paths.delete(pathId);
    core.keys.application?.phases.forgetPath(pathId);
    onPathsChanged(core);
  }
  const maximum = core.multipath.ownLimit + 1;
  // draft-ietf-quic-multipath-21 2.1
  if (maximum > MAX_PATH_ID) return;
  raiseOwnLimit(core, maximum);
  core.control.push({ kind: "max_path_id", maximum });
}

/** draft-ietf-quic-multipath-21 3.4: what is under way is waited for. */
function discardLater(core: Core, { abandonment }: PathIds, nowUs: number): void {
  const { multipath } = core;
  abandonment.discardAtUs = nowUs + TAIL_PROBE_TIMEOUTS * core.longestProbeTimeoutUs;
  multipath.discardAtUs = Math.min(multipath.discardAtUs, abandonment.discardAtUs);
}
