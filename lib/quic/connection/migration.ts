import { PATH_ERROR } from "../wire/multipath.ts";
import { abandonPath, endStranded } from "./abandon_path.ts";
import type { ConnectionId } from "../wire/connection_id.ts";
import type { Core } from "./core.ts";
import type { NetworkPath } from "./network_path.ts";
import type { OpenedPacket } from "./packet_opener.ts";
import type { Path } from "./path.ts";
import { tellPath } from "./path_events.ts";
import { onValidated } from "./path_health.ts";
import { hasHealthyOther } from "./path_set.ts";
import { differsInPortOnly, sameAddress, sameTuple, type Tuple } from "./tuple.ts";

/** Ways that a peer may probe at a time; an answer to an older one is not sent. */
const MAX_ASIDES = 4;

/** RFC 9000 8.2.4: an answer may take as long as on a path of which nothing is known. */
const MIN_VALIDATION_US = 333_000 * 3;

/**
 * The way that a datagram came, if it is known.
 *
 * @returns Null for a new one; `ignore` if nothing may come that way.
 */
export function wayOf(core: Core, path: Path, tuple: Tuple): NetworkPath | null | "ignore" {
  if (sameTuple(path.network.tuple, tuple)) return path.network;
  if (path.fallback !== null && sameTuple(path.fallback.tuple, tuple)) return path.fallback;
  const aside = path.asides.find((each) => sameTuple(each.tuple, tuple));
  if (aside !== undefined) return aside;
  // RFC 9000 9: servers do not migrate, and clients not before the handshake is confirmed
  if (core.side === "client") {
    return sameAddress(tuple.remote, path.network.tuple.remote) ? null : "ignore";
  }
  return core.handshakeConfirmed ? null : "ignore";
}

/**
 * A 1-RTT packet was opened: if it came another way than those before, the peer has migrated (RFC 9000 9.3).
 *
 * @param decisive Whether it is the newest and not only a probe.
 */
export function onAuthenticated(
  core: Core,
  packet: OpenedPacket,
  decisive: boolean,
  nowUs: number,
): void {
  const { path, tuple, destination } = packet;
  if (!decisive || path.ids.isAbandoned) return;
  if (core.side === "client" || sameTuple(path.network.tuple, tuple)) {
    path.receivedOn = destination;
    return;
  }
  const known = path.fallback !== null && sameTuple(path.fallback.tuple, tuple) ? path.fallback : null;
  const next = known ?? takeAside(path, tuple) ?? path.makeNetwork(tuple, false);
  follow(core, path, next, packet, nowUs);
}

/** Takes a PATH_CHALLENGE: the answer goes the way that it came (RFC 9000 8.2.2). */
export function onPathChallenge(core: Core, packet: OpenedPacket, data: Uint8Array): void {
  const { path, tuple, destination } = packet;
  const way = wayOf(core, path, tuple);
  if (way === "ignore" || path.ids.isAbandoned) return;
  if (way !== null) {
    way.onChallenge(data);
    return;
  }
  if (path.asides.length >= MAX_ASIDES) giveIdBack(path, path.asides.shift());
  const aside = path.makeNetwork(tuple, false);
  aside.sharesId = path.receivedOn === null || path.receivedOn.equals(destination);
  path.asides.push(aside);
  aside.onChallenge(data);
}

/** Takes a PATH_RESPONSE, whichever way it came (RFC 9000 8.2.3). */
export function onPathResponse(core: Core, data: Uint8Array, nowUs: number): void {
  for (const path of core.openPaths) {
    if (path.fallback?.onResponse(data) === true) return;
    if (!path.network.onResponse(data)) continue;
    // It may have come another way
    path.amplificationBlocked = false;
    giveIdBack(path, path.fallback);
    path.fallback = null;
    onValidated(core, path, nowUs);
    if (path.ids.abandonment.received === null) endStranded(core, nowUs);
  }
}

