import {
  close,
  ERRNO,
  getBytes,
  getInt,
  IPPROTO_MPTCP,
  MPTCP_INFO,
  MPTCP_INFO_FLAG_FALLBACK,
  MPTCP_INFO_LAYOUT,
  type MptcpInfoKey,
  readStruct,
  SOL_MPTCP,
  SOL_TCP,
  TCP_IS_MPTCP,
} from "../../ffi/mod.ts";
import { MptError } from "../base/errors.ts";
import { requireFfi } from "../io/ffi_access.ts";
import { openSocket } from "../io/kernel_socket.ts";
import { mptcpSocketError } from "./socket_error.ts";

/** The numbers of a `struct mptcp_info` that this kernel has. */
export type MptcpInfo = Readonly<Partial<Record<MptcpInfoKey, number>>>;

const buffer = new Uint8Array(MPTCP_INFO_LAYOUT.size);
const view = new DataView(buffer.buffer);

/** The `mptcp_info` of a connected socket, or minus an errno: it is refused after a fallback. */
export function readMptcpInfo(fd: number): MptcpInfo | number {
  const length = getBytes(fd, SOL_MPTCP, MPTCP_INFO, buffer);
  return length < 0 ? length : readStruct(MPTCP_INFO_LAYOUT, view, 0, length);
}

/**
 * Whether a *connected* socket speaks MPTCP at this moment. SO_PROTOCOL cannot tell (it stays 262 after a
 * fallback), and TCP_IS_MPTCP is 1 on a socket that is not connected yet: ask after connect, and again
 * after the first data, because a middlebox that strips options after the handshake shows only then.
 */
export function speaksMptcp(fd: number): boolean {
  const answer = getInt(fd, SOL_TCP, TCP_IS_MPTCP);
  if (answer >= 0) return answer === 1;
  if (answer !== -ERRNO.ENOPROTOOPT && answer !== -ERRNO.EOPNOTSUPP) return false;
  // TCP_IS_MPTCP is of Linux 6.10; before it, MPTCP_INFO answers for MPTCP connections alone.
  const info = readMptcpInfo(fd);
  return typeof info !== "number" && ((info.flags ?? 0) & MPTCP_INFO_FLAG_FALLBACK) === 0;
}

/**
 * Why this host cannot open an MPTCP socket, or null when it can. It opens one and closes it again.
 *
 * @returns The error that `connect` and `listen` would throw, or null.
 *
 * @example Tell the user before trying
 * ```ts
 * import { mptcpProblem } from "@multipath/mpt/mptcp";
 *
 * const problem = mptcpProblem();
 * if (problem !== null) console.assert(problem.message.startsWith("Cannot"));
 * ```
 */
export function mptcpProblem(): MptError | null {
  try {
    requireFfi("open an MPTCP socket");
    let last: MptError | undefined;
    for (const family of [4, 6] as const) {
      try {
        close(openSocket(family, IPPROTO_MPTCP, mptcpSocketError));
        return null;
      } catch (error) {
        if (!(error instanceof MptError)) throw error;
        // A host without IPv4 may still have IPv6: the first family's reason is the one to tell.
        last ??= error;
      }
    }
    return last ?? null;
  } catch (error) {
    if (error instanceof MptError) return error;
    throw error;
  }
}
