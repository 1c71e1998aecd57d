import { ERRNO, errnoName } from "../../ffi/mod.ts";
import { MptError } from "../base/errors.ts";
import { systemError } from "../io/system_error.ts";

/**
 * Why the kernel refused `socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)`.
 *
 * @param errno The errno, positive.
 * @returns `ERR_MPTCP_DISABLED`, `ERR_MPTCP_UNSUPPORTED`, or the general meaning of the errno.
 */
export function mptcpSocketError(errno: number): MptError {
  const data = { errno: errnoName(errno) };
  switch (errno) {
    case ERRNO.ENOPROTOOPT:
      return new MptError("ERR_MPTCP_DISABLED", "Cannot open an MPTCP socket: net.mptcp.enabled is 0", {
        data,
        fix: "sysctl -w net.mptcp.enabled=1",
      });
    case ERRNO.EPROTONOSUPPORT:
      return new MptError(
        "ERR_MPTCP_UNSUPPORTED",
        "Cannot open an MPTCP socket: this kernel was built without MPTCP (CONFIG_MPTCP)",
        { data, fix: "use a kernel with CONFIG_MPTCP=y, Linux 5.6 or later" },
      );
    case ERRNO.EINVAL:
      return new MptError(
        "ERR_MPTCP_UNSUPPORTED",
        "Cannot open an MPTCP socket: this kernel is older than Linux 5.6 and does not know MPTCP",
        { data, fix: "use Linux 5.6 or later" },
      );
    default:
      return systemError(errno, "open an MPTCP socket");
  }
}

/** Whether an error says that this host has no MPTCP, so that an explicit fallback to TCP applies. */
export function isMptcpMissing(error: unknown): error is MptError {
  if (!(error instanceof MptError)) return false;
  switch (error.code) {
    case "ERR_MPTCP_DISABLED":
    case "ERR_MPTCP_UNSUPPORTED":
    case "ERR_NOT_LINUX":
    case "ERR_FFI_PERMISSION":
    case "ERR_FFI_UNAVAILABLE":
      return true;
    default:
      return false;
  }
}
