import { ffiProblem } from "../../ffi/mod.ts";
import { genericRequest } from "../io/netlink.ts";
import { readProc } from "../io/proc.ts";
import { decodeFamily, encodeFamilyLookup } from "../netlink/generic.ts";
import {
  decodeEndpoints,
  decodeLimits,
  encodeGetEndpoints,
  encodeGetLimits,
  MPTCP_PM_NAME,
  type PathManagerEndpoint,
  type PathManagerLimits,
} from "../netlink/mptcp_pm.ts";

/** What the kernel's MPTCP path manager is set to in this network namespace. */
export interface PathManagerSummary {
  readonly limits: PathManagerLimits;
  readonly endpoints: readonly PathManagerEndpoint[];
  /** True when a program in user space decides about subflows, and the settings above do not apply. */
  readonly userspace: boolean;
}

/** The path manager's settings, or null where they cannot be read: not Linux, no MPTCP, no permission. */
export function pathManagerSummary(): PathManagerSummary | null {
  if (ffiProblem() !== null) return null;
  try {
    const family = decodeFamily(genericRequest(encodeFamilyLookup(MPTCP_PM_NAME)));
    if (family === null) return null;
    return {
      limits: decodeLimits(genericRequest(encodeGetLimits(family))),
      endpoints: decodeEndpoints(genericRequest(encodeGetEndpoints(family))),
      userspace: readProc("/proc/sys/net/mptcp/path_manager")?.trim() === "userspace" ||
        readProc("/proc/sys/net/mptcp/pm_type")?.trim() === "1",
    };
  } catch {
    // Whoever asks wants to know more about paths; without this they know less, not nothing.
    return null;
  }
}
