import { addressChecks } from "./checks/addresses.ts";
import { congestionChecks } from "./checks/congestion.ts";
import { counterChecks } from "./checks/counters.ts";
import { datagramChecks } from "./checks/datagrams.ts";
import { kernelChecks } from "./checks/kernel.ts";
import { pathManagerChecks } from "./checks/path_manager.ts";
import { permissionChecks } from "./checks/permissions.ts";
import { reversePathChecks } from "./checks/reverse_path.ts";
import { routeChecks } from "./checks/routes.ts";
import { sysctlChecks } from "./checks/sysctls.ts";
import type { Facts } from "./facts.ts";
import type { Check } from "./result.ts";

/** Judges what was read from a machine. Pure: the same facts give the same checks. */
export function evaluate(facts: Facts): readonly Check[] {
  return [
    ...kernelChecks(facts),
    ...sysctlChecks(facts),
    ...pathManagerChecks(facts),
    ...addressChecks(facts),
    ...routeChecks(facts),
    ...reversePathChecks(facts),
    ...congestionChecks(facts),
    ...counterChecks(facts),
    ...datagramChecks(facts),
    ...permissionChecks(facts),
  ];
}
