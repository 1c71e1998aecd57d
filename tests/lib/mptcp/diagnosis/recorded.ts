/** Evidence as it was recorded in a network with a router between client and server, one impairment at a time. */
import type { Evidence, LocalEndpoint, SubflowEvidence } from "../../../../lib/mptcp/diagnosis/mod.ts";
import { noEvidence } from "../../../../lib/mptcp/diagnosis/mod.ts";

/** The counters of Linux 6.18 that the rules read. */
const NAMES = [
  "MPCapableSYNRX MPCapableSYNTX MPCapableSYNACKRX MPCapableACKRX MPCapableFallbackACK MPCapableFallbackSYNACK",
  "MPCapableSYNTXDrop MPCapableSYNTXDisabled MPFallbackTokenInit MPTCPRetrans MPJoinNoTokenFound MPJoinSynRx",
  "MPJoinSynAckRx MPJoinSynAckHMacFailure MPJoinAckRx MPJoinAckHMacFailure MPJoinRejected MPJoinSynTx",
  "MPJoinSynTxCreatSkErr MPJoinSynTxBindErr MPJoinSynTxConnectErr DataCsumErr AddAddr AddAddrTx EchoAdd AddAddrDrop",
  "DSSCorruptionFallback DSSCorruptionReset MPFailTx MPFailRx MPRstTx MPRstRx Blackhole MPCapableDataFallback MD5SigFallback DssFallback SimultConnectFallback",
].join(" ").split(" ");

/** Those of TCP, by their full names. */
const TCP_NAMES: Readonly<Record<string, string>> = {
  TCPDeferAcceptDrop: "TcpExtTCPDeferAcceptDrop",
  SyncookiesSent: "TcpExtSyncookiesSent",
  TcpOutRsts: "TcpOutRsts",
};

/** How far counters moved, written `SYNTX 1`; those not named stood still. */
export function counters(
  text: string,
  shared: "yes" | "no" | "unknown" = "no",
): Evidence["client"]["counters"] {
  const moved: Record<string, number> = Object.fromEntries(NAMES.map((name) => [`MPTcpExt${name}`, 0]));
  for (const name of Object.values(TCP_NAMES)) moved[name] = 0;
  for (const [, name, by] of text.matchAll(/(\w+) (\d+)/g)) {
    moved[TCP_NAMES[name!] ?? `MPTcpExt${name}`] = Number(by);
  }
  return { moved, shared };
}

export const TARGET = "10.78.1.2:4433";

export const FIRST: SubflowEvidence = {
  local: "10.77.1.1:41404",
  remote: TARGET,
  role: "first",
  state: "established",
  complete: "yes",
  retransmitting: "no",
  resent: "no",
  heldMs: 0,
  rttMs: 0.1,
};

export const JOIN: SubflowEvidence = { ...FIRST, local: "10.77.2.1:46105", role: "join" };

/** The same subflow as the other end has it. */
export function mirrored(subflow: SubflowEvidence): SubflowEvidence {
  return { ...subflow, local: subflow.remote, remote: subflow.local };
}

export const SECOND_ADDRESS: LocalEndpoint = {
  id: 2,
  address: "10.77.2.1",
  family: 4,
  interface: "path2",
  subflow: true,
  signal: false,
  fullmesh: false,
  backup: false,
  onHost: "yes",
};

const NONE = noEvidence(TARGET);
const CONNECTED = { outcome: "connected", ms: 0.4, data: "answered", transfer: "answered" } as const;

/** Two paths and nothing in the way, as the client alone knows it of a server that is not mpt serve. */
export const HEALTHY: Evidence = {
  ...NONE,
  host: {
    mptcp: "usable",
    reason: null,
    blackholeTimeoutS: 3600,
    addresses: "unknown",
    pathManager: { kind: "kernel", subflows: 4, addAddrAccepted: 4, endpoints: [SECOND_ADDRESS] },
  },
  tcp: { ...CONNECTED, resent: "no" },
  mptcp: { ...CONNECTED, afterConnect: "yes", afterData: "yes", atEnd: "yes" },
  client: {
    counters: counters("MPCapableSYNTX 1 MPCapableSYNACKRX 1 MPJoinSynTx 1 MPJoinSynAckRx 1"),
    subflows: [FIRST, JOIN],
    bytes: { subflowsAcked: 29, connectionAcked: 27, subflowsReceived: 1509, connectionReceived: 1509 },
  },
  server: { ...NONE.server, kind: "other", name: "nginx/1.22.1" },
  joins: { waitedMs: 3000, controls: [], announced: [], lost: [] },
};

/** What mpt serve adds to that. */
export const SERVER: Evidence["server"] = {
  kind: "mpt",
  name: "mpt",
  listener: "mptcp",
  inForce: "mptcp",
  seesClientAt: FIRST.local,
  deferAccept: "no",
  initialJoins: "yes",
  counters: counters("MPCapableSYNRX 1 MPCapableACKRX 1 MPJoinSynRx 1 MPJoinAckRx 1"),
  subflows: [mirrored(FIRST), mirrored(JOIN)],
  bytes: "unknown",
};

/** Parts of evidence, each laid over the healthy one. */
export interface Parts {
  readonly host?: Partial<Evidence["host"]>;
  readonly tcp?: Partial<Evidence["tcp"]>;
  readonly mptcp?: Partial<Evidence["mptcp"]>;
  readonly client?: Partial<Evidence["client"]>;
  readonly server?: Partial<Evidence["server"]>;
  readonly joins?: Partial<Evidence["joins"]>;
  readonly mirror?: Evidence["mirror"];
  readonly plainMirror?: Evidence["plainMirror"];
  readonly events?: Evidence["events"];
}

/** Evidence of one end alone: what the server tells, and which server it is, is not known there. */
export function oneEnd(parts: Parts): Evidence {
  const controls = parts.joins?.controls?.map((each) => ({ ...each, sameServer: "unknown" as const }));
  return lay(HEALTHY, {
    ...parts,
    ...(controls === undefined ? {} : { joins: { ...parts.joins, controls } }),
    server: {},
    mirror: "unknown",
    plainMirror: "unknown",
  });
}

/** Evidence of both ends. */
export function bothEnds(parts: Parts): Evidence {
  return lay({ ...HEALTHY, server: SERVER }, parts);
}

function lay(base: Evidence, parts: Parts): Evidence {
  return {
    ...base,
    host: { ...base.host, ...parts.host },
    tcp: { ...base.tcp, ...parts.tcp },
    mptcp: { ...base.mptcp, ...parts.mptcp },
    client: { ...base.client, ...parts.client },
    server: { ...base.server, ...parts.server },
    joins: { ...base.joins, ...parts.joins },
    mirror: parts.mirror ?? base.mirror,
    plainMirror: parts.plainMirror ?? base.plainMirror,
    events: parts.events ?? base.events,
  };
}
