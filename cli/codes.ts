import { BENCH_CODES, type BenchCode } from "../lib/bench/codes.ts";
import { CHECK_CODES, type CheckCode, DOCTOR_CODES, type DoctorCode } from "../lib/doctor/codes.ts";
import { DIAGNOSIS_CODES, type DiagnosisCode } from "../lib/mptcp/diagnosis/codes.ts";
import { QUIC_CODES, type QuicCode } from "../lib/probe/quic/codes.ts";
import { RACE_CODES, type RaceCode } from "../lib/race/codes.ts";
import { INFER_CODES, type InferCode } from "../lib/race/infer/codes.ts";
import { LAB_CODES, type LabCode } from "./lab/codes.ts";

/** The name of something that `mpt` can find. */
export type Code =
  | DiagnosisCode
  | QuicCode
  | RaceCode
  | InferCode
  | BenchCode
  | DoctorCode
  | CheckCode
  | LabCode;

/** Every code that a verdict of any command can have, and the checks of `mpt doctor`. */
export const CODES: readonly Code[] = [
  ...DIAGNOSIS_CODES,
  ...QUIC_CODES,
  ...RACE_CODES,
  ...INFER_CODES,
  ...BENCH_CODES,
  ...DOCTOR_CODES,
  ...CHECK_CODES,
  ...LAB_CODES,
];
