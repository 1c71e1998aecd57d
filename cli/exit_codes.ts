import type { MptErrorCode } from "../lib/base/errors.ts";

/** What the exit codes of every command mean. */
export const EXIT: {
  readonly ok: 0;
  readonly failed: 1;
  readonly usage: 2;
  readonly untestable: 3;
  readonly interrupted: 130;
} = { ok: 0, failed: 1, usage: 2, untestable: 3, interrupted: 130 };

/** The exit code of an error that ended a command. */
export function exitCodeOf(code: MptErrorCode): number {
  switch (code) {
    case "ERR_USAGE":
    case "ERR_INVALID_ADDRESS":
    case "ERR_INVALID_ENDPOINT":
    case "ERR_INVALID_VALUE":
      return EXIT.usage;
    case "ERR_NAME_NOT_FOUND":
    case "ERR_REFUSED":
    case "ERR_UNREACHABLE":
    case "ERR_TIMED_OUT":
    case "ERR_RESET":
    case "ERR_CLOSED":
    case "ERR_PROTOCOL":
    case "ERR_LIMIT":
    case "ERR_TLS":
      return EXIT.failed;
    case "ERR_ABORTED":
      return EXIT.interrupted;
    default:
      return EXIT.untestable;
  }
}
