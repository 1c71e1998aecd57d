import { addressOf } from "../facts.ts";
import type { Evidence, SubflowEvidence } from "../evidence.ts";
import type { Finding, Rule } from "../finding.ts";

/** MPTCP carries data both ways. */
export const worksRule: Rule = (evidence) => {
  const { mptcp, client, server } = evidence;
  if (mptcp.outcome !== "connected" || mptcp.atEnd !== "yes") return [];
  const carried = mptcp.data === "answered" && mptcp.afterData === "yes" &&
    (mptcp.transfer === "answered" || mptcp.transfer === "not-sent" || mptcp.transfer === "unknown");
  const lines = [
    `both ends spoke MPTCP after the connect: ${mptcp.afterConnect}; after the first data: ${mptcp.afterData}`,
    ...(server.inForce === "mptcp" ? ["the server says the same of this connection"] : []),
    ...(client.subflows === "unknown" ? [] : client.subflows.map(subflowLine)),
  ] as const;
  const doubt = mptcp.data === "answered" || mptcp.data === "not-sent"
    ? ""
    : "; to data the server gave no answer";
  return [{
    code: "mptcp-works",
    certainty: carried ? "proved" : "likely",
    evidence: lines,
    ...(client.subflows === "unknown" ? {} : { subject: `over ${pathCount(client.subflows)}${doubt}` }),
  }];
};

function pathCount(subflows: readonly SubflowEvidence[]): string {
  const usable =
    subflows.filter(({ role, state, complete }) =>
      state === "established" && (role === "first" || complete !== "no")
    ).length;
  return usable === 1 ? "one path" : `${usable} paths`;
}

function subflowLine({ local, remote, state, complete, role }: SubflowEvidence): string {
  const handshake = role === "join" && complete === "no" ? ", its MPTCP handshake not complete" : "";
  return `${role === "first" ? "first subflow" : "join"} ${local} to ${remote}: ${state}${handshake}`;
}

/** The address of a path is another one at the server. MPTCP bears that. */
export const natRule: Rule = (evidence) => {
  const { client, server, mirror } = evidence;
  if (server.kind !== "mpt" || evidence.mptcp.atEnd !== "yes") return [];
  const findings: Finding[] = [];
  const first = client.subflows === "unknown"
    ? undefined
    : client.subflows.find(({ role }) => role === "first");
  if (first !== undefined && server.seesClientAt !== null && differs(first.local, server.seesClientAt)) {
    findings.push({
      code: "nat",
      certainty: "proved",
      evidence: [`the server sees ${first.local} as ${server.seesClientAt}`, ...mirrorSource(mirror)],
    });
  }
  return findings;
};

function differs(ours: string, theirs: string): boolean {
  return addressOf(ours) !== addressOf(theirs) || ours !== theirs;
}

function mirrorSource(mirror: Evidence["mirror"]): readonly string[] {
  return mirror === "unknown" || mirror.local === mirror.seenAs
    ? []
    : [`and its SYN mirror sees ${mirror.local} as ${mirror.seenAs}`];
}
