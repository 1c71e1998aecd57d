import { isPersistentCongestion } from "../recovery/persistent_congestion.ts";
import type { QlogEvents } from "../qlog/events.ts";
import { packetTypeName } from "../qlog/names.ts";
import type { Core } from "./core.ts";
import { onContentLost } from "./content_fate.ts";
import type { PacketSpace, Sent } from "./packet_space.ts";
import type { Path } from "./path.ts";
import { onUnanswered } from "./path_health.ts";
import { hasHealthyOther } from "./path_set.ts";

/** RFC 9002 6.2.4: one or two; two make up for the loss of one. */
const PROBES = 2;

/** A path from which acknowledgments came so short a time ago works, in microseconds. */
const MIN_SILENCE_US = 10_000;

/** How often a path that is suspected is asked at the least while others work, in microseconds. */
const MAX_SUSPECT_PROBE_US = 250_000;

/** The same while none works: one of them may be the first to come back. */
const MAX_LAST_PROBE_US = 2_000_000;

/** Timeouts of a path do not count beyond this while others work: it is asked as often as before then. */
const MAX_COUNT_BESIDE_OTHERS = 4;

/** When packets have to be taken for lost, or probes sent (RFC 9002 A.8). */
export function lossTimeoutUs(core: Core): number {
  let at = Infinity;
  for (const path of core.openPaths) {
    // RFC 9002 A.8: as long as nothing may be sent there is no use in waking up for it
    if (path.isMute) continue;
    const lossUs = pathLossTimeUs(core, path);
    at = Math.min(at, lossUs < Infinity ? lossUs : probeTimer(core, path).atUs);
  }
  return at;
}

/** RFC 9002 A.9: the time of {@linkcode lossTimeoutUs} has come. */
export function onLossTimeout(core: Core, nowUs: number): void {
  for (const path of core.openPaths) {
    if (path.isMute) continue;
    if (pathLossTimeUs(core, path) < Infinity) {
      for (const space of spacesOf(core, path)) {
        if (space.detector.lossTimeUs <= nowUs) detectLost(core, space, nowUs);
      }
      continue;
    }
    const { atUs, space } = probeTimer(core, path);
    if (atUs <= nowUs) probe(core, path, space, nowUs);
  }
}

/** When a packet of a path has to be taken for lost; Infinity while there is none. */
function pathLossTimeUs(core: Core, path: Path): number {
  let at = Infinity;
  for (const { detector } of spacesOf(core, path)) at = Math.min(at, detector.lossTimeUs);
  return at;
}

/** Takes packets of a space for lost that are overdue. */
export function detectLost(core: Core, space: PacketSpace, nowUs: number): void {
  const path = core.path(space.pathId);
  const lost = space.detector.detectLost(nowUs, path.rtt);
  if (lost.length === 0) return;
  const { counters } = path;
  let newestUs = -1;
  for (const packet of lost) {
    space.onGone(packet);
    onContentLost(core, space, packet);
    counters.packetsLost++;
    core.qlog?.event(nowUs, "packet_lost", lossEvent(space, packet), path.id);
    counters.bytesLost += packet.bytes;
    // RFC 9000 14.4: the loss of an MTU probe is no sign of congestion
    const current = path.onGone(packet);
    if (current && packet.inFlight && !packet.mtuProbe) newestUs = packet.sentAtUs;
    if (current && space.level === "application" && path.mtuSearch.onLost(packet, nowUs)) {
      path.onMtuChanged(nowUs);
    }
  }
  if (newestUs < 0) return;
  path.congestion.onCongestion(newestUs, nowUs);
  const durationUs = path.probeTimeoutUs(core.peerMaxAckDelayUs);
  if (isPersistentCongestion(lost, durationUs, path.firstSampleAtUs)) {
    path.congestion.onPersistentCongestion();
    path.rtt.restartMinimum();
  }
  path.updatePace(nowUs);
}

function lossEvent({ level }: PacketSpace, packet: Sent): QlogEvents["packet_lost"] {
  const type = level === "application" ? "1-rtt" : level;
  return {
    header: { packet_type: packetTypeName(type), packet_number: packet.packetNumber },
    ...(packet.mtuProbe ? { is_mtu_probe_packet: true } : {}),
  };
}

