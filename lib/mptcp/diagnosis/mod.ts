/**
 * Why an MPTCP connection is as it is: evidence from one end or both goes in, verdicts come out, each with its
 * certainty, what it rests on, and what mends it. Nothing here opens a socket; the probe gathers the evidence.
 *
 * @example What a code means
 * ```ts
 * import assert from "node:assert/strict";
 * import { CATALOGUE } from "@multipath/mpt/diagnosis";
 *
 * assert(CATALOGUE["mptcp-disabled"].fix === "sysctl -w net.mptcp.enabled=1");
 * ```
 *
 * @module
 */
export { diagnose } from "./diagnose.ts";
export { noEvidence } from "./no_evidence.ts";
export { explainJoins } from "./rules/joins.ts";
export { auditJoins, type JoinRow } from "./join_audit.ts";
export { CATALOGUE, type CatalogueEntry, type CatalogueStage, isDiagnosisCode, STAGES } from "./catalogue.ts";
export { INDISTINGUISHABLE, type Indistinguishable } from "./indistinguishable.ts";
export { DIAGNOSIS_CODES, type DiagnosisCode } from "./codes.ts";
export type { Finding } from "./finding.ts";
export type { ExplainedJoin } from "./rules/joins.ts";
export type { Tristate } from "../../base/path.ts";
export type { Certainty, Verdict, VerdictLevel } from "../../base/verdict.ts";
export type * from "./evidence.ts";
