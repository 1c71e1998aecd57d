import { counterLine, saw } from "../facts.ts";
import type { Finding, Rule } from "../finding.ts";

/** This host leaves MPTCP out, because of an earlier SYN or because of the one of this probe. */
export const blackholeRule: Rule = (evidence) => {
  const { client, host } = evidence;
  const skipped = evidence.mptcp.afterConnect === "no" ? saw(client, "MPCapableSYNTXDisabled") : null;
  const declared = saw(client, "Blackhole");
  const seconds = host.blackholeTimeoutS;
  const lasts = seconds === "unknown"
    ? "it lasts net.mptcp.blackhole_timeout seconds, 3600 by default"
    : `it lasts ${seconds} s (net.mptcp.blackhole_timeout), and twice as long after each further time, up to 64 times`;
  const fix = seconds === "unknown" || seconds === 0
    ? {}
    : { fix: `sysctl -w net.mptcp.blackhole_timeout=${seconds}` };
  const subject = seconds === "unknown" || seconds === 0
    ? {}
    : { subject: `(${seconds} s, more if it happened before)` };
  const findings: Finding[] = [];
  if (skipped !== null) {
    findings.push({
      code: "blackhole-active",
      certainty: skipped,
      evidence: [counterLine(evidence, "client", "MPCapableSYNTXDisabled"), lasts],
      ...subject,
      ...fix,
    });
  }
  // With a timeout of 0 the kernel counts, and switches nothing off.
  if (declared !== null && seconds !== 0) {
    findings.push({
      code: "blackhole-active",
      certainty: declared,
      evidence: [
        `this probe's own SYNs got no answer: ${counterLine(evidence, "client", "Blackhole")}`,
        lasts,
        "all new MPTCP connections of this network namespace are plain TCP until then",
      ],
      ...subject,
      ...fix,
    });
  }
  return findings.slice(0, 1);
};
