import type { JoinWait } from "../mptcp/joins.ts";
import type { JoinJson } from "./result.ts";

/** The further subflows of a wait, for the result. */
export function joinsJson(wait: JoinWait): readonly JoinJson[] {
  return wait.paths.filter((path) => path.id !== 0).map((path) => {
    const activeMs = wait.activeAtMs.get(path.id);
    return {
      id: path.id,
      local: path.local.address,
      remote: path.remote.address,
      state: path.state,
      active_ms: activeMs === undefined ? null : Math.round(activeMs * 1000) / 1000,
    };
  });
}
