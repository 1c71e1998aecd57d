/**
 * Every code that an {@linkcode MptError} can carry. Codes are stable: scripts may match on them.
 */
export type MptErrorCode =
  // what the user asked for cannot be understood
  | "ERR_USAGE"
  | "ERR_INVALID_ADDRESS"
  | "ERR_INVALID_ENDPOINT"
  | "ERR_INVALID_VALUE"
  // what this machine cannot do
  | "ERR_NOT_LINUX"
  | "ERR_MPTCP_UNSUPPORTED"
  | "ERR_MPTCP_DISABLED"
  | "ERR_FFI_PERMISSION"
  | "ERR_FFI_UNAVAILABLE"
  | "ERR_NET_PERMISSION"
  | "ERR_PERMISSION"
  | "ERR_NOT_SUPPORTED"
  | "ERR_OPTION_REFUSED"
  | "ERR_ADDRESS_NOT_LOCAL"
  | "ERR_ADDRESS_IN_USE"
  | "ERR_TOO_MANY_FILES"
  // what the network or the other end did
  | "ERR_NAME_NOT_FOUND"
  | "ERR_NAME_LOOKUP"
  | "ERR_REFUSED"
  | "ERR_UNREACHABLE"
  | "ERR_NO_ROUTE"
  | "ERR_TIMED_OUT"
  | "ERR_RESET"
  | "ERR_CLOSED"
  | "ERR_PROTOCOL"
  | "ERR_LIMIT"
  | "ERR_TLS"
  // another program did not do what was asked of it
  | "ERR_PROGRAM"
  // the program was told to stop
  | "ERR_ABORTED"
  // everything the table above has no better word for; `cause` has the original
  | "ERR_SYSTEM";

/** Extra facts of an {@linkcode MptError}. */
export interface MptErrorOptions {
  /** The error underneath, if there was one. */
  readonly cause?: unknown;
  /** Facts a program may want, such as the address or the errno name. */
  readonly data?: Readonly<Record<string, string | number | boolean | null>>;
  /** The command or the setting that mends it, in words a stranger can follow. */
  readonly fix?: string;
}

/**
 * The one error type of mpt: a stable `code`, a sentence for people, and facts for programs.
 *
 * @example Tell a refused connection from any other failure
 * ```ts
 * import { MptError } from "@multipath/mpt/base";
 *
 * const error = new MptError("ERR_REFUSED", "Cannot connect to 192.0.2.1:443: connection refused");
 * if (error.code !== "ERR_REFUSED") throw error;
 * ```
 */
export class MptError extends Error {
  /** The stable name of what went wrong. */
  readonly code: MptErrorCode;
  /** Facts a program may want, such as the address or the errno name. */
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
  /** The command or the setting that mends it, where there is one. */
  readonly fix: string | undefined;

  /**
   * Makes an error with a code.
   *
   * @param code The stable name of what went wrong.
   * @param message A sentence of the form "Cannot X: reason".
   * @param options The cause, facts and fix.
   */
  constructor(code: MptErrorCode, message: string, options: MptErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "MptError";
    this.code = code;
    this.data = options.data ?? {};
    this.fix = options.fix;
  }
}

/**
 * The error as an {@linkcode MptError}: itself if it is one, else wrapped with the code `ERR_SYSTEM`.
 *
 * @param error Anything that was thrown.
 * @param what The action that failed, such as `Cannot read the answer`.
 * @returns An error that always has a code.
 *
 * @example Give any thrown value a code
 * ```ts
 * import assert from "node:assert/strict";
 * import { toMptError } from "@multipath/mpt/base";
 *
 * assert(toMptError(new Error("boom"), "Cannot do it").code === "ERR_SYSTEM");
 * ```
 */
export function toMptError(error: unknown, what: string): MptError {
  if (error instanceof MptError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new MptError("ERR_SYSTEM", `${what}: ${reason}`, { cause: error });
}
