import { MptError } from "../base/errors.ts";
import { genericRequest } from "../io/netlink.ts";
import { decodeFamily, encodeFamilyLookup } from "../netlink/generic.ts";
import { decodeMessages } from "../netlink/message.ts";
import { encodeSetFlags, MPTCP_PM_NAME } from "../netlink/mptcp_pm.ts";
import { readPathManager } from "../netlink/path_manager.ts";

/**
 * Makes an endpoint of this host a backup, or one no more, as `ip mptcp endpoint change id ID backup` does. It
 * holds for every MPTCP connection of this network namespace, the live ones included. Its other flags stay.
 *
 * @param id The endpoint's id.
 * @param backup Whether its paths are to be backups.
 * @returns Whether it was a backup before.
 * @throws {MptError} `ERR_PERMISSION` without CAP_NET_ADMIN; `ERR_INVALID_VALUE` when there is no such endpoint;
 *   `ERR_MPTCP_UNSUPPORTED`, `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION` or `ERR_FFI_UNAVAILABLE`.
 *
 * @example Keep a path for bad times
 * ```ts no-run
 * import { setEndpointBackup } from "@multipath/mpt/mptcp";
 *
 * const before = setEndpointBackup(2, true);
 * console.log(before ? "it was one already" : "it is a backup now");
 * ```
 */
export function setEndpointBackup(id: number, backup: boolean): boolean {
  const action = `make the endpoint ${id} ${backup ? "a backup" : "no backup"}`;
  const endpoint = readPathManager().endpoints.find((each) => each.id === id);
  if (endpoint === undefined) {
    throw new MptError("ERR_INVALID_VALUE", `Cannot ${action}: this host has no endpoint of that id`, {
      fix: "ip mptcp endpoint show",
    });
  }
  if (endpoint.backup === backup) return backup;
  const family = decodeFamily(genericRequest(encodeFamilyLookup(MPTCP_PM_NAME)));
  if (family === null) {
    throw new MptError("ERR_MPTCP_UNSUPPORTED", `Cannot ${action}: the kernel has no MPTCP`);
  }
  try {
    decodeMessages(genericRequest(encodeSetFlags(family, id, { backup, fullmesh: endpoint.fullmesh })));
  } catch (error) {
    if (!(error instanceof MptError) || error.code !== "ERR_PERMISSION") throw error;
    throw new MptError("ERR_PERMISSION", `Cannot ${action}: it needs CAP_NET_ADMIN`, {
      cause: error,
      fix: "run it with sudo",
    });
  }
  return endpoint.backup;
}
