/** The scenarios by name. */
import * as check from "./check_scenarios.ts";
import * as fallback from "./fallback_scenarios.ts";
import * as sources from "./source_scenarios.ts";
import * as paths from "./path_scenarios.ts";
import * as truth from "./truth_scenarios.ts";

/** Each runs on the client of a two-path network, and throws when something is not as it should be. */
export const SCENARIOS: Readonly<Record<string, () => Promise<void>>> = {
  ...check,
  ...fallback,
  ...paths,
  ...sources,
  ...truth,
};

if (import.meta.main) {
  const scenario = SCENARIOS[Deno.args[0] ?? ""];
  if (scenario === undefined) throw new Error(`Cannot run ${Deno.args[0]}: there is no such scenario`);
  await scenario();
  Deno.exit(0);
}
