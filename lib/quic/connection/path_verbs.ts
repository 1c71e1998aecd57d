import type { PathStatus } from "../../base/path.ts";
import { abandonPath } from "./abandon_path.ts";
import type { Core } from "./core.ts";
import { onPathsChanged } from "./path_set.ts";
import { tellStatus } from "./path_status.ts";

/** The user gives a path up. @returns False if it is not there, was given up before, or is the last one. */
export function giveUpPath(core: Core, nowUs: number, pathId: number, errorCode: number): boolean {
  const ids = core.ids.get(pathId);
  if (!core.multipath.enabled || !core.closing.isOpen || ids === undefined) return false;
  const last = core.paths.has(pathId) && !core.openPaths.some(({ id, ready }) => id !== pathId && ready);
  return !last && abandonPath(core, ids, errorCode, nowUs);
}

/** The user wants a path to carry data in normal times, or not. @returns False if the path is not there. */
export function setPathStatus(core: Core, pathId: number, status: PathStatus): boolean {
  const ids = core.ids.get(pathId);
  if (!core.multipath.enabled || ids === undefined || ids.isAbandoned) return false;
  ids.ownStatus = status;
  // Of paths in use the peer is told what follows for all of them together
  if (core.pathOf(ids)?.ready !== true) tellStatus(core, ids, status);
  onPathsChanged(core);
  return true;
}

/** The user binds a stream to a path; -1 for any. @returns False if data cannot be sent on this path. */
export function bindStream(core: Core, streamId: number, pathId: number): boolean {
  const { paths, streams } = core;
  if (pathId >= 0 && paths.get(pathId)?.isUsable !== true) return false;
  streams.bind(streamId, pathId);
  if (paths.get(pathId)?.isSuspect === true) streams.releasePath(pathId);
  return true;
}
