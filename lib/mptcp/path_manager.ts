import { ffiProblem } from "../../ffi/mod.ts";
import { readProc } from "../io/proc.ts";
import { type PathManager, readPathManager } from "../netlink/path_manager.ts";

/** What the kernel's MPTCP path manager is set to in this network namespace. */
export interface PathManagerSummary extends PathManager {
  /** True when a program in user space decides about subflows, and the settings do not apply. */
  readonly userspace: boolean;
}

/** The path manager's settings, or null where they cannot be read: not Linux, no MPTCP, no permission. */
export function pathManagerSummary(): PathManagerSummary | null {
  if (ffiProblem() !== null) return null;
  try {
    const userspace = readProc("/proc/sys/net/mptcp/path_manager")?.trim() === "userspace" ||
      readProc("/proc/sys/net/mptcp/pm_type")?.trim() === "1";
    return { ...readPathManager(), userspace };
  } catch {
    // Whoever asks wants to know more about paths; without this they know less, not nothing.
    return null;
  }
}
