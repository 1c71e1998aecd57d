import { PATH_ERROR } from "../wire/multipath.ts";
import { QUIC_ERROR } from "../wire/error_codes.ts";
import { abandonPath, discardPaths } from "./abandon_path.ts";
import { closeConnection } from "./close_connection.ts";
import { onContentLost } from "./content_fate.ts";
import type { Core } from "./core.ts";
import type { Path } from "./path.ts";
import { tellPath } from "./path_events.ts";
import { bestPath, hasHealthyOther, onPathsChanged } from "./path_set.ts";

/** So many packets are a flow: when it stops it may be that the path is broken. */
const MIN_ARRIVALS = 4;

/** A pause shorter than this is none, in microseconds. */
const MIN_SILENCE_US = 50_000;

/** A path is suspected after so many probe timeouts at the latest, however often that was a mistake. */
const MAX_LENIENCY = 8;

/** How long a peer may take to leave a broken path by itself: so long, and so many probe timeouts. */
const MIN_PATIENCE_US = 1_000_000;
const PATIENCE_PROBE_TIMEOUTS = 3;

/** A probe timeout of a path has expired: it may be broken. What is on its way goes over others as well. */
export function onUnanswered(core: Core, path: Path, nowUs: number): void {
  if (!core.multipath.enabled || !path.ready || path.ids.isAbandoned) return;
  if (!path.isSuspect) {
    if (!isUnanswered(path) || isExcused(core, path)) return;
    path.suspectSinceUs = nowUs;
    tellPath(core, path, "suspect");
    for (const other of core.openPaths) {
      if (other.isSuspect && isExcused(core, other)) onAnswered(core, other);
    }
    onPathsChanged(core);
    if (hasHealthyOther(core, path)) {
      releaseBound(core, path);
      // Whether the peer hears and answers on another path
      const best = bestPath(core);
      if (best !== null) ask(best);
    }
  }
  if (hasHealthyOther(core, path)) reinject(core, path);
}

/** Whether anything waits for an answer but a datagram that may have been too large. */
function isUnanswered(path: Path): boolean {
  for (const packet of path.space.detector.sent) {
    if (packet.ackEliciting && !packet.mtuProbe) return true;
  }
  return false;
}

/** Whether a path has no answers because they come over another one, which is suspected itself. */
function isExcused(core: Core, path: Path): boolean {
  if (path.acknowledgedVia < 0 || path.acknowledgedVia === path.id) return false;
  const carrier = core.paths.get(path.acknowledgedVia);
  return carrier !== undefined && carrier.isSuspect && !carrier.ids.isAbandoned;
}

/**
 * What a suspected path was asked before has arrived: it is not broken, the answer came late. That is how it is
 * when the other end suspects it as well and answers over a slower one; two ends that do so by turns, and tell
 * each other, would go on like this for ever.
 */
export function onLateAnswer(path: Path): void {
  if (path.isSuspect) path.leniency = Math.min(2 * path.leniency, MAX_LENIENCY);
}

/** A packet of a path was acknowledged: it works. */
export function onAnswered(core: Core, path: Path): void {
  if (!path.isSuspect) return;
  path.suspectSinceUs = Infinity;
  core.streams.holdPath(path.id);
  tellPath(core, path, "recovered");
  onPathsChanged(core);
  takeOver(core, path);
}

/** A path was validated: it may carry data from now on. */
export function onValidated(core: Core, path: Path, nowUs: number): void {
  path.updatePace(nowUs);
  if (!path.ready) {
    path.ready = true;
    path.lastReceivedUs = nowUs;
    if (core.peer !== null) path.mtuSearch.limit(core.peer.maxUdpPayloadSize);
    path.mtuSearch.start();
  }
  tellPath(core, path, "validated");
  onPathsChanged(core);
  if (!path.isSuspect) takeOver(core, path);
}

/** A path works: it carries what waits for others that do not, as nothing could when they fell silent. */
function takeOver(core: Core, path: Path): void {
  for (const other of core.openPaths) {
    if (other === path || !other.isSuspect) continue;
    releaseBound(core, other);
    reinject(core, other);
  }
}

/** What is bound to a path goes over any: it does not work. */
function releaseBound(core: Core, path: Path): void {
  core.streams.releasePath(path.id);
  core.datagrams.releasePath(path.id);
}

/**
 * Gives what is on its way on a path to the others, while nobody knows whether it arrives
 * (draft-ietf-quic-multipath-21 5.7).
 */
