import { counterLine, counterLines, hasServerView, moved, never, saw } from "../facts.ts";
import type { Evidence } from "../evidence.ts";
import { type Finding, type Rule, weakest } from "../finding.ts";

/** The handshake agreed on MPTCP, and the first packets after it did not carry it. */
export const afterHandshakeRule: Rule = (evidence) => {
  const { mptcp, client } = evidence;
  if (mptcp.outcome !== "connected") return [];
  const agreed = mptcp.afterConnect === "yes" || saw(client, "MPCapableSYNACKRX") !== null;
  const fellBack = mptcp.afterData === "no" || (mptcp.afterConnect === "no" && agreed);
  if (!agreed || !fellBack) return [];
  if (hasServerView(evidence)) {
    const findings = bothEnds(evidence);
    if (findings.length > 0) return findings;
  }
  return oneEnd(evidence);
};

function bothEnds(evidence: Evidence): readonly Finding[] {
  const { client, server } = evidence;
  const fallbackAck = saw(server, "MPCapableFallbackACK");
  if (fallbackAck !== null) {
    return [{
      code: "option-stripped-after-handshake",
      certainty: fallbackAck,
      evidence: [
        "SYN and SYN/ACK carried the option, the third packet arrived without it",
        ...counterLines(evidence, "server", ["MPCapableSYNRX", "MPCapableFallbackACK"]),
        ...counterLines(evidence, "client", ["MPCapableSYNACKRX", "MPCapableDataFallback"]),
      ],
    }];
  }
  const complete = saw(server, "MPCapableACKRX");
  if (complete === null) return [];
  const announced = saw(server, "AddAddrTx");
  // RFC 8684 3.4.1: the announcement travels in a packet of its own; without its option that is a plain ACK.
  if (announced !== null && never(client, "AddAddr")) {
    const dss = saw(server, "DssFallback");
    const lines = [
      "the server announced an address, the announcement did not arrive, and the connection fell back",
      ...counterLines(evidence, "server", ["MPCapableACKRX", "AddAddrTx", "DssFallback"]),
      ...counterLines(evidence, "client", ["AddAddr", "MPCapableDataFallback"]),
    ] as const;
    if (dss !== null) {
      const certainty = weakest("likely", dss, announced);
      return [{ code: "add-addr-stripped", certainty, level: "fail", evidence: lines }];
    }
    return [
      { code: "option-stripped-data", certainty: "possible", evidence: lines },
      { code: "add-addr-stripped", certainty: "possible", evidence: lines },
    ];
  }
  if (moved(server, "AddAddrTx") !== 0) return [];
  return [{
    code: "option-stripped-data",
    certainty: weakest(complete, saw(client, "MPCapableDataFallback") ?? "likely"),
    evidence: [
      "the whole handshake carried the option, and the first data came without it",
      ...counterLines(evidence, "server", ["MPCapableACKRX", "AddAddrTx"]),
      counterLine(evidence, "client", "MPCapableDataFallback"),
    ],
  }];
}

function oneEnd(evidence: Evidence): readonly Finding[] {
  const { client } = evidence;
  const lines = [
    "both ends spoke MPTCP after the handshake, and no longer after the first data",
    ...counterLines(evidence, "client", ["MPCapableSYNACKRX", "MPCapableDataFallback", "AddAddr"]),
  ] as const;
  const codes = [
    "option-stripped-after-handshake",
    "option-stripped-data",
    // An announcement that arrived was not removed.
    ...(saw(client, "AddAddr") === "proved" ? [] : ["add-addr-stripped"] as const),
  ] as const;
  return [
    {
      code: "fallback-cause-ambiguous",
      certainty: "proved",
      evidence: ["what was removed shows at the other end only", ...lines.slice(1)],
    },
    ...codes.map((code): Finding => ({ code, certainty: "possible", evidence: lines })),
  ];
}
