import type { TransportParameters } from "../wire/transport_parameters.ts";
import { QUIC_ERROR } from "../wire/error_codes.ts";
import { multipathFrames } from "../wire/frame_types.ts";
import { QuicError } from "../wire/quic_error.ts";
import type { Core } from "./core.ts";
import { PathIds } from "./path_ids.ts";

/** Takes what the peer's transport parameters say of several paths. */
export function negotiateMultipath(core: Core, peer: TransportParameters): void {
  const own = core.config.initialMaxPathId;
  const theirs = peer.initialMaxPathId;
  if (own === null || theirs === null) return;
  // draft-ietf-quic-multipath-21 2.1; ids of ours are never empty
  if (core.peerSource?.length === 0) {
    const text = "Cannot use several paths: the peer has no connection ids";
    throw new QuicError(QUIC_ERROR.PROTOCOL_VIOLATION, text);
  }
  const { multipath } = core;
  multipath.enabled = true;
  multipath.peerLimit = multipath.firstPeerLimit = theirs;
  core.frameTypes = multipathFrames(core.config.codePoints);
  if (core.qlog !== null) core.qlog.frameTypes = core.frameTypes;
  raiseOwnLimit(core, own);
}

/** Allows the peer path ids up to this one. */
export function raiseOwnLimit(core: Core, limit: number): void {
  const { multipath, config, ids, peer } = core;
  for (let pathId = multipath.ownLimit + 1; pathId <= limit; pathId++) {
    const fresh = new PathIds(pathId, null, config.activeConnectionIdLimit, core.makeId);
    if (peer !== null) fresh.local.setPeerLimit(peer.activeConnectionIdLimit);
    ids.set(pathId, fresh);
  }
  multipath.ownLimit = Math.max(multipath.ownLimit, limit);
}

/**
 * What is known of a path id that a frame of the peer names.
 *
 * @returns Undefined for one that is abandoned and forgotten: frames about it are ignored.
 * @throws {QuicError} `PROTOCOL_VIOLATION` for one that was not allowed.
 */
export function idsOfFrame(core: Core, pathId: number, frame: string): PathIds | undefined {
  // draft-ietf-quic-multipath-21 4
  if (pathId > core.multipath.ownLimit) {
    throw new QuicError(
      QUIC_ERROR.PROTOCOL_VIOLATION,
      `Cannot take a ${frame} frame: path ${pathId} is beyond the limit of ${core.multipath.ownLimit}`,
      core.frames.type.codePoint,
    );
  }
  return core.ids.get(pathId);
}