export function reinject(core: Core, path: Path): void {
  for (const packet of path.space.detector.sent) {
    const { content } = packet;
    if (!packet.ackEliciting || packet.mtuProbe || content.repeated) continue;
    for (const { length } of content.streams) path.counters.bytesReinjected += length;
    onContentLost(core, path.space, packet);
  }
}

/** When {@linkcode onPathTimeout} has something to do. */
export function pathTimeoutUs(core: Core): number {
  const { multipath, config } = core;
  if (!multipath.enabled) return Infinity;
  let at = Math.min(multipath.strandedAtUs, multipath.discardAtUs);
  if (core.openPaths.length === 1) return at;
  for (const path of core.openPaths) {
    if (!path.ready) continue;
    const failsUs = failsAtUs(core, path);
    if (failsUs < at && hasHealthyOther(core, path)) at = failsUs;
    if (config.pathKeepAliveMs > 0 && !path.isSuspect) at = Math.min(at, keepAliveAtUs(core, path));
    at = Math.min(at, silentAtUs(core, path));
  }
  return at;
}

/** Time has passed: broken paths are given up, abandoned ones forgotten, silent ones kept alive. */
export function onPathTimeout(core: Core, nowUs: number): void {
  const { multipath, config } = core;
  if (!multipath.enabled) return;
  if (nowUs >= multipath.strandedAtUs) {
    multipath.strandedAtUs = Infinity;
    const text = "Cannot go on: the peer has abandoned the last path";
    closeConnection(core, nowUs, "transport", QUIC_ERROR.NO_VIABLE_PATH, text, 0);
    return;
  }
  if (nowUs >= multipath.discardAtUs) discardPaths(core, nowUs);
  if (core.openPaths.length === 1) return;
  for (const path of core.openPaths) {
    if (!path.ready || path.ids.isAbandoned) continue;
    if (nowUs >= failsAtUs(core, path) && hasHealthyOther(core, path)) {
      tellPath(core, path, "failed");
      abandonPath(core, path.ids, PATH_ERROR.PATH_UNSTABLE_OR_POOR, nowUs);
    } else if (config.pathKeepAliveMs > 0 && nowUs >= keepAliveAtUs(core, path) && !path.isSuspect) {
      path.keptAliveAtUs = nowUs;
      ask(path);
    } else if (nowUs >= silentAtUs(core, path)) ask(path);
  }
}

/** Sends a packet that the peer has to answer. */
function ask(path: Path): void {
  path.arrivals = 0;
  path.space.probes = Math.max(path.space.probes, 1);
}

/**
 * When the peer has been silent on a path for longer than a pause between packets lasts. An end that only
 * receives has nothing on its way whose answer could be missing: it asks once, so that it can tell the peer on
 * another path that this one is broken.
 */
function silentAtUs(core: Core, path: Path): number {
  const expected = path.arrivals >= MIN_ARRIVALS && !path.isSuspect && core.streams.isReceiving &&
    path.space.elicitingInFlight === 0 && hasHealthyOther(core, path);
  return expected ? path.lastReceivedUs + Math.max(core.probeTimeoutUs(path), MIN_SILENCE_US) : Infinity;
}

/** When a path is given up if it does not get an answer, or anything at all, before. */
function failsAtUs(core: Core, path: Path): number {
  const { pathFailureMs, pathIdleMs } = core.config;
  let broken = path.suspectSinceUs + pathFailureMs * 1000;
  if (path.isSuspect && !hasAnswerSince(core, path.suspectSinceUs)) {
    const patienceUs = Math.max(MIN_PATIENCE_US, PATIENCE_PROBE_TIMEOUTS * core.probeTimeoutUs(path));
    broken = Math.min(broken, path.suspectSinceUs + patienceUs);
  }
  return pathIdleMs === 0 ? broken : Math.min(broken, path.lastReceivedUs + pathIdleMs * 1000);
}

/**
 * Whether anything was acknowledged on any path since then. If not, although others work as far as can be told,
 * the peer sends all acknowledgments over the broken one, until it is told that this path is over.
 */
function hasAnswerSince(core: Core, sinceUs: number): boolean {
  for (const { space } of core.openPaths) {
    if (space.lastAnswerAtUs > sinceUs) return true;
  }
  return false;
}

function keepAliveAtUs(core: Core, path: Path): number {
  const lastUs = Math.max(path.lastReceivedUs, path.space.lastElicitingAtUs, path.keptAliveAtUs);
  return lastUs + core.config.pathKeepAliveMs * 1000;
}