/** A space is given up with its keys: nothing of it is on its way any more (RFC 9002 6.4). */
export function abandonSpace(core: Core, space: PacketSpace): void {
  const path = core.path(space.pathId);
  for (const packet of space.detector.drain()) {
    space.onGone(packet);
    path.onGone(packet);
  }
  path.probeCount = 0;
}

/** RFC 9002 A.8: when a path's probe is due and in which space. */
function probeTimer(core: Core, path: Path): { readonly atUs: number; readonly space: PacketSpace } {
  let atUs = Infinity;
  let { space } = path;
  for (const each of spacesOf(core, path)) {
    if (each.elicitingInFlight === 0) continue;
    // RFC 9002 6.2.1: not before the handshake is confirmed
    if (each.level === "application" && !core.handshakeConfirmed) continue;
    const delayUs = each.level === "application" ? core.peerMaxAckDelayUs : 0;
    const dueUs = each.level === "application" && core.openPaths.length > 1
      ? pathProbeUs(core, path, delayUs)
      : each.lastElicitingAtUs + path.probeTimeoutUs(delayUs) * path.backoff;
    if (dueUs < atUs) {
      atUs = dueUs;
      space = each;
    }
  }
  if (atUs < Infinity || path.id !== 0 || core.peerCompletedValidation) return { atUs, space };
  // RFC 9002 6.2.2.1: nothing is on its way, but the server may not be allowed to send
  const early = core.keys.handshake === null ? core.spaces.initial : core.spaces.handshake;
  if (early === null) return { atUs, space };
  return { atUs: core.lastActivityUs + path.probeTimeoutUs(0) * path.backoff, space: early };
}

/**
 * When a path among several is asked: other paths can carry its data meanwhile, so that the oldest packet counts
 * and not the last one, and a path that is suspected is asked often enough to come back.
 */
function pathProbeUs(core: Core, path: Path, maxAckDelayUs: number): number {
  const timeoutUs = path.probeTimeoutUs(maxAckDelayUs);
  const { space } = path;
  const hasOther = hasHealthyOther(core, path);
  if (!path.ready || (!hasOther && !path.isSuspect)) {
    return space.lastElicitingAtUs + timeoutUs * path.backoff;
  }
  if (!path.isSuspect) {
    // A queue that grows makes answers late, but they keep coming
    const quietUs = space.lastAnswerAtUs + Math.max(MIN_SILENCE_US, path.rtt.smoothedUs / 4);
    // It was asked and is excused
    const sinceUs = path.probeCount > 0 ? space.lastElicitingAtUs : space.oldestElicitingAtUs;
    return Math.max(sinceUs + timeoutUs * path.backoff * path.leniency, quietUs);
  }
  const mostUs = hasOther ? MAX_SUSPECT_PROBE_US : MAX_LAST_PROBE_US;
  return space.lastElicitingAtUs + Math.min(timeoutUs * path.backoff, Math.max(timeoutUs, mostUs));
}

function spacesOf(core: Core, path: Path): readonly PacketSpace[] {
  if (path.id !== 0 || (core.spaces.initial === null && core.spaces.handshake === null)) return [path.space];
  return [core.spaces.initial, core.spaces.handshake, path.space].filter((each) => each !== null);
}

function probe(core: Core, path: Path, expired: PacketSpace, nowUs: number): void {
  if (path.probeCount < MAX_COUNT_BESIDE_OTHERS || !hasHealthyOther(core, path)) path.probeCount++;
  if (path.mtuSearch.onProbeTimeout(path.probeCount, nowUs)) path.onMtuChanged(nowUs);
  core.lastActivityUs = nowUs;
  for (const space of spacesOf(core, path)) {
    // What was taken for lost may wait as well: later levels fill the window, which the peer cannot read yet
    const waits = space.level !== "application" &&
      (space.elicitingInFlight > 0 || core.crypto[space.level].hasData);
    if (space !== expired && !waits) continue;
    space.probes = PROBES;
    sendOldestAgain(core, space);
  }
  if (expired.level === "application") onUnanswered(core, path, nowUs);
}

/** RFC 9002 6.2.4: a probe carries what waits longest for its acknowledgment. */
function sendOldestAgain(core: Core, space: PacketSpace): void {
  if (space.level !== "application") {
    core.crypto[space.level].sendAgain();
    return;
  }
  let count = 0;
  for (const packet of space.detector.sent) {
    if (!packet.ackEliciting || packet.mtuProbe || packet.content.repeated) continue;
    onContentLost(core, space, packet);
    if (++count === PROBES) return;
  }
}
