import type { PathStatus } from "../../base/path.ts";
import { GRANULARITY_US } from "../recovery/rtt.ts";
import { endStranded } from "./abandon_path.ts";
import type { Core } from "./core.ts";
import { Path } from "./path.ts";
import { tellPath } from "./path_events.ts";
import { type PathIds, WANTED_IN_USE } from "./path_ids.ts";
import { onPathsChanged } from "./path_set.ts";
import { tellStatus } from "./path_status.ts";
import { sameAddress, sameTuple, type Tuple } from "./tuple.ts";

/** The shortest time after which the question whether the peer is there is asked again, in microseconds. */
const MIN_CHALLENGE_US = 100_000;

/** RFC 9000 8.2.4: an answer may take as long as on a path of which nothing is known. */
const VALIDATION_US = 999_000;

/** Why a path cannot be opened now. */
export type OpenRefusal =
  /** Only clients open paths (draft-ietf-quic-multipath-21 3). */
  | "server-may-not"
  /** The connection is over, or about to be. */
  | "closing"
  /** The handshake is not confirmed yet. */
  | "handshake-not-confirmed"
  /** One of the ends does not offer several paths. */
  | "not-negotiated"
  /** The server allows no further paths to this address (`disable_active_migration`). */
  | "not-allowed"
  /** All path ids that both ends allow are in use or used up; the peer is told that it is in the way. */
  | "no-path-id"
  /** The peer has not given a connection id for the next path; it is told. */
  | "no-connection-id";

/** How a path is opened. */
export interface OpenPathOptions {
  /** Whether it carries data in normal times. @default {"available"} */
  readonly status?: PathStatus;
}

/**
 * Opens a path (draft-ietf-quic-multipath-21 3.1): the peer is asked over it whether it is there.
 *
 * @returns Its id, or why it cannot be.
 */
export function openPath(
  core: Core,
  nowUs: number,
  tuple: Tuple,
  options: OpenPathOptions = {},
): number | OpenRefusal {
  const { multipath } = core;
  if (core.side === "server") return "server-may-not";
  if (!core.closing.isOpen) return "closing";
  if (!core.handshakeConfirmed) return "handshake-not-confirmed";
  if (!multipath.enabled) return "not-negotiated";
  // draft-ietf-quic-multipath-21 2.2
  const isHandshakeAddress = sameAddress(tuple.remote, core.firstPath.network.tuple.remote);
  if (core.peer?.disableActiveMigration === true && isHandshakeAddress) return "not-allowed";
  const ids = unused(core);
  if (typeof ids === "string") return ids;
  const path = new Path(ids, core.config, tuple, false, false, core.coupling);
  ids.ownStatus = options.status ?? "available";
  if (ids.ownStatus === "backup") tellStatus(core, ids, "backup");
  admit(core, path, nowUs);
  return path.id;
}

/**
 * The path for a packet of a client that came for an id of a path that is not in use.
 *
 * @returns Null where none can be opened; a path that is not admitted leaves no trace.
 */
export function newcomer(core: Core, ids: PathIds, tuple: Tuple): Path | null {
  const { multipath, side } = core;
  if (side !== "server" || !multipath.enabled || !core.handshakeConfirmed || ids.isAbandoned) return null;
  const before = core.newcomers.get(ids.pathId);
  if (before !== undefined && sameTuple(before.network.tuple, tuple)) return before;
  // draft-ietf-quic-multipath-21 3.1: an address that was validated need not be again
  const known = core.openPaths.some(({ network }) => network.validated && sameTuple(network.tuple, tuple));
  const path = new Path(ids, core.config, tuple, known, true, core.coupling);
  // What stood there before goes
  before?.congestion.end?.();
  core.newcomers.set(ids.pathId, path);
  return path;
}

/** A path is in use from now on. */
export function admit(core: Core, path: Path, nowUs: number): void {
  const { ids, network } = path;
  core.newcomers.delete(path.id);
  ids.local.want(WANTED_IN_USE);
  core.paths.set(path.id, path);
  path.lastReceivedUs = nowUs;
  path.updatePace(nowUs);
  if (network.validated) {
    path.ready = true;
    if (core.peer !== null) path.mtuSearch.limit(core.peer.maxUdpPayloadSize);
    path.mtuSearch.start();
  } else {
    const intervalUs = Math.max(MIN_CHALLENGE_US, Math.min(VALIDATION_US, 2 * core.longestProbeTimeoutUs));
    network.challenge(nowUs, VALIDATION_US, Math.max(intervalUs, GRANULARITY_US));
  }
  // 3.4: the client came back on another path
  if (core.multipath.strandedAtUs < Infinity) core.multipath.strandedAtUs = nowUs + 3 * VALIDATION_US;
  tellPath(core, path, "opened");
  if (network.validated) tellPath(core, path, "validated");
  onPathsChanged(core);
  // Nobody has to be asked over it
  if (network.validated) endStranded(core, nowUs);
}

/** The ids of the lowest path that nobody has used; why there is none. */
function unused(core: Core): PathIds | "no-path-id" | "no-connection-id" {
  const { multipath } = core;
  let hungry: PathIds | null = null;
  for (const ids of core.ids.values()) {
    if (ids.pathId > multipath.limit || core.paths.has(ids.pathId) || ids.isAbandoned) continue;
    if (ids.remote.current !== undefined && ids.local.nextSequence > 0) return ids;
    hungry ??= ids;
  }
  if (hungry !== null) {
    const { pathId, remote } = hungry;
    if (multipath.hungryFor !== pathId) {
      multipath.hungryFor = pathId;
      core.control.push({ kind: "path_cids_blocked", pathId, nextSequence: remote.nextSequence });
    }
    return "no-connection-id";
  }
  // draft-ietf-quic-multipath-21 3.2.1: our own limit is raised when paths end
  if (multipath.peerLimit <= multipath.ownLimit && multipath.blockedAt !== multipath.peerLimit) {
    multipath.blockedAt = multipath.peerLimit;
    core.control.push({ kind: "paths_blocked", maximum: multipath.peerLimit });
  }
  return "no-path-id";
}
