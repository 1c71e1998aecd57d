import { MULTIPATH, MULTIPATH_DRAFT_13, type MultipathCodePoints } from "./multipath.ts";

/** Whose numbers multipath has: the final ones, of draft 19 and later, or those of drafts 13 to 18. */
export type MultipathDraft = "final" | "draft-13";

/** The numbers that can be chosen. */
export const CODE_POINTS: Readonly<Record<MultipathDraft, MultipathCodePoints>> = {
  "final": MULTIPATH,
  "draft-13": MULTIPATH_DRAFT_13,
};

/** The drafts that have a transport parameter of their own for multipath. */
export interface DraftOffer {
  /** In words, such as `drafts 13 to 18`. */
  readonly drafts: string;
  /** The numbers to use with it; null where the layouts are not those of today. */
  readonly codePoints: MultipathDraft | null;
}

/**
 * Each transport parameter that offered multipath, from draft 0 on, in hexadecimal digits. Before draft 13 the
 * layouts of frames differ, and before draft 7 there were no path ids.
 */
const OFFERS: ReadonlyMap<string, DraftOffer> = new Map([
  [MULTIPATH.initialMaxPathId, { drafts: "draft 19 and later", codePoints: "final" }],
  [MULTIPATH_DRAFT_13.initialMaxPathId, { drafts: "drafts 13 to 18", codePoints: "draft-13" }],
  ["f739bbc1b666d0c", { drafts: "draft 12", codePoints: null }],
  ["f739bbc1b666d11", { drafts: "draft 11", codePoints: null }],
  ["f739bbc1b666d09", { drafts: "drafts 9 and 10", codePoints: null }],
  ["f739bbc1b666d07", { drafts: "drafts 7 and 8", codePoints: null }],
  ["f739bbc1b666d06", { drafts: "draft 6", codePoints: null }],
  ["f739bbc1b666d05", { drafts: "draft 5", codePoints: null }],
  ["f739bbc1b666d04", { drafts: "draft 4", codePoints: null }],
  ["babf", { drafts: "drafts 0 to 3", codePoints: null }],
]);

/** The drafts whose multipath a peer offers, the newest first, from the ids of its transport parameters. */
export function offeredDrafts(parameterIds: readonly string[]): readonly DraftOffer[] {
  return [...OFFERS].filter(([id]) => parameterIds.includes(id)).map(([, offer]) => offer);
}
