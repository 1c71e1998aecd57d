import type { CatalogueEntry } from "../mptcp/diagnosis/catalogue/entry.ts";
import type { CheckCode, DoctorCode } from "./codes.ts";
import { COUNTER_ENTRIES } from "./catalogue/counters.ts";
import { KERNEL_ENTRIES } from "./catalogue/kernel.ts";
import { PATH_ENTRIES } from "./catalogue/paths.ts";
import { PROGRAM_ENTRIES } from "./catalogue/programs.ts";
import { VERDICT_ENTRIES } from "./catalogue/verdicts.ts";

/** Every code of `mpt doctor` with what is to be said about it. */
export const DOCTOR_CATALOGUE: Readonly<Record<DoctorCode | CheckCode, CatalogueEntry>> = Object.freeze({
  ...VERDICT_ENTRIES,
  ...KERNEL_ENTRIES,
  ...PATH_ENTRIES,
  ...COUNTER_ENTRIES,
  ...PROGRAM_ENTRIES,
});
