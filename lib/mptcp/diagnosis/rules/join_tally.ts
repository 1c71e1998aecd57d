/** What the rules about further subflows share: counters shared out, findings about one way, lines of evidence. */
import type { Certainty } from "../../../base/verdict.ts";
import type { DiagnosisCode } from "../codes.ts";
import type { Evidence } from "../evidence.ts";
import { counterLines, hasServerView, isShared, moved } from "../facts.ts";
import type { Finding } from "../finding.ts";
import type { JoinRow } from "../join_audit.ts";

/** The joins of one connection together: counters do not tell them apart. */
export interface JoinTally {
  /** Rows that carry data. */
  readonly usable: number;
  /** Rows that were tried, or may have been, and do not. */
  readonly failed: number;
}

/** Whether what a counter counts happened to all failed joins, to none, to some, or is unknown. */
export type Share = "all" | "none" | "some" | "unknown";

/** To how many of the failed joins a counter can have happened: those that work moved it as well. */
export function shareOf(
  evidence: Evidence,
  side: "client" | "server",
  name: string,
  tally: JoinTally,
): Share {
  const by = moved(evidence[side], name);
  if (by === "unknown") return "unknown";
  const more = by - tally.usable;
  if (more <= 0) return "none";
  // What others moved says nothing about ours.
  if (isShared(evidence[side])) return "unknown";
  return more >= tally.failed ? "all" : "some";
}

/** Makes a finding about one way. */
export type Make = (
  code: DiagnosisCode,
  certainty: Certainty,
  first: string,
  ...more: readonly string[]
) => Finding;

/** Nothing that was seen tells these apart. */
export function anyOf(
  make: Make,
  codes: readonly DiagnosisCode[],
  first: string,
  ...more: readonly string[]
): readonly Finding[] {
  return codes.map((code) => make(code, "possible", first, ...more));
}

/** How far joins came, by the counters of whoever tells. */
export function countersOf(evidence: Evidence): readonly string[] {
  return [
    ...counterLines(evidence, "client", ["MPJoinSynTx", "MPJoinSynAckRx", "MPRstTx"]),
    ...(hasServerView(evidence) ? counterLines(evidence, "server", ["MPJoinSynRx", "MPJoinAckRx"]) : []),
  ];
}

/** What became of plain TCP over the same way. */
export function controlLines({ control }: JoinRow): readonly string[] {
  if (control === null) return [];
  const same = control.sameServer === "unknown"
    ? ""
    : control.sameServer === "yes"
    ? ", and the same server answered"
    : ", and another server answered";
  return [`plain TCP from ${control.local} to ${control.remote}: ${control.outcome}${same}`];
}

/** A way in words: `from 192.0.2.2 to 198.51.100.1:443`. */
export function describe({ local, remote }: JoinRow): string {
  return [local === null ? null : `from ${local}`, remote === null ? null : `to ${remote}`]
    .filter((part) => part !== null).join(" ");
}
