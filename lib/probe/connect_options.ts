import type { ConnectOptions } from "../io/connection.ts";
import type { ProbePlan } from "./options.ts";

/** How the plan wants connections to be made. */
export function connectOptions(plan: ProbePlan, signal: AbortSignal | undefined): ConnectOptions {
  return {
    timeoutMs: plan.connectTimeoutMs,
    ...(signal === undefined ? {} : { signal }),
    ...(plan.localAddress === undefined ? {} : { localAddress: plan.localAddress }),
    ...(plan.interface === undefined ? {} : { interface: plan.interface }),
    ...(plan.congestion === undefined ? {} : { congestion: plan.congestion }),
  };
}
