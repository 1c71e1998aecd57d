import { envelope } from "../base/result.ts";
import { endOf } from "../io/deadline.ts";
import { hostFacts } from "../io/host.ts";
import { sockoptCheck } from "./checks/sockopts.ts";
import { collect } from "./collect.ts";
import { evaluate } from "./evaluate.ts";
import { type Fact, known, read } from "./fact.ts";
import { type DoctorOptions, planDoctor } from "./plan.ts";
import type { DoctorResult } from "./result.ts";
import type { SockoptJson } from "./sockopt_json.ts";
import { auditSockopts } from "./sockopts.ts";
import { doctorVerdicts } from "./verdicts.ts";

/**
 * Looks at this machine: is it fit for MPTCP and for several paths? Reads settings and counters and changes
 * none; what cannot be read is `unknown` with the reason.
 *
 * @param options Whether to try socket options too, and a signal.
 * @returns What was found, with the commands that mend it.
 *
 * @example What keeps MPTCP from working here
 * ```ts
 * import assert from "node:assert/strict";
 * import { doctor } from "@multipath/mpt/doctor";
 *
 * const { checks } = await doctor();
 * for (const check of checks.filter((each) => each.status === "fail")) {
 *   assert(check.text.endsWith("."));
 * }
 * ```
 */
export async function doctor(options: DoctorOptions = {}): Promise<DoctorResult> {
  const startedAtMs = Date.now();
  const started = performance.now();
  const plan = planDoctor(options);
  const facts = collect();
  const checks = evaluate(facts);
  const audit = plan.sockopts ? await runAudit(options.signal) : null;
  return {
    ...envelope({
      schema: "mpt.doctor/1",
      host: hostFacts(),
      startedAtMs,
      durationMs: performance.now() - started,
      options: { sockopts: plan.sockopts },
      verdicts: doctorVerdicts(facts, checks),
      end: endOf(options.signal),
    }),
    checks: audit === null ? checks : [...checks, sockoptCheck(audit)],
    sockopts: audit?.known ? audit.value : null,
  };
}

async function runAudit(signal: AbortSignal | undefined): Promise<Fact<readonly SockoptJson[]>> {
  try {
    return known(await auditSockopts(signal));
  } catch (error) {
    return read(() => {
      throw error;
    });
  }
}
