import type { Tristate } from "../base/path.ts";
import type { Transport } from "../base/transport.ts";
import type { ProbeResult } from "./result.ts";

/**
 * Whether a transport works to the target: yes when it does at every address that could be tested, no when
 * it does not at one of them, unknown when none could be tested.
 */
export function requirementHolds(result: ProbeResult, transport: Transport): Tristate {
  const statuses = result.endpoints.map((endpoint) => endpoint[transport].status);
  if (statuses.includes("no")) return "no";
  return statuses.includes("yes") ? "yes" : "unknown";
}
