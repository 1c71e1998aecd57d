/** What the rules about silence share: packets may be lost by chance. */

/** A line of evidence. */
export const LOSSY = "plain TCP beside it had to send packets again as well: this way loses packets";

/** What tells chance from a cause. */
export const PROBE_AGAIN = "probe again: what a middlebox does it does each time";
