import type { ConnectionId } from "../wire/connection_id.ts";
import { QUIC_ERROR } from "../wire/error_codes.ts";
import type { NewConnectionId, PathStatus } from "../wire/frames.ts";
import { QuicError } from "../wire/quic_error.ts";
import type { Core } from "./core.ts";
import { idsOfFrame } from "./path_limits.ts";
import { tellPath } from "./path_events.ts";
import { reinject } from "./path_health.ts";
import type { PathIds } from "./path_ids.ts";
import { hasHealthyOther, onPathsChanged } from "./path_set.ts";

/** Takes a NEW_CONNECTION_ID or PATH_NEW_CONNECTION_ID frame; for an abandoned path it means nothing. */
export function onNewConnectionId(
  core: Core,
  ids: PathIds | undefined,
  frame: Omit<NewConnectionId, "kind">,
): void {
  if (ids === undefined || ids.isAbandoned) return;
  // draft-ietf-quic-multipath-21 3.2.1: ids are unique on the connection
  for (const other of core.ids.values()) {
    if (other === ids || !other.remote.has(frame.connectionId)) continue;
    throw violation(core, `its connection id is that of path ${other.pathId}`);
  }
  const had = ids.remote.current !== undefined;
  ids.remote.onNew(frame);
  const has = ids.remote.current !== undefined;
  if (had !== has && core.paths.has(ids.pathId)) onPathsChanged(core);
}

/** Takes a RETIRE_CONNECTION_ID or PATH_RETIRE_CONNECTION_ID frame. */
export function onRetireConnectionId(
  core: Core,
  ids: PathIds | undefined,
  sequence: number,
  usedBy: ConnectionId,
): void {
  // What is abandoned keeps its ids until its end
  if (ids === undefined || ids.isAbandoned) return;
  const connectionId = ids.local.onRetire(sequence, usedBy);
  if (connectionId !== null) core.removeLocalId(connectionId);
}

/** Takes a PATH_STATUS_AVAILABLE or PATH_STATUS_BACKUP frame (draft-ietf-quic-multipath-21 4.3). */
export function onPathStatus(core: Core, ids: PathIds | undefined, frame: PathStatus): void {
  if (ids === undefined || ids.isAbandoned || frame.sequence <= ids.peerSequence) return;
  ids.peerSequence = frame.sequence;
  const status = frame.kind === "path_status_backup" ? "backup" : "available";
  if (ids.peerStatus === status) return;
  ids.peerStatus = status;
  const path = core.pathOf(ids);
  if (path === null) return;
  tellPath(core, path, "status");
  onPathsChanged(core);
  // It may be broken in one direction, as only the peer knows
  if (status === "backup" && hasHealthyOther(core, path)) reinject(core, path);
}

/** Takes a MAX_PATH_ID frame (draft-ietf-quic-multipath-21 4.6). */
export function onMaxPathId(core: Core, maximum: number): void {
  const { multipath } = core;
  if (maximum < multipath.firstPeerLimit) {
    throw violation(core, `the limit was ${multipath.firstPeerLimit} at first`);
  }
  if (maximum <= multipath.peerLimit) return;
  multipath.peerLimit = maximum;
  core.events.push({ type: "paths-available" });
}

/** Takes a PATH_CIDS_BLOCKED frame (draft-ietf-quic-multipath-21 4.7): ids are always on their way. */
export function onPathCidsBlocked(core: Core, pathId: number, nextSequence: number): void {
  const ids = idsOfFrame(core, pathId, "PATH_CIDS_BLOCKED");
  if (ids === undefined || nextSequence <= ids.local.nextSequence) return;
  throw violation(
    core,
    `it waits for connection id ${nextSequence} of path ${pathId}, which is not the next`,
  );
}

function violation(core: Core, why: string): QuicError {
  const { name, codePoint } = core.frames.type;
  return new QuicError(
    QUIC_ERROR.PROTOCOL_VIOLATION,
    `Cannot take a ${name} frame: ${why}`,
    codePoint,
  );
}
