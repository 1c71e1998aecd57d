import type { MptError } from "../base/errors.ts";
import type { CheckJson } from "./result.ts";

/**
 * What a failed connect says about the target. Only what the network or the other end did is a "no"; what
 * this host could not do leaves the question open, and so does a probe that was cut short.
 */
export function failedCheck(failure: MptError, signal?: AbortSignal): CheckJson {
  return {
    status: isAnswer(failure) && !signal?.aborted ? "no" : "unknown",
    // What was refused before the connect keeps its name: "cannot set the congestion control x: ...".
    reason: /^Cannot (connect to|go on)\b/.test(failure.message)
      ? reasonOf(failure)
      : failure.message.replace(/^C/, "c"),
    ms: null,
    detail: { error: failure.code, data: null, server: null },
    paths: [],
  };
}

/** The reason alone: "Cannot connect to [::1]:443: connection refused" without what could not be done. */
export function reasonOf(failure: MptError): string {
  return failure.message.replace(/^Cannot .*?: /, "");
}

function isAnswer(failure: MptError): boolean {
  switch (failure.code) {
    case "ERR_REFUSED":
    case "ERR_RESET":
    case "ERR_TIMED_OUT":
    case "ERR_UNREACHABLE":
      return true;
    default:
      return false;
  }
}

/** A check that was not made. */
export function skippedCheck(reason: string): CheckJson {
  return { status: "skipped", reason, ms: null, detail: null, paths: [] };
}

/** A check that could not be made. */
export function unknownCheck(reason: string, code: string | null = null): CheckJson {
  return {
    status: "unknown",
    reason,
    ms: null,
    detail: code === null ? null : { error: code, data: null, server: null },
    paths: [],
  };
}