/** Time has passed: challenges are repeated, and given up. */
export function onValidationTimeout(core: Core, nowUs: number): void {
  for (const path of core.openPaths) {
    const { network, fallback } = path;
    fallback?.handleTimeout(nowUs);
    if (!network.handleTimeout(nowUs)) continue;
    tellPath(core, path, "failed");
    // draft-ietf-quic-multipath-21 3.1: the id is used up
    if (!path.ready || (fallback === null && hasHealthyOther(core, path))) {
      const { NO_CID_AVAILABLE_FOR_PATH, PATH_UNSTABLE_OR_POOR } = PATH_ERROR;
      const mute = path.remoteIds.current === undefined;
      abandonPath(core, path.ids, mute ? NO_CID_AVAILABLE_FOR_PATH : PATH_UNSTABLE_OR_POOR, nowUs);
      continue;
    }
    // RFC 9000 9.3.2: back to where the peer was seen last
    if (fallback === null || !fallback.validated) continue;
    path.network = fallback;
    path.fallback = null;
    useOwnId(path, fallback);
    path.restartCongestion();
    // What kept us from sending was the other address
    path.amplificationBlocked = false;
  }
}

/**
 * Moves a path to other addresses of ours: it is used at once and validated meanwhile (RFC 9000 9.2).
 *
 * @returns False if the peer does not allow it, or has given us no connection id for it.
 */
export function migrate(core: Core, path: Path, tuple: Tuple, nowUs: number): boolean {
  const allowed = core.side === "client" && core.handshakeConfirmed &&
    core.peer?.disableActiveMigration !== true;
  // RFC 9000 9.5: what is sent from another address has another id, unless the peer uses none
  const anonymous = path.remoteIds.current?.length === 0;
  if (!allowed || !(anonymous || path.remoteIds.change())) return false;
  const next = path.makeNetwork(tuple, false);
  if (path.network.validated) setFallback(path, path.network, anonymous);
  switchTo(core, path, next, false, nowUs);
  return true;
}

function follow(core: Core, path: Path, next: NetworkPath, packet: OpenedPacket, nowUs: number): void {
  const before = path.network;
  const rebinding = differsInPortOnly(before.tuple, next.tuple);
  // RFC 9000 9.5: a peer that changed its id wants not to be linked with what was before
  const changed = path.receivedOn !== null && !path.receivedOn.equals(packet.destination);
  if (path.fallback === next) path.fallback = null;
  if (before.validated) setFallback(path, before, !changed);
  if (!useOwnId(path, next) && changed) path.remoteIds.change();
  path.receivedOn = packet.destination;
  switchTo(core, path, next, rebinding, nowUs);
}

function switchTo(core: Core, path: Path, next: NetworkPath, rebinding: boolean, nowUs: number): void {
  path.network = next;
  // RFC 9000 9.4: only the port changed: it is the same path behind a NAT
  if (!rebinding) path.restartCongestion();
  else path.bytesInFlight = 0;
  if (!next.validated) next.challenge(nowUs, Math.max(core.probeTimeoutUs(path), MIN_VALIDATION_US));
  core.events.push({ type: "path", pathId: path.id, change: "migrated", tuple: next.tuple });
}

/** The way to go back to; what was kept for an earlier one is given back. */
function setFallback(path: Path, way: NetworkPath, sharesId: boolean): void {
  if (path.fallback !== way) giveIdBack(path, path.fallback);
  way.sharesId = sharesId;
  path.fallback = way;
}

/** A way becomes that of the path, with the id that was used on it. @returns Whether it had one of its own. */
function useOwnId(path: Path, way: NetworkPath): boolean {
  const { idSequence } = way;
  way.idSequence = null;
  return idSequence !== null && path.remoteIds.use(idSequence);
}

/** A way is not used any more: neither is the id that was used on it alone. */
function giveIdBack(path: Path, way: NetworkPath | null | undefined): void {
  if (way === null || way === undefined || way.idSequence === null) return;
  path.remoteIds.retire(way.idSequence);
  way.idSequence = null;
}

/**
 * The id for packets on a way beside that of the path (RFC 9000 9.5).
 *
 * @returns Undefined if the peer has given us none that may be used there.
 */
export function idOn(path: Path, way: NetworkPath): ConnectionId | undefined {
  const { current } = path.remoteIds;
  if (way === path.network || way.sharesId || current === undefined || current.length === 0) return current;
  way.idSequence ??= path.remoteIds.takeSpare();
  return way.idSequence === null ? undefined : path.remoteIds.get(way.idSequence);
}

function takeAside(path: Path, tuple: Tuple): NetworkPath | null {
  const index = path.asides.findIndex((each) => sameTuple(each.tuple, tuple));
  return index < 0 ? null : path.asides.splice(index, 1)[0] ?? null;
}
