/** How good or bad a verdict is; `unknown` is never shown as `fail`, `info` judges nothing. */
export type VerdictLevel = "ok" | "warn" | "fail" | "unknown" | "info";

/** How sure a verdict is: seen directly, the best explanation, or one of several. */
export type Certainty = "proved" | "likely" | "possible";

/** One finding in words, with what it rests on. */
export interface Verdict {
  /** The stable name of the finding, in lower case with hyphens, such as `mptcp-works`. */
  readonly code: string;
  /** How good or bad it is. */
  readonly level: VerdictLevel;
  /** How sure it is. */
  readonly certainty: Certainty;
  /** The finding as a sentence. */
  readonly text: string;
  /** What was seen that leads to it, one sentence each. */
  readonly evidence: readonly string[];
  /** The command or setting that mends it; null where there is none. */
  readonly fix: string | null;
}
