import { MptError } from "../base/errors.ts";
import { genericRequest } from "../io/netlink.ts";
import { decodeFamily, encodeFamilyLookup } from "./generic.ts";
import {
  decodeEndpoints,
  decodeLimits,
  encodeGetEndpoints,
  encodeGetLimits,
  MPTCP_PM_NAME,
  type PathManagerEndpoint,
  type PathManagerLimits,
} from "./mptcp_pm.ts";

/** What the kernel's MPTCP path manager is set to. */
export interface PathManager {
  /** How many paths a connection may have. */
  readonly limits: PathManagerLimits;
  /** The addresses that it works with. */
  readonly endpoints: readonly PathManagerEndpoint[];
}

/**
 * Reads the settings of the kernel's MPTCP path manager, as `ip mptcp` shows them. Needs no privilege.
 *
 * @returns The limits and endpoints of this network namespace.
 * @throws {MptError} `ERR_MPTCP_UNSUPPORTED` when the kernel has no MPTCP path manager; `ERR_NOT_LINUX`,
 *   `ERR_FFI_PERMISSION` or `ERR_FFI_UNAVAILABLE`.
 *
 * @example How many further paths may a connection have
 * ```ts
 * import assert from "node:assert/strict";
 * import { MptError } from "@multipath/mpt/base";
 * import { readPathManager } from "@multipath/mpt/netlink";
 *
 * try {
 *   assert(readPathManager().limits.subflows >= 0);
 * } catch (error) {
 *   assert(error instanceof MptError);
 * }
 * ```
 */
export function readPathManager(): PathManager {
  const family = decodeFamily(genericRequest(encodeFamilyLookup(MPTCP_PM_NAME)));
  if (family === null) {
    throw new MptError(
      "ERR_MPTCP_UNSUPPORTED",
      "Cannot read the MPTCP path manager: this kernel does not have it",
    );
  }
  return {
    limits: decodeLimits(genericRequest(encodeGetLimits(family))),
    endpoints: decodeEndpoints(genericRequest(encodeGetEndpoints(family))),
  };
}
