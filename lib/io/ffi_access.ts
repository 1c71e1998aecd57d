import { type FfiProblem, ffiProblem } from "../../ffi/mod.ts";
import { MptError } from "../base/errors.ts";

/** Why system calls cannot be made here, in words, or null when they can. Never prompts. */
export function ffiUnavailableReason(): string | null {
  const problem = ffiProblem();
  return problem === null ? null : reasonOf(problem, Deno.build.os);
}

/**
 * Makes sure that system calls can be made.
 *
 * @param what What needs them, such as `open an MPTCP socket`.
 * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION` or `ERR_FFI_UNAVAILABLE`.
 */
export function requireFfi(what: string): void {
  const problem = ffiProblem();
  if (problem !== null) throw ffiError(problem, what, Deno.build.os);
}

/**
 * The error for something that needs system calls where there are none.
 *
 * @param problem Why there are none.
 * @param what What needs them, such as `open an MPTCP socket`.
 * @param os The operating system as Deno names it.
 */
export function ffiError(problem: FfiProblem, what: string, os: string): MptError {
  const message = `Cannot ${what}: ${reasonOf(problem, os)}`;
  switch (problem) {
    case "not-linux":
      return new MptError("ERR_NOT_LINUX", message);
    case "no-permission":
      return new MptError("ERR_FFI_PERMISSION", message, { fix: "--allow-ffi" });
    case "no-library":
      return new MptError("ERR_FFI_UNAVAILABLE", message);
    default:
      return problem satisfies never;
  }
}

function reasonOf(problem: FfiProblem, os: string): string {
  switch (problem) {
    case "not-linux":
      return `it needs Linux, and this is ${os}`;
    case "no-permission":
      return "it needs system calls: run again with --allow-ffi";
    case "no-library":
      return "the C library could not be opened";
    default:
      return problem satisfies never;
  }
}
