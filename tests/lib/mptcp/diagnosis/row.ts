/** What the rows of recorded cases are made of. */
import type { Certainty } from "../../../../lib/base/verdict.ts";
import type { DiagnosisCode, SubflowEvidence } from "../../../../lib/mptcp/diagnosis/mod.ts";
import { FIRST, type Parts } from "./recorded.ts";

/** Codes with their certainty, in the order of the verdicts. */
export type Expected = readonly (readonly [DiagnosisCode, Certainty])[];

/** A recorded case. */
export interface Row {
  readonly name: string;
  readonly parts: Parts;
  readonly both: Expected;
  /** Null where one end cannot see it at all, or it is a matter of this host alone. */
  readonly one: Expected | null;
}

/** The first path alone. */
export const ONE_SUBFLOW: readonly SubflowEvidence[] = [FIRST];
/** What the client counts when the handshake was MPTCP, */
export const SHAKEN = "MPCapableSYNTX 1 MPCapableSYNACKRX 1";
/** and the server. */
export const TAKEN = "MPCapableSYNRX 1 MPCapableACKRX 1";
/** It works. */
export const WORKS: Expected[number] = ["mptcp-works", "proved"];
