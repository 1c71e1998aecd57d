import type { PathStatus } from "../../base/path.ts";
import type { Core } from "./core.ts";
import type { PathIds } from "./path_ids.ts";

/** Tells the peer what to use a path for, unless it knows (draft-ietf-quic-multipath-21 4.3). */
export function tellStatus(core: Core, ids: PathIds, status: PathStatus): void {
  // Paths of which nothing was said are taken for available
  if ((ids.toldStatus ?? "available") === status) return;
  ids.toldStatus = status;
  const kind = status === "backup" ? "path_status_backup" : "path_status_available";
  core.control.push({ kind, pathId: ids.pathId, sequence: ++ids.toldSequence });
}
