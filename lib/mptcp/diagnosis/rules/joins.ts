import { counterLine, counterLines, hasServerView, moved, never, saw } from "../facts.ts";
import type { Evidence, PathManagerEvidence } from "../evidence.ts";
import type { Finding, Rule } from "../finding.ts";
import { auditJoins, type JoinRow } from "../join_audit.ts";
import { explainFailedJoin } from "./failed_joins.ts";
import { heldBack } from "./held_joins.ts";
import { describe, type JoinTally } from "./join_tally.ts";
import { endpointOf, fixOfWay, opensFrom, replaceEndpoint, spareAddresses } from "./own_names.ts";

/** A way and why it carries no data. */
export interface ExplainedJoin {
  /** How far it came. */
  readonly row: JoinRow;
  /** What was found about it; none for one that works, or that nobody waited for. */
  readonly findings: readonly Finding[];
}

/** Why there are not more paths. Silent where nobody looked for them. */
export const joinsRule: Rule = (evidence) => {
  if (!joinsWereAwaited(evidence)) return [];
  const explained = explainJoins(evidence);
  const causes = explained.flatMap(({ findings }) => findings);
  const ambiguous = explained.filter(({ findings }) => findings.length > 1);
  return [
    ...generalCauses(evidence, explained.map(({ row }) => row)),
    ...causes,
    ...ambiguous.map(({ row }): Finding => ({
      code: "join-cause-ambiguous",
      certainty: "proved",
      subject: describe(row),
      evidence: ["the causes named above look the same from here"],
    })),
  ];
};

function joinsWereAwaited({ mptcp, joins }: Evidence): boolean {
  return mptcp.outcome === "connected" && mptcp.atEnd === "yes" && joins.waitedMs > 0;
}

/** Every way of a further subflow with what was found about it. */
export function explainJoins(evidence: Evidence): readonly ExplainedJoin[] {
  const rows = auditJoins(evidence);
  const failing = rows.filter((row) => row.usable !== "yes" && row.tried !== "no");
  const tally: JoinTally = {
    usable: rows.filter((row) => row.usable === "yes").length,
    failed: failing.length,
  };
  return rows.map((row) => ({ row, findings: explain(evidence, row, rows, tally) }));
}

function explain(
  evidence: Evidence,
  row: JoinRow,
  rows: readonly JoinRow[],
  tally: JoinTally,
): readonly Finding[] {
  if (!joinsWereAwaited(evidence)) return [];
  if (row.usable === "yes") return heldBack(evidence, row);
  // A subflow of which nothing but its existence is known is not known to fail.
  if (row.usable === "unknown") return [];
  const local = endpointOf(evidence, row.local);
  if (local?.onHost === "no") {
    return [{
      code: "endpoint-not-local",
      certainty: "proved",
      subject: describe(row),
      evidence: [
        `no interface of this host holds ${local.address}`,
        counterLine(evidence, "client", "MPJoinSynTxBindErr"),
      ],
      fix: replaceEndpoint(evidence, local),
    }];
  }
  if (row.tried === "no") return untried(evidence, row, rows);
  if (row.tried === "unknown" && row.subflow === null && !couldBeTried(evidence, tally)) return [];
  return explainFailedJoin(evidence, row, tally);
}

/** More SYNs were sent than there are subflows that carry data. */
function couldBeTried({ client }: Evidence, tally: JoinTally): boolean {
  const sent = moved(client, "MPJoinSynTx");
  return sent !== "unknown" && sent > tally.usable;
}

function untried(evidence: Evidence, row: JoinRow, rows: readonly JoinRow[]): readonly Finding[] {
  const { client, server, events, host } = evidence;
  for (const name of ["MPJoinSynTxConnectErr", "MPJoinSynTxBindErr", "MPJoinSynTxCreatSkErr"]) {
    const certainty = saw(client, name);
    if (certainty === null) continue;
    const code = name === "MPJoinSynTxBindErr" ? "endpoint-not-local" : "join-no-route";
    const fix = fixOfWay(evidence, code, row);
    return [{
      code,
      certainty,
      subject: describe(row),
      evidence: [counterLine(evidence, "client", name)],
      ...(fix === undefined ? {} : { fix }),
    }];
  }
  if (host.pathManager !== "unknown") {
    if (host.pathManager.kind === "userspace") return [BY_PROGRAM];
    const limited = row.announced === "yes"
      ? acceptedLimit(evidence, host.pathManager) ?? subflowLimit(host.pathManager, rows)
      : subflowLimit(host.pathManager, rows);
    if (limited !== null) return [limited];
  }
  if (row.announced !== "not-needed") return announcedInVain(evidence);
  // What was tried to the first address from elsewhere was not denied.
  if (rows.some((each) => each.announced === "not-needed" && each.tried !== "no")) return [];
  const denied = server.initialJoins === "no" ||
    (events !== "unknown" && events.some((event) => event.denyInitialJoins === "yes"));
  if (denied) {
    return [{
      code: "join-denied-to-initial-address",
      certainty: "proved",
      subject: describe(row),
      evidence: [
        server.initialJoins === "no"
          ? "the server has net.mptcp.allow_join_initial_addr_port=0"
          : "the server denied joins to its first address in the handshake (the C flag of MP_CAPABLE)",
        counterLine(evidence, "client", "MPJoinSynTx"),
      ],
    }];
  }
  if (!never(client, "MPJoinSynTx")) return [];
  if (evidence.mptcp.data !== "answered" || host.pathManager === "unknown" || server.initialJoins === "yes") {
    return [];
  }
  return [{
    code: "join-denied-to-initial-address",
    certainty: "likely",
    subject: describe(row),
    evidence: [
      "an endpoint is there and the limits allow it, and the kernel did not try to join from it",
      counterLine(evidence, "client", "MPJoinSynTx"),
    ],
  }];
}

