import { counterLine, counterLines, hasServerView, isShared, never, saw } from "../facts.ts";
import type { Evidence, MirrorEvidence } from "../evidence.ts";
import type { Finding, Rule } from "../finding.ts";

/** The kernel of this host fell back for a reason of its own. */
export const ownFallbackRule: Rule = (evidence) => {
  if (evidence.mptcp.afterConnect !== "no") return [];
  return ["MPFallbackTokenInit", "MD5SigFallback", "SimultConnectFallback"].flatMap(
    (name): readonly Finding[] => {
      const certainty = saw(evidence.client, name);
      if (certainty === null) return [];
      return [{
        code: "fallback-by-this-host",
        certainty,
        evidence: [counterLine(evidence, "client", name)],
      }];
    },
  );
};

/** The SYN/ACK came at once, and without the option. */
export const handshakeFallbackRule: Rule = (evidence) => {
  const { mptcp, server } = evidence;
  if (mptcp.outcome !== "connected" || mptcp.afterConnect !== "no") return [];
  // The option did come back: it went missing later, even if that was before the first look.
  if (saw(evidence.client, "MPCapableSYNACKRX") === "proved") return [];
  // Whoever did not even ask learned nothing about the other end.
  if (never(evidence.client, "MPCapableSYNTX")) return [];
  if (server.kind === "mpt" && server.listener === "tcp") {
    return [{
      code: "peer-without-mptcp",
      certainty: "proved",
      evidence: [
        "the server says that its listener is plain TCP",
        counterLine(evidence, "client", "MPCapableFallbackSYNACK"),
      ],
    }];
  }
  if (hasServerView(evidence)) {
    const findings = bothEnds(evidence);
    if (findings.length > 0) return findings;
  }
  return oneEnd(evidence);
};

function bothEnds(evidence: Evidence): readonly Finding[] {
  const { client, server } = evidence;
  const arrived = saw(server, "MPCapableSYNRX");
  // Those that arrived may be all of other clients; the mirror saw one of ours.
  if (arrived !== null && isShared(server) && isBlanked(evidence)) {
    return [{ code: "option-stripped-syn", certainty: "likely", evidence: lostLines(evidence, BLANKED) }];
  }
  if (arrived !== null) {
    // Where the whole handshake had the option, or may have had it, it went missing later.
    if (saw(server, "MPCapableACKRX") !== null) return [];
    const noToken = saw(server, "MPFallbackTokenInit");
    if (noToken !== null) {
      return [{
        code: "peer-without-mptcp",
        certainty: noToken,
        subject: ", for want of a free token",
        fix: "on the server: nstat -az MPTcpExtMPFallbackTokenInit; ss -M",
        evidence: [
          "the option arrived in the SYN, and the server had no token for it",
          ...counterLines(evidence, "server", ["MPCapableSYNRX", "MPFallbackTokenInit"]),
        ],
      }];
    }
    return [{
      code: "option-stripped-synack",
      certainty: never(client, "MPCapableSYNACKRX") && never(server, "MPFallbackTokenInit") &&
          saw(client, "MPCapableFallbackSYNACK") !== null
        ? arrived
        : "likely",
      evidence: [
        "the option arrived in the SYN, and the SYN/ACK came back without it",
        ...counterLines(evidence, "server", ["MPCapableSYNRX", "MPCapableFallbackACK"]),
        counterLine(evidence, "client", "MPCapableFallbackSYNACK"),
      ],
    }];
  }
  if (!never(server, "MPCapableSYNRX") || server.listener !== "mptcp") return [];
  return lostInSyn(evidence);
}

/** The server listens with MPTCP and saw a SYN without the option: removed in place, or another SYN altogether. */
function lostInSyn(evidence: Evidence): readonly Finding[] {
  const { mirror, plainMirror } = evidence;
  const lines = lostLines(evidence, "the server listens with MPTCP, and no SYN with the option arrived");
  if (isBlanked(evidence)) return [{ code: "option-stripped-syn", certainty: "proved", evidence: lines }];
  const remade = plainMirror !== "unknown" && plainMirror.sameMss === "no";
  if (remade) return [{ code: "tcp-proxy", certainty: "likely", evidence: lines }];
  const changed = sourceChanged(evidence);
  // The mirror's port gets the option through and keeps the source: only the probed port has something in its way.
  const mirrorClean = mirror !== "unknown" && mirror.option === "yes" && mirror.local === mirror.seenAs;
  if (mirrorClean && changed === true) return [{ code: "tcp-proxy", certainty: "likely", evidence: lines }];
  if (changed === false) {
    return [
      {
        code: "option-stripped-syn",
        certainty: "likely",
        evidence: ["address and port of this end arrived unchanged", ...lines],
      },
    ];
  }
  return [
    { code: "option-stripped-syn", certainty: "possible", evidence: lines },
    { code: "tcp-proxy", certainty: "possible", evidence: lines },
    {
      code: "fallback-cause-ambiguous",
      certainty: "proved",
      evidence: ["a proxy and a filter that removes the option look the same here"],
    },
  ];
}

const BLANKED =
  "at the mirror of the server the SYN of an MPTCP socket arrived with NOPs in place of the option";

function isBlanked({ mirror }: Evidence): boolean {
  return mirror !== "unknown" && mirror.option === "no" && mirror.nops >= 4;
}

function lostLines(evidence: Evidence, first: string): readonly [string, ...string[]] {
  return [
    first,
    counterLine(evidence, "server", "MPCapableSYNRX"),
    ...mirrorLines("an MPTCP socket", evidence.mirror),
    ...mirrorLines("a plain TCP socket", evidence.plainMirror),
  ];
}

function mirrorLines(socket: string, mirror: MirrorEvidence | "unknown"): readonly string[] {
  if (mirror === "unknown") return [];
  const option = mirror.option === "unknown"
    ? ""
    : `, the option ${mirror.option === "yes" ? "there" : "missing"}`;
  const nops = mirror.nops >= 4 ? `, ${mirror.nops} NOPs in a row` : "";
  const mss = mirror.sameMss === "no" ? ", another maximum segment size than was sent" : "";
  const ttl = mirror.ttl === "unknown" ? "" : `, TTL ${mirror.ttl}`;
  return [`the mirror saw the SYN of ${socket} from ${mirror.seenAs}${option}${nops}${mss}${ttl}`];
}

/** Whether the server sees another address or port than this end has; null when that is not known. */
function sourceChanged({ client, server }: Evidence): boolean | null {
  if (server.seesClientAt === null || client.subflows === "unknown") return null;
  const first = client.subflows.find((subflow) => subflow.role === "first");
  return first === undefined ? null : first.local !== server.seesClientAt;
}

const CANDIDATES = [
  "peer-without-mptcp",
  "option-stripped-syn",
  "option-stripped-synack",
  "tcp-proxy",
] as const;

function oneEnd(evidence: Evidence): readonly Finding[] {
  const lines = [
    "the SYN/ACK came without the option",
    ...counterLines(evidence, "client", ["MPCapableSYNTX", "MPCapableFallbackSYNACK"]),
    ...(evidence.server.name === null ? [] : [`the server calls itself ${evidence.server.name}`]),
  ] as const;
  return [
    {
      code: "fallback-cause-ambiguous",
      certainty: "proved",
      evidence: ["one end alone sees the same for each of the causes that follow", ...lines.slice(1)],
    },
    ...CANDIDATES.map((code): Finding => ({ code, certainty: "possible", evidence: lines })),
  ];
}
