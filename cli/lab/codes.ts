/** The findings of `mpt lab`. */
export const LAB_CODES = [
  "lab-up",
  "lab-none",
  "lab-silent",
  "lab-faults",
  "lab-on-time",
  "lab-late",
  "lab-overload",
  "lab-server-ended",
] as const;

/** The stable name of a finding about a lab. */
export type LabCode = (typeof LAB_CODES)[number];
