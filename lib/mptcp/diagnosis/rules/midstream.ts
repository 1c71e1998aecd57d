import { counterLine, counterLines, hasServerView, isShared, never, saw } from "../facts.ts";
import type { ByteEvidence, DataOutcome, EndEvidence, Evidence } from "../evidence.ts";
import { type Finding, type Rule, weakest } from "../finding.ts";
import { LOSSY, PROBE_AGAIN } from "./loss.ts";

/**
 * What the kernel counts when the option (DSS) is missing, or does not fit the data that it came with: that
 * happens where segments with and without the option are put together.
 */
const NOTICED = ["DssFallback", "DSSCorruptionFallback", "DSSCorruptionReset"] as const;

/** This end noticed that the option went missing, or changed, after data had been carried with it. */
export const noticedRule: Rule = (evidence) => {
  const { mptcp, tcp, client } = evidence;
  if (mptcp.afterData !== "yes" || damaged(evidence)) return [];
  const broken = stopped(mptcp.transfer) && tcp.transfer === "answered";
  if (mptcp.atEnd !== "no" && !broken) return [];
  const noticed = NOTICED.find((name) => saw(client, name) !== null);
  if (noticed === undefined) return [];
  return [{
    code: "option-stripped-midstream",
    certainty: saw(client, noticed) ?? "likely",
    evidence: [
      "data came without its option, or with another one, in the middle of the connection",
      counterLine(evidence, "client", noticed),
      ...(broken ? STOPPED : []),
    ],
  }];
};

const STOPPED = ["the transfer over MPTCP stopped half-way", "the same over plain TCP was answered"] as const;

/** The connection is MPTCP, and its data gets nowhere although plain TCP's does. */
export const stalledDataRule: Rule = (evidence) => {
  const { mptcp, tcp, client, server } = evidence;
  if (mptcp.outcome !== "connected" || mptcp.afterConnect === "no" || mptcp.atEnd === "no") return [];
  const stage = stopped(mptcp.data) ? "data" : stopped(mptcp.transfer) ? "transfer" : null;
  // A server that fails plain TCP as well says nothing about MPTCP.
  if (stage === null || tcp[stage] !== "answered" || damaged(evidence)) return [];
  const common = stage === "data"
    ? ["the first data over MPTCP got no answer", "the same over plain TCP was answered"] as const
    : STOPPED;
  const gap = client.bytes === "unknown" ? null : gapLine(client.bytes, subflowCount(evidence));
  if (gap !== null) {
    const there = saw(server, "DssFallback") ?? saw(server, "MPCapableDataFallback");
    return [{
      code: "option-stripped-midstream",
      certainty: there ?? "likely",
      evidence: [gap, ...common, ...serverLines(evidence, ["DssFallback"])],
    }];
  }
  const fellBackThere = saw(server, "DssFallback");
  if (fellBackThere !== null) {
    return [{
      code: "option-stripped-midstream",
      certainty: weakest("likely", fellBackThere),
      evidence: [...common, counterLine(evidence, "server", "DssFallback")],
    }];
  }
  if (tcp.resent === "yes") {
    return [
      { code: "path-lossy", certainty: "possible", evidence: [LOSSY, ...common] },
      { code: "data-dropped", certainty: "possible", evidence: [LOSSY, ...common] },
      { code: "fallback-cause-ambiguous", certainty: "proved", fix: PROBE_AGAIN, evidence: [LOSSY] },
    ];
  }
  const retransmitting = client.subflows !== "unknown" &&
    client.subflows.some((subflow) => subflow.retransmitting === "yes");
  if (retransmitting) {
    const alive =
      hasServerView(evidence) && never(server, "DssFallback") && never(server, "MPCapableFallbackACK")
        ? saw(server, "MPCapableACKRX")
        : null;
    return [{
      code: "data-dropped",
      certainty: alive ?? "likely",
      evidence: [
        "packets of the MPTCP connection are sent again and again without an acknowledgement",
        ...common,
        ...serverLines(evidence, ["MPCapableACKRX", "DssFallback"]),
      ],
    }];
  }
  // Options that went missing on the way there would have shown there, and on the way here as bytes without them.
  const intact = hasServerView(evidence) && never(server, "DssFallback") && client.bytes !== "unknown" &&
    subflowCount(evidence) === 1 && NOTICED.every((name) => never(client, name));
  if (intact) {
    return [{
      code: "data-dropped",
      certainty: "likely",
      evidence: [
        ...common,
        "neither end missed an option in what arrived",
        ...byteLines(client.bytes),
        ...serverLines(evidence, ["MPCapableACKRX", "DssFallback"]),
      ],
    }];
  }
  const lines = [
    ...common,
    ...byteLines(client.bytes),
    ...counterLines(evidence, "client", NOTICED),
  ] as const;
  return [
    { code: "data-dropped", certainty: "possible", evidence: lines },
    { code: "option-stripped-midstream", certainty: "possible", evidence: lines },
    {
      code: "fallback-cause-ambiguous",
      certainty: "proved",
      evidence: ["neither unanswered packets nor bytes without the option were seen", ...lines.slice(1)],
    },
  ];
};

function stopped(outcome: DataOutcome): boolean {
  return outcome === "silent" || outcome === "reset" || outcome === "closed";
}

function serverLines(evidence: Evidence, names: readonly string[]): readonly string[] {
  return hasServerView(evidence) ? counterLines(evidence, "server", names) : [];
}

