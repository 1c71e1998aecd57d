import type { Tristate } from "../../base/path.ts";
import { addressOf, moved, never } from "./facts.ts";
import type { Evidence, JoinControl, SubflowEvidence } from "./evidence.ts";

/** How far one way of a further subflow came. */
export interface JoinRow {
  /** The local address without a port; null for any. */
  readonly local: string | null;
  /** The remote address and port; null when it is not known. */
  readonly remote: string | null;
  /** Whether the other end announced the remote address; its first address needs no announcement. */
  readonly announced: Tristate | "not-needed";
  /** Whether this host sent the SYN. */
  readonly tried: Tristate;
  /** Whether a SYN/ACK with MP_JOIN came. */
  readonly answered: Tristate;
  /** Whether the other end took the subflow in. */
  readonly accepted: Tristate;
  /** Whether it carries data. */
  readonly usable: Tristate;
  /** The subflow, where there is or was one. */
  readonly subflow: SubflowEvidence | null;
  /** Plain TCP over the same way. */
  readonly control: JoinControl | null;
}

/**
 * Every way that a further subflow could take from here: each local endpoint to the other end's first address,
 * each announced address, and whatever subflow there was besides.
 *
 * @param evidence What both ends know.
 * @returns A row for each, with what is known of how far it came.
 */
export function auditJoins(evidence: Evidence): readonly JoinRow[] {
  const rows: JoinRow[] = [];
  const seen = evidence.client.subflows === "unknown" ? [] : evidence.client.subflows;
  const left = seen.filter((subflow) => subflow.role === "join");
  const take = (local: string | null, remote: string | null): SubflowEvidence | null => {
    const at = left.findIndex((subflow) =>
      (local === null || addressOf(subflow.local) === local) && (remote === null || subflow.remote === remote)
    );
    return at < 0 ? null : left.splice(at, 1)[0] ?? null;
  };
  const first = seen.find((subflow) => subflow.role === "first");
  const announced = evidence.joins.announced === "unknown" ? [] : evidence.joins.announced;
  for (const local of localCandidates(evidence, first)) {
    rows.push(
      rowOf(evidence, {
        local,
        remote: evidence.target,
        announced: "not-needed",
        subflow: take(local, null),
      }),
    );
  }
  for (const remote of announced) {
    if (remote === evidence.target || rows.some((row) => row.subflow?.remote === remote)) continue;
    const subflow = take(null, remote);
    const local = subflow === null ? null : addressOf(subflow.local);
    rows.push(rowOf(evidence, { local, remote, announced: "yes", subflow }));
  }
  for (const subflow of [...left]) {
    const isFirst = subflow.remote === evidence.target;
    rows.push(rowOf(evidence, {
      local: addressOf(subflow.local),
      remote: subflow.remote,
      announced: isFirst ? "not-needed" : evidence.joins.announced === "unknown" ? "unknown" : "no",
      subflow,
    }));
  }
  return settled(evidence, rows);
}

/**
 * What the counters say of the ways without a subflow: they do not tell ways apart, but where what is left over
 * is enough for all of them, or for none, that is known.
 */
function settled(evidence: Evidence, rows: readonly JoinRow[]): readonly JoinRow[] {
  const tried = settle(rows, (row) => row.tried, moved(evidence.client, "MPJoinSynTx"));
  const withTried = rows.map((row, index): JoinRow => ({ ...row, tried: tried[index] ?? row.tried }))
    .map((row): JoinRow => row.tried === "no" ? { ...row, answered: "no", accepted: "no" } : row);
  const answered = settle(withTried, (row) => row.answered, moved(evidence.client, "MPJoinSynAckRx"));
  return withTried.map((row, index) => ({ ...row, answered: answered[index] ?? row.answered }));
}

function settle(
  rows: readonly JoinRow[],
  fact: (row: JoinRow) => Tristate,
  times: number | "unknown",
): readonly Tristate[] {
  const facts = rows.map(fact);
  if (times === "unknown") return facts;
  const left = times - facts.filter((each) => each === "yes").length;
  const open = facts.filter((each) => each === "unknown").length;
  return facts.map((each) => each !== "unknown" ? each : left <= 0 ? "no" : left >= open ? "yes" : "unknown");
}

/** The addresses that the kernel would open subflows from: not the one of the first path, not another family. */
function localCandidates(evidence: Evidence, first: SubflowEvidence | undefined): readonly string[] {
  const { pathManager } = evidence.host;
  if (pathManager === "unknown") return [];
  const family = addressOf(evidence.target).includes(":") ? 6 : 4;
  const taken = first === undefined ? null : addressOf(first.local);
  return pathManager.endpoints
    .filter((endpoint) => endpoint.subflow && endpoint.family === family && endpoint.address !== taken)
    .map((endpoint) => endpoint.address);
}

type Start = Pick<JoinRow, "local" | "remote" | "announced" | "subflow">;

function rowOf(evidence: Evidence, start: Start): JoinRow {
  const { client } = evidence;
  const { subflow } = start;
  const remote = subflow?.remote ?? start.remote;
  const control =
    evidence.joins.controls.find((each) =>
      (start.local === null || each.local === start.local) && each.remote === remote
    ) ?? null;
  const tried: Tristate = subflow !== null ? "yes" : never(client, "MPJoinSynTx") ? "no" : "unknown";
  const usable = usableOf(evidence, subflow);
  const answered: Tristate = usable === "yes" || subflow?.state === "established"
    ? "yes"
    : subflow?.state === "syn-sent" || tried === "no" || never(client, "MPJoinSynAckRx")
    ? "no"
    : "unknown";
  return {
    ...start,
    remote,
    tried,
    answered,
    accepted: acceptedOf(evidence, subflow, answered, usable),
    usable,
    subflow,
    control,
  };
}

function acceptedOf(
  evidence: Evidence,
  subflow: SubflowEvidence | null,
  answered: Tristate,
  usable: Tristate,
): Tristate {
  if (usable === "yes") return "yes";
  if (answered === "no" || moved(evidence.server, "MPJoinAckRx") === 0) return "no";
  return subflow?.complete === "yes" ? "yes" : "unknown";
}

/** By the state and the completed handshake at this end; where the other end tells, by its view as well. */
function usableOf({ server }: Evidence, subflow: SubflowEvidence | null): Tristate {
  if (subflow === null) return "no";
  if (subflow.state === "unknown" || subflow.complete === "unknown") return "unknown";
  if (subflow.state !== "established" || subflow.complete === "no") return "no";
  const there = server.subflows === "unknown"
    ? undefined
    : server.subflows.find((each) => each.remote === subflow.local && each.local === subflow.remote);
  return there?.complete === "no" ? "no" : "yes";
}
