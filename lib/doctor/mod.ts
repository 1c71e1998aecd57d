/**
 * Is this machine fit for MPTCP, and for several paths? The kernel and its settings, the path manager, the
 * addresses and their routes, what the counters remember, and the permissions of Deno: each a check that is
 * ok, a warning, a failure or unknown, with the command that mends it.
 *
 * @example Fail a script on a machine that is not fit for MPTCP
 * ```ts
 * import assert from "node:assert/strict";
 * import { doctor } from "@multipath/mpt/doctor";
 *
 * const result = await doctor();
 * const broken = result.checks.filter((check) => check.status === "fail");
 * assert(broken.every((check) => check.text !== ""));
 * ```
 *
 * @module
 */
export { doctor } from "./run.ts";
export type { DoctorOptions } from "./plan.ts";
export type { Check, CheckStatus, DoctorResult } from "./result.ts";
export type { SockoptJson, SockoptOutcome, SockoptSupport, SockoptTrial } from "./sockopt_json.ts";
