import type { Certainty } from "../../../base/verdict.ts";
import {
  controlLine,
  counterLine,
  counterLines,
  hasServerView,
  isShared,
  millis,
  moved,
  movedFully,
  never,
  saw,
} from "../facts.ts";
import type { Evidence } from "../evidence.ts";
import { type Finding, type Rule, weakest } from "../finding.ts";
import { LOSSY, PROBE_AGAIN } from "./loss.ts";

/**
 * The MPTCP connect came to nothing although plain TCP connects. The kernel drops the option from its third
 * retransmission on, which helps against dropped SYNs; a server that saw the first SYN keeps answering with the
 * option, so dropped SYN/ACKs are never overcome.
 */
export const unansweredRule: Rule = (evidence) => {
  const { mptcp, tcp } = evidence;
  if (mptcp.outcome !== "timed-out" || tcp.outcome !== "connected") return [];
  const common = [`MPTCP got no answer in ${millis(mptcp.ms)}`, controlLine(evidence)];
  if (tcp.resent === "yes") return lossy(["syn-dropped", "synack-dropped"], common);
  if (hasServerView(evidence)) {
    const findings = bothEnds(evidence, common);
    if (findings.length > 0) return findings;
  }
  // A server that saw the first SYN repeats its answer with the option, so leaving it out helps no more; a filter
  // that remembers whom it refused does the same to the SYN that follows.
  const retried = saw(evidence.client, "MPCapableSYNTXDrop") !== null;
  const counted = counterLine(evidence, "client", "MPCapableSYNTXDrop");
  const lines = [
    ...common,
    counted,
    ...(retried ? ["the SYN without the option, which followed, got no answer either"] : []),
  ];
  return oneEnd(
    evidence,
    retried ? ["synack-dropped", "syn-dropped"] : ["syn-dropped", "synack-dropped"],
    lines,
  );
};

function oneEnd(
  evidence: Evidence,
  codes: readonly ("syn-dropped" | "synack-dropped")[],
  lines: readonly string[],
): readonly Finding[] {
  const why = hasServerView(evidence) ? OTHERS : ONE_END;
  return [
    ...codes.map((code): Finding => ({ code, certainty: "possible", evidence: [why, ...lines] })),
    { code: "fallback-cause-ambiguous", certainty: "proved", evidence: [why] },
  ];
}

/** Where plain TCP has lost packets as well, silence is no sign of a middlebox. */
function lossy(
  codes: readonly ("syn-dropped" | "synack-dropped")[],
  lines: readonly string[],
): readonly Finding[] {
  return [
    ...(["path-lossy", ...codes] as const).map((code): Finding => ({
      code,
      certainty: "possible",
      evidence: [LOSSY, ...lines],
    })),
    { code: "fallback-cause-ambiguous", certainty: "proved", fix: PROBE_AGAIN, evidence: [LOSSY] },
  ];
}

const ONE_END = "only this end was heard: whether the SYN or its answer was lost is not seen from here";

const OTHERS =
  "SYNs of other clients were counted at the server: whether one of ours was among them is not known";

function bothEnds(evidence: Evidence, common: readonly string[]): readonly Finding[] {
  const { client, server } = evidence;
  const sent = saw(client, "MPCapableSYNTX");
  if (never(server, "MPCapableSYNRX") && sent !== null) {
    return [{
      code: "syn-dropped",
      certainty: weakest(sent, tried(evidence)),
      evidence: [
        "SYNs with the option were sent, and none arrived",
        ...counterLines(evidence, "client", ["MPCapableSYNTX"]),
        counterLine(evidence, "server", "MPCapableSYNRX"),
        ...common,
      ],
    }];
  }
  const arrived = sawOurs(server);
  if (arrived !== null && never(client, "MPCapableSYNACKRX")) {
    return [{
      code: "synack-dropped",
      certainty: weakest(arrived, tried(evidence)),
      evidence: [
        "the SYN with the option arrived, its SYN/ACK did not",
        counterLine(evidence, "server", "MPCapableSYNRX"),
        counterLine(evidence, "client", "MPCapableSYNACKRX"),
        ...common,
      ],
    }];
  }
  return [];
}