function subflowCount({ client }: Evidence): number {
  return client.subflows === "unknown" ? 1 : Math.max(1, client.subflows.length);
}

function byteLines(bytes: EndEvidence["bytes"]): readonly string[] {
  if (bytes === "unknown") return ["the bytes of the subflows are not known"];
  return [
    `TCP acknowledged ${bytes.subflowsAcked} bytes and received ${bytes.subflowsReceived}, MPTCP ` +
    `acknowledged ${bytes.connectionAcked} and received ${bytes.connectionReceived}`,
  ];
}

/** TCP counts the SYN and the FIN of a subflow as a byte each. */
const SYN_AND_FIN = 2;

/** More than that is data that MPTCP did not get. What several subflows carry twice would look the same. */
function gapLine(bytes: ByteEvidence, subflows: number): string | null {
  const slack = SYN_AND_FIN;
  if (subflows !== 1) return null;
  if (bytes.subflowsAcked - bytes.connectionAcked > slack) {
    return `TCP acknowledged ${bytes.subflowsAcked} bytes, MPTCP only ${bytes.connectionAcked}`;
  }
  if (bytes.subflowsReceived - bytes.connectionReceived > slack) {
    return `TCP received ${bytes.subflowsReceived} bytes, MPTCP only ${bytes.connectionReceived}`;
  }
  return null;
}

/** MPTCP carried data, and the connection is plain TCP now. */
export const lateFallbackToTcpRule: Rule = (evidence) => {
  const { mptcp, server } = evidence;
  if (mptcp.afterData !== "yes" || mptcp.atEnd !== "no" || damaged(evidence)) return [];
  return [{
    code: "option-stripped-midstream",
    certainty: NOTICED.some((name) => saw(server, name) !== null) ? "likely" : "possible",
    evidence: [
      "the connection carried data as MPTCP and then fell back to TCP",
      counterLine(evidence, "client", "DssFallback"),
    ],
  }];
};

function damaged({ client, server }: Evidence): boolean {
  return [client, server].some((end) => saw(end, "DataCsumErr") !== null || saw(end, "MPFailTx") !== null) ||
    saw(client, "MPFailRx") !== null;
}

/** RFC 8684 3.6: the other end reset a subflow because of "middlebox interference". */
const RESET_MIDDLEBOX = 6;

/** One path lost its options, and the connection went on over the others. */
export const pathResetRule: Rule = (evidence) => {
  if (damaged(evidence)) return [];
  if (evidence.events === "unknown") return lostInTransfer(evidence);
  return evidence.events.flatMap((event): readonly Finding[] => {
    if (event.kind !== "subflow-closed" || event.resetReason !== RESET_MIDDLEBOX) return [];
    return [{
      code: "option-stripped-midstream",
      certainty: "likely",
      evidence: ["the other end closed a subflow and gave middlebox interference as the reason"],
      ...(event.local === null ? {} : { subject: `on the path from ${event.local}` }),
    }];
  });
};

/** Without events nobody hears which reason a reset had. */
function lostInTransfer(evidence: Evidence): readonly Finding[] {
  if (saw(evidence.client, "MPRstRx") === null) return [];
  return evidence.joins.lost.map((local): Finding => ({
    code: "option-stripped-midstream",
    certainty: "possible",
    subject: `on the path from ${local}`,
    evidence: [
      "a path that carried data was reset during the transfer, and the reset was one of MPTCP; its reason is among the " +
      "kernel's events, which need CAP_NET_ADMIN",
      counterLine(evidence, "client", "MPRstRx"),
    ],
  }));
}

/** The checksum of MPTCP found changed payload. */
export const checksumRule: Rule = (evidence) => {
  const { client, server } = evidence;
  // What happened to a connection that carried all its data happened on one of its paths, which is gone; or, where
  // others are counted as well, to another connection.
  const survived = isWell(evidence) ? { level: "warn", subject: lostPaths(evidence) } as const : {};
  for (const [side, end] of [["client", client], ["server", server]] as const) {
    const certainty = saw(end, "DataCsumErr");
    if (certainty !== null && !(isShared(end) && isWell(evidence))) {
      return [{ code: "checksum-failure", certainty, evidence: checksumLines(evidence, side), ...survived }];
    }
  }
  const told = saw(client, "MPFailRx") ?? saw(server, "MPFailRx");
  if (told === null || ((isShared(client) || isShared(server)) && isWell(evidence))) return [];
  return [{
    code: "checksum-failure",
    certainty: weakest("likely", told),
    evidence: [
      counterLine(evidence, "client", "MPFailRx"),
      ...serverLines(evidence, ["MPFailRx"]),
    ],
    ...survived,
  }];
};

/** Which path it was, where one of several is gone. */
function lostPaths({ joins }: Evidence): string {
  return joins.lost.length === 0
    ? "on one of its paths"
    : `on the path from ${joins.lost.join(" and from ")}`;
}

function isWell({ mptcp }: Evidence): boolean {
  return mptcp.atEnd === "yes" && mptcp.data === "answered" && !stopped(mptcp.transfer);
}

function checksumLines(evidence: Evidence, side: "client" | "server"): readonly [string, ...string[]] {
  return [
    counterLine(evidence, side, "DataCsumErr"),
    ...counterLines(evidence, side, ["MPFailTx", "MPRstTx"]),
  ];
}
