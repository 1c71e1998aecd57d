import type { MptErrorCode } from "../base/errors.ts";
import type { ConnectOutcome, DataOutcome } from "../mptcp/diagnosis/mod.ts";

/** What a failed connect says, for the diagnosis. */
export function connectOutcome(code: MptErrorCode, signal?: AbortSignal): ConnectOutcome {
  // A probe that was cut short knows nothing about the network.
  if (signal?.aborted) return "unknown";
  switch (code) {
    case "ERR_REFUSED":
      return "refused";
    case "ERR_TIMED_OUT":
      return "timed-out";
    case "ERR_UNREACHABLE":
      return "unreachable";
    case "ERR_RESET":
      return "reset";
    case "ERR_ABORTED":
      return "unknown";
    default:
      return "failed-here";
  }
}

/** What a failed exchange says. An answer that cannot be understood is one: bytes came. */
export function dataOutcome(code: MptErrorCode, expired: boolean): DataOutcome {
  if (expired) return "silent";
  switch (code) {
    case "ERR_PROTOCOL":
    case "ERR_LIMIT":
      return "answered";
    case "ERR_RESET":
      return "reset";
    case "ERR_CLOSED":
      return "closed";
    case "ERR_TIMED_OUT":
      return "silent";
    default:
      return "unknown";
  }
}
