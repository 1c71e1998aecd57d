import { getBytes, setInt, SOL_TCP, TCP_SAVE_SYN, TCP_SAVED_SYN } from "../../ffi/mod.ts";
import { MptError } from "../base/errors.ts";
import { systemError } from "./system_error.ts";

/** An IPv6 header with all the extension headers that a kernel takes, and the largest TCP header. */
const MAX_SYN_BYTES = 4096;

/** Makes a listening TCP socket keep the SYN of each connection. An MPTCP socket refuses that. */
export function keepSyns(fd: number): void {
  const result = setInt(fd, SOL_TCP, TCP_SAVE_SYN, 1);
  if (result >= 0) return;
  const error = systemError(result, "set TCP_SAVE_SYN");
  throw new MptError("ERR_OPTION_REFUSED", error.message, { cause: error, data: error.data });
}

/**
 * The SYN that opened an accepted connection, from its IP header to the end of its TCP header. The kernel
 * gives it away once.
 *
 * @returns The bytes, or null when there are none: the kernel answered with a SYN cookie and kept nothing.
 */
export function savedSyn(fd: number): Uint8Array<ArrayBuffer> | null {
  const buffer = new Uint8Array(MAX_SYN_BYTES);
  const length = getBytes(fd, SOL_TCP, TCP_SAVED_SYN, buffer);
  return length <= 0 ? null : buffer.subarray(0, length);
}
