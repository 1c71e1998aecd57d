import { ERRNO, readFile } from "../../ffi/mod.ts";
import { MptError } from "../base/errors.ts";
import { requireFfi } from "./ffi_access.ts";
import { systemError } from "./system_error.ts";

/** More than any file of /proc that mpt reads. */
const LIMIT_BYTES = 1 << 20;

/**
 * Reads a file of /proc. Deno lets only a program with all permissions do that, so it is done by system
 * calls; and because those ask nobody, this refuses every path outside /proc.
 *
 * @param path Such as `/proc/net/netstat`.
 * @param limit The most bytes to read; the rest is cut off. @default {1048576}
 * @returns The text, or null when there is no such file.
 * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`, `ERR_PERMISSION` or
 *   `ERR_SYSTEM`; `ERR_USAGE` for a path outside /proc.
 */
export function readProc(path: string, limit: number = LIMIT_BYTES): string | null {
  const action = `read ${path}`;
  if (!staysInProc(path)) {
    throw new MptError("ERR_USAGE", `Cannot ${action}: it is not in /proc`);
  }
  requireFfi(action);
  const bytes = readFile(path, limit);
  if (typeof bytes !== "number") return new TextDecoder().decode(bytes);
  if (bytes === -ERRNO.ENOENT) return null;
  throw systemError(bytes, action);
}

/** The folders of processes have links that lead anywhere, such as `/proc/self/root`. */
function staysInProc(path: string): boolean {
  const [root, proc, first = "", ...rest] = path.split("/");
  return root === "" && proc === "proc" && !/^(self|thread-self|\d+)$/.test(first) &&
    ![first, ...rest].some((part) => part === "" || part === "." || part === "..");
}
