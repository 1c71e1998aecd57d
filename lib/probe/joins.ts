import type { Evidence, ExplainedJoin } from "../mptcp/diagnosis/mod.ts";
import { explainJoins } from "../mptcp/diagnosis/mod.ts";
import type { PathInfo } from "../base/path.ts";
import type { JoinWait } from "../mptcp/joins.ts";
import type { JoinJson } from "./result.ts";

/** Every way of a further subflow, how far it came, and why not further. */
export function joinsJson(evidence: Evidence, wait: JoinWait | null): readonly JoinJson[] {
  if (wait === null) return [];
  const explained = explainJoins(evidence);
  const rows = explained.map((each) => rowJson(each, pathOf(each, wait.paths), wait));
  // What the path list has and the kernel's table of sockets no longer does.
  const missed = wait.paths.filter((path) => path.id !== 0 && !rows.some(({ id }) => id === path.id));
  return [...rows, ...missed.map((path): JoinJson => ({ ...UNAUDITED, ...seen(path, wait) }))];
}

const UNAUDITED = {
  announced: "unknown",
  tried: "yes",
  answered: "unknown",
  accepted: "unknown",
  usable: "unknown",
  why: [],
} as const;

function rowJson({ row, findings }: ExplainedJoin, path: PathInfo | undefined, wait: JoinWait): JoinJson {
  return {
    ...(path === undefined
      ? { id: null, local: row.subflow?.local ?? row.local, remote: row.remote, state: null, active_ms: null }
      : seen(path, wait)),
    announced: row.announced,
    tried: row.tried,
    answered: row.answered,
    accepted: row.accepted,
    usable: row.usable,
    why: findings.map(({ code, certainty }) => ({ code, certainty })),
  };
}

function seen(
  path: PathInfo,
  wait: JoinWait,
): Pick<JoinJson, "id" | "local" | "remote" | "state" | "active_ms"> {
  const activeMs = wait.activeAtMs.get(path.id);
  return {
    id: path.id,
    local: path.local.address,
    remote: path.remote.address,
    state: path.state,
    active_ms: activeMs === undefined ? null : Math.round(activeMs * 1000) / 1000,
  };
}

function pathOf({ row }: ExplainedJoin, paths: readonly PathInfo[]): PathInfo | undefined {
  const { subflow } = row;
  if (subflow === null) return undefined;
  return paths.find((path) =>
    path.id !== 0 && path.local.address === subflow.local && path.remote.address === subflow.remote
  );
}
