import { BENCH_CATALOGUE } from "../lib/bench/catalogue.ts";
import { DOCTOR_CATALOGUE } from "../lib/doctor/catalogue.ts";
import {
  CATALOGUE,
  type CatalogueEntry,
  type CatalogueStage,
  stage,
  STAGES,
} from "../lib/mptcp/diagnosis/catalogue.ts";
import { QUIC_CATALOGUE } from "../lib/probe/quic/catalogue.ts";
import { RACE_CATALOGUE } from "../lib/race/catalogue.ts";
import { INFER_CATALOGUE } from "../lib/race/infer/catalogue.ts";
import type { Code } from "./codes.ts";
import { LAB_CATALOGUE } from "./lab/catalogue.ts";

/** What is to be said about each code, whichever command prints it. */
export const EXPLANATIONS: Readonly<Record<Code, CatalogueEntry>> = Object.freeze({
  ...CATALOGUE,
  ...QUIC_CATALOGUE,
  ...RACE_CATALOGUE,
  ...INFER_CATALOGUE,
  ...BENCH_CATALOGUE,
  ...DOCTOR_CATALOGUE,
  ...LAB_CATALOGUE,
});

/** The same in the order of reading: the stages of a connection, then command by command. */
export const CHAPTERS: readonly CatalogueStage[] = [
  ...STAGES,
  stage("QUIC and multipath QUIC", QUIC_CATALOGUE),
  stage("Races (mpt race)", RACE_CATALOGUE),
  stage("How a program connects (mpt race --infer)", INFER_CATALOGUE),
  stage("Benchmarks (mpt bench)", BENCH_CATALOGUE),
  stage("This machine (mpt doctor)", DOCTOR_CATALOGUE),
  stage("Laboratories (mpt lab)", LAB_CATALOGUE),
];
