/** What `mpt race --infer` finds out about a program. */
export const INFER_CODES = [
  "attempt-delay",
  "no-second-attempt",
  "client-not-seen",
  "resolution-delay",
  "address-order",
  "after-failure",
  "https-records",
] as const;

/** The stable name of a finding about how a program connects. */
export type InferCode = (typeof INFER_CODES)[number];
