import type { Verdict, VerdictLevel } from "../../base/verdict.ts";
import { CATALOGUE, fill } from "./catalogue.ts";
import type { Evidence } from "./evidence.ts";
import { isShared, never } from "./facts.ts";
import { bySureness, type Finding, type Rule } from "./finding.ts";
import { afterHandshakeRule } from "./rules/after_handshake.ts";
import { blackholeRule } from "./rules/blackhole.ts";
import { natRule, worksRule } from "./rules/fine.ts";
import { handshakeFallbackRule, ownFallbackRule } from "./rules/handshake_fallback.ts";
import { hostRule } from "./rules/host.ts";
import { joinsRule } from "./rules/joins.ts";
import {
  checksumRule,
  lateFallbackToTcpRule,
  noticedRule,
  pathResetRule,
  stalledDataRule,
} from "./rules/midstream.ts";
import { unreachableRule, untestedRule } from "./rules/reach.ts";
import { lateFallbackRule, rejectedRule, unansweredRule } from "./rules/unanswered.ts";

/**
 * What keeps the connection from being MPTCP, stage by stage. The first stage that finds something is the cause;
 * the later ones would only find its consequences.
 */
const CAUSES: readonly (readonly Rule[])[] = [
  [hostRule],
  [untestedRule],
  [unreachableRule],
  [unansweredRule, rejectedRule],
  [lateFallbackRule],
  [ownFallbackRule],
  [handshakeFallbackRule],
  [checksumRule],
  [afterHandshakeRule],
  [noticedRule],
  [stalledDataRule, lateFallbackToTcpRule, pathResetRule],
];

/** What goes with any cause, or without one. */
const ALWAYS: readonly Rule[] = [joinsRule, natRule];

/**
 * Says why an MPTCP connection is as it is. Where one cause is seen, it is claimed with how sure it is; where
 * several fit, all of them are listed as possible, with how to tell. What is not known is never taken for a no.
 *
 * @param evidence What both ends know about one attempt.
 * @returns The verdicts, the most important first; at least one.
 *
 * @example A host without MPTCP
 * ```ts
 * import assert from "node:assert/strict";
 * import { diagnose, noEvidence } from "@multipath/mpt/diagnosis";
 *
 * const evidence = noEvidence("192.0.2.1:443");
 * const [verdict] = diagnose({ ...evidence, host: { ...evidence.host, mptcp: "disabled" } });
 * assert(verdict?.code === "mptcp-disabled" && verdict.certainty === "proved");
 * ```
 */
export function diagnose(evidence: Evidence): readonly Verdict[] {
  const hole = blackholeRule(evidence);
  const cause =
    CAUSES.map((stage) => stage.flatMap((rule) => rule(evidence))).find((found) => found.length > 0) ?? [];
  // A connection for which this host did not even ask says nothing about the target.
  const skipped = hole.length > 0 && cause.length === 0 && never(evidence.client, "MPCapableSYNTX");
  const findings = [
    ...(skipped ? hole : [...inOrder(cause), ...hole]),
    ...(stops(cause) ? [] : worksRule(evidence)),
    ...ALWAYS.flatMap((rule) => inOrder(rule(evidence))),
  ];
  const found = findings.length > 0 ? findings : [NOTHING];
  return withoutRepeats(found.map((finding) => toVerdict(finding, evidence)));
}

const NOTHING: Finding = {
  code: "mptcp-unknown",
  certainty: "proved",
  evidence: ["what was seen fits none of the known causes, or too little was seen"],
};

/** The surest first; what says that nothing is sure goes in front of what it is about. */
function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const ambiguous = findings.filter(({ code }) => isAmbiguous(code));
  const others = bySureness(findings.filter((finding) => !ambiguous.includes(finding)));
  const sure = others.filter(({ certainty }) => certainty !== "possible");
  return [...sure, ...ambiguous, ...others.slice(sure.length)];
}

/** Whether the connection as a whole is of no use, so that nobody should say that it works. */
function stops(cause: readonly Finding[]): boolean {
  return cause.some(({ code, subject, level }) =>
    (level ?? CATALOGUE[code].level) !== "warn" && subject === undefined
  );
}

function toVerdict(finding: Finding, about: Evidence): Verdict {
  const { code, certainty, evidence, subject, level } = finding;
  const { target } = about;
  const entry = CATALOGUE[code];
  return {
    code,
    level: levelOf(level ?? entry.level, certainty),
    certainty,
    text: fill(`${HOW_SURE[certainty]}${entry.sentence}`, target, subject),
    evidence,
    fix: fixOf(finding, about),
  };
}

/** What stands in front of a sentence that is not proved. */
const HOW_SURE: Readonly<Record<Finding["certainty"], string>> = {
  proved: "",
  likely: "Likely: ",
  possible: "Possible: ",
};

function fixOf({ code, subject, fix }: Finding, { target, server }: Evidence): string | null {
  if (fix !== undefined) return fix;
  // Whoever is told to run mpt serve has not done so yet.
  if (isAmbiguous(code) && server.kind === "mpt") return isShared(server) ? ALONE : null;
  const entry = CATALOGUE[code];
  return entry.fix === null ? null : fill(entry.fix, target, subject);
}

const ALONE = "probe again while no other MPTCP connections are counted on the server";

function isAmbiguous(code: string): boolean {
  return code.endsWith("-cause-ambiguous");
}

/** What is only possible is not shown as a failure. */
function levelOf(level: VerdictLevel, certainty: Finding["certainty"]): VerdictLevel {
  return certainty === "possible" && level === "fail" ? "unknown" : level;
}

function withoutRepeats(verdicts: readonly Verdict[]): readonly Verdict[] {
  const seen = new Set<string>();
  return verdicts.filter(({ code, text }) => {
    const key = `${code} ${text}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
