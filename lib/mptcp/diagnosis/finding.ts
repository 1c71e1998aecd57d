import type { Certainty, VerdictLevel } from "../../base/verdict.ts";
import type { DiagnosisCode } from "./codes.ts";
import type { Evidence } from "./evidence.ts";

/** What a rule found: a code, how sure it is, and what that rests on. */
export interface Finding {
  /** What was found. */
  readonly code: DiagnosisCode;
  /** How sure it is. */
  readonly certainty: Certainty;
  /** What was seen, one sentence each; never empty. */
  readonly evidence: readonly [string, ...string[]];
  /** What the finding is about where that is not the whole target, such as a way of a join. */
  readonly subject?: string;
  /** A fix with this host's own names in it, in place of the catalogue's. */
  readonly fix?: string;
  /** How bad it is here, where that is not the catalogue's word. */
  readonly level?: VerdictLevel;
}

/** Looks for one thing, or a few that only differ in one fact. */
export type Rule = (evidence: Evidence) => readonly Finding[];

const ORDER: readonly Certainty[] = ["proved", "likely", "possible"];

/** The weakest of some certainties: a chain is as sure as its weakest link. */
export function weakest(...certainties: readonly Certainty[]): Certainty {
  return ORDER[Math.max(0, ...certainties.map((each) => ORDER.indexOf(each)))] ?? "possible";
}

/** The surest first; equals stay in their order. */
export function bySureness(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => ORDER.indexOf(a.certainty) - ORDER.indexOf(b.certainty));
}
