import { ffiProblem } from "../../ffi/mod.ts";
import { MptError } from "../base/errors.ts";

/** Why system calls cannot be made here, in words, or null when they can. Never prompts. */
export function ffiUnavailableReason(): string | null {
  switch (ffiProblem()) {
    case null:
      return null;
    case "not-linux":
      return `it needs Linux, and this is ${Deno.build.os}`;
    case "no-permission":
      return "it needs system calls: run again with --allow-ffi";
    case "no-library":
      return "the C library could not be opened";
  }
}

/**
 * Makes sure that system calls can be made.
 *
 * @param what What needs them, such as `open an MPTCP socket`.
 * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION` or `ERR_FFI_UNAVAILABLE`.
 */
export function requireFfi(what: string): void {
  const reason = ffiUnavailableReason();
  if (reason === null) return;
  const message = `Cannot ${what}: ${reason}`;
  switch (ffiProblem()) {
    case "not-linux":
      throw new MptError("ERR_NOT_LINUX", message);
    case "no-permission":
      throw new MptError("ERR_FFI_PERMISSION", message, { fix: "--allow-ffi" });
    default:
      throw new MptError("ERR_FFI_UNAVAILABLE", message);
  }
}