/** What stands in the way of any further subflow. */
function generalCauses(evidence: Evidence, rows: readonly JoinRow[]): readonly Finding[] {
  const { pathManager } = evidence.host;
  if (pathManager === "unknown") return announcedInVain(evidence);
  if (pathManager.kind === "userspace") {
    return rows.some((row) => row.usable === "yes") ? [] : [BY_PROGRAM];
  }
  return [
    ...[subflowLimit(pathManager, rows), acceptedLimit(evidence, pathManager)].filter((each) =>
      each !== null
    ),
    ...announcedInVain(evidence),
    ...nothingToUse(evidence, pathManager, rows),
  ];
}

const BY_PROGRAM: Finding = {
  code: "userspace-path-manager",
  certainty: "proved",
  evidence: [
    "net.mptcp.path_manager is userspace: a program decides about subflows, endpoints and limits do not apply",
  ],
};

/** Linux 6.18 refuses to allow more. */
const MOST_SUBFLOWS = 8;

/** The limit of subflows is reached, and there are more ways. One that still waits for its answer takes it up too. */
function subflowLimit({ subflows }: PathManagerEvidence, rows: readonly JoinRow[]): Finding | null {
  const taken = rows.filter(({ subflow }) => subflow !== null && subflow.state !== "gone");
  if (subflows > taken.length || (rows.length <= taken.length && subflows > 0)) return null;
  const usable = taken.filter((row) => row.usable === "yes").length;
  const waiting = taken.length - usable;
  return {
    code: "join-limit-local",
    certainty: "proved",
    evidence: [
      `the subflows beside the first that this host allows a connection: ${subflows}; in use: ${usable}` +
      (waiting === 0 ? "" : `; tried in vain, which counts as well: ${waiting}`),
    ],
    fix: `ip mptcp limits set subflows ${Math.min(MOST_SUBFLOWS, Math.max(2, rows.length))}`,
  };
}

/** The server announced more addresses than this host uses. */
function acceptedLimit(
  evidence: Evidence,
  { subflows, addAddrAccepted }: PathManagerEvidence,
): Finding | null {
  const dropped = saw(evidence.client, "AddAddrDrop");
  const ignored = addAddrAccepted === 0 &&
    (saw(evidence.client, "AddAddr") !== null || saw(evidence.server, "AddAddrTx") !== null);
  if ((dropped === null && !ignored) || subflows === 0) return null;
  return {
    code: "join-limit-local",
    certainty: addAddrAccepted === 0 ? "proved" : dropped ?? "likely",
    evidence: [
      `this host uses ${addAddrAccepted} announced addresses (add_addr_accepted), and the server announced more`,
      ...counterLines(evidence, "client", ["AddAddr", "AddAddrDrop"]),
    ],
    fix: "ip mptcp limits set add_addr_accepted 4",
  };
}

/** The server announced, and nothing arrived, though the connection stayed MPTCP. */
function announcedInVain(evidence: Evidence): readonly Finding[] {
  const { client, server } = evidence;
  if (!hasServerView(evidence)) return [];
  const announced = saw(server, "AddAddrTx");
  if (announced === null || !never(client, "AddAddr")) return [];
  const here = opensFrom(evidence);
  return [{
    code: "add-addr-stripped",
    certainty: announced,
    evidence: [
      "the server announced an address, and the announcement did not arrive",
      ...counterLines(evidence, "server", ["AddAddrTx", "EchoAdd"]),
      counterLine(evidence, "client", "AddAddr"),
    ],
    ...(here === null ? {} : { fix: here }),
  }];
}

function nothingToUse(
  evidence: Evidence,
  manager: PathManagerEvidence,
  rows: readonly JoinRow[],
): readonly Finding[] {
  if (rows.length > 0 || manager.subflows === 0 || !never(evidence.client, "MPJoinSynTx")) return [];
  // An address that was announced is there; other findings say why it is not used.
  if (!never(evidence.client, "AddAddr") || announcedInVain(evidence).length > 0) return [];
  const spare = spareAddresses(evidence);
  const fix = opensFrom(evidence);
  return [{
    code: "no-extra-address",
    certainty: "proved",
    evidence: [
      manager.endpoints.length === 0
        ? "this host has no MPTCP endpoint"
        : "no MPTCP endpoint of this host is of use here: another family, the address of the first path, or only announced",
      ...counterLines(evidence, "client", ["AddAddr", "MPJoinSynTx"]),
      ...(spare.length === 0
        ? []
        : [`this host has ${spare.map(({ address }) => address).join(", ")} besides`]),
      ...(moved(evidence.server, "AddAddrTx") === "unknown" ? [ANNOUNCED] : []),
    ],
    ...(fix === null ? {} : { fix }),
  }];
}

const ANNOUNCED =
  "whether the server announced an address is not known: one that is lost on the way (add-addr-stripped) looks the same";
