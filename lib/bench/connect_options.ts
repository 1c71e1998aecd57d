import type { TransportConnectOptions } from "../transport/connect.ts";
import type { BenchSettings } from "./options.ts";
import type { RunPlan } from "./plan.ts";

/** The options of the connects of a run. */
export function connectOptions(
  plan: RunPlan,
  settings: BenchSettings,
  signal: AbortSignal,
): TransportConnectOptions {
  return {
    timeoutMs: settings.connectTimeoutMs,
    signal,
    ...(plan.local === undefined ? {} : { localAddress: plan.local }),
    ...(plan.interface === undefined ? {} : { interface: plan.interface }),
    ...(settings.congestion === undefined ? {} : { congestion: settings.congestion }),
  };
}