/**
 * Whether the SYN with the option is known to have arrived. What other clients sent counts as well; a server that
 * answers with cookies counts ours again and again, which looks like others.
 */
function sawOurs(server: Evidence["server"]): Certainty | null {
  return isShared(server) && cookieLines(server).length === 0 ? null : saw(server, "MPCapableSYNRX");
}

/** Three SYNs are seldom lost by chance; whoever waited for less sent one or two. */
function tried({ mptcp }: Evidence): Certainty {
  return mptcp.ms !== "unknown" && mptcp.ms >= GIVES_UP_AFTER_MS ? "proved" : "likely";
}

/** Something answers SYNs with the option by a reset, or by an ICMP message. */
export const rejectedRule: Rule = (evidence) => {
  const { mptcp, tcp } = evidence;
  if (mptcp.outcome !== "refused" && mptcp.outcome !== "reset" && mptcp.outcome !== "unreachable") return [];
  if (tcp.outcome !== "connected") return [];
  // What resets whatever it has accepted does the same to plain TCP, be it a moment later.
  if (mptcp.outcome === "reset" && (tcp.data === "reset" || tcp.data === "closed")) return [];
  return [{
    code: "syn-rejected",
    certainty: "likely",
    evidence: [`the MPTCP connect ended after ${millis(mptcp.ms)}: ${mptcp.outcome}`, controlLine(evidence)],
  }];
};

/** The default of `net.mptcp.syn_retrans_before_tcp_fallback` is 2: the option goes after about three seconds. */
const GIVES_UP_AFTER_MS = 2900;

/** Connected in the end, but only once the kernel had left the option out. */
export const lateFallbackRule: Rule = (evidence) => {
  const { mptcp, tcp, client, server } = evidence;
  if (mptcp.outcome !== "connected" || mptcp.afterConnect !== "no") return [];
  // Where an answer with the option came too late, or to the SYN without it, no black hole is declared.
  const declared = saw(client, "Blackhole") ??
    (never(client, "MPCapableFallbackSYNACK") ? saw(client, "MPCapableSYNTXDrop") : null);
  const late = mptcp.ms !== "unknown" && mptcp.ms >= GIVES_UP_AFTER_MS &&
    never(client, "MPCapableSYNACKRX") &&
    moved(client, "Blackhole") === "unknown";
  if (declared === null && !late) return [];
  const lines = [
    `the connection came up after ${millis(mptcp.ms)}, without MPTCP`,
    ...counterLines(evidence, "client", ["MPCapableSYNTXDrop", "Blackhole"]),
    controlLine(evidence),
  ] as const;
  if (tcp.resent === "yes") return lossy(["syn-dropped", "synack-dropped"], lines);
  if (hasServerView(evidence) && tcp.outcome === "connected") {
    if (never(server, "MPCapableSYNRX")) {
      return [{
        code: "syn-dropped",
        certainty: declared ?? "likely",
        evidence: [
          "none of the SYNs with the option arrived",
          counterLine(evidence, "server", "MPCapableSYNRX"),
          ...lines,
        ],
      }];
    }
    const arrived = sawOurs(server);
    if (arrived !== null && never(client, "MPCapableSYNACKRX")) {
      return [{
        code: "synack-dropped",
        certainty: arrived,
        evidence: [
          "SYNs with the option arrived, and no SYN/ACK with it came back",
          counterLine(evidence, "server", "MPCapableSYNRX"),
          ...cookieLines(server),
          ...lines,
        ],
      }];
    }
  }
  return oneEnd(evidence, ["syn-dropped", "synack-dropped"], [...lines, COOKIES]);
};

const COOKIES =
  "a server that answers with SYN cookies forgets the first SYN, and connects once the option is left out";

function cookieLines(server: Evidence["server"]): readonly string[] {
  const sent = movedFully(server, "TcpExtSyncookiesSent");
  return sent === "unknown" || sent <= 0 ? [] : [`the server sent ${sent} SYN cookies`, COOKIES];
}
