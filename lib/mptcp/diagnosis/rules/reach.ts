import { controlLine, millis } from "../facts.ts";
import type { Rule } from "../finding.ts";

const WORDS = {
  "refused": "connection refused",
  "timed-out": "no answer",
  "unreachable": "the network says it is unreachable",
  "reset": "connection reset",
} as const;

/** Neither MPTCP nor plain TCP gets through: nothing here is about MPTCP. */
export const unreachableRule: Rule = (evidence) => {
  const { mptcp, tcp } = evidence;
  switch (mptcp.outcome) {
    case "refused":
    case "timed-out":
    case "unreachable":
    case "reset":
      break;
    default:
      return [];
  }
  if (tcp.outcome === "connected") return [];
  return [{
    code: "mptcp-fails",
    certainty: "proved",
    evidence: [`MPTCP: ${mptcp.outcome} after ${millis(mptcp.ms)}`, controlLine(evidence)],
    subject: `: ${WORDS[mptcp.outcome]}${
      tcp.outcome === mptcp.outcome ? ", and so it is for plain TCP" : ""
    }`,
  }];
};

/** Nothing was learned about the target. */
export const untestedRule: Rule = ({ mptcp, host }) => {
  switch (mptcp.outcome) {
    case "failed-here":
    case "not-tried":
    case "unknown":
      return [{
        code: "mptcp-unknown",
        certainty: "proved",
        evidence: [host.reason || `the MPTCP connect: ${mptcp.outcome}`],
        ...(host.reason ? { subject: `: ${host.reason}` } : {}),
      }];
    default:
      return [];
  }
};
