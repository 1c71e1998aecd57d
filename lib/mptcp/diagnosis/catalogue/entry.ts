import type { VerdictLevel } from "../../../base/verdict.ts";

/** What is known about one finding, apart from any case of it. */
export interface CatalogueEntry {
  /** How good or bad it is when it is proved. */
  readonly level: VerdictLevel;
  /** The finding as a sentence; `{target}` is the target, `{subject}` the way it is about. */
  readonly sentence: string;
  /** What the user sees. */
  readonly seen: string;
  /** Why it happens. */
  readonly why: string;
  /** What shows it, and what it is told from. */
  readonly evidence: string;
  /** The command or the setting that mends it; null where there is none. */
  readonly fix: string | null;
}
