import { MptError } from "../base/errors.ts";
import type { End } from "../base/result.ts";

/** A limit in time that can also be ended by the caller's signal. Dispose it when the work is over. */
export interface Deadline extends Disposable {
  /** Aborts when the time is over or the caller's signal aborts. */
  readonly signal: AbortSignal;
  /** True when the time ran out, false when the caller aborted or nothing has happened yet. */
  readonly expired: boolean;
}

/** The longest that setTimeout() can wait; what is longer it does at once. Nobody waits for 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A deadline.
 *
 * @param timeoutMs Milliseconds, or undefined for none.
 * @param parent The caller's signal.
 */
export function deadline(timeoutMs: number | undefined, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  let expired = false;
  const timer = timeoutMs === undefined || timeoutMs > MAX_TIMER_MS ? undefined : setTimeout(() => {
    expired = true;
    controller.abort();
  }, timeoutMs);
  const forward = (): void => controller.abort(parent?.reason);
  if (parent?.aborted) forward();
  else parent?.addEventListener("abort", forward, { once: true });
  return {
    signal: controller.signal,
    get expired(): boolean {
      return expired;
    },
    [Symbol.dispose](): void {
      clearTimeout(timer);
      parent?.removeEventListener("abort", forward);
    },
  };
}

/** The error for work that a signal ended. */
export function abortedError(action: string, signal?: AbortSignal): MptError {
  const reason: unknown = signal?.reason;
  if (reason instanceof MptError) return reason;
  return new MptError("ERR_ABORTED", `Cannot ${action}: it was cancelled`, { cause: reason });
}

/** The error for work that took too long. */
export function timedOutError(action: string, timeoutMs: number): MptError {
  return new MptError("ERR_TIMED_OUT", `Cannot ${action}: no answer in ${timeoutMs / 1000} s`, {
    data: { timeout_ms: timeoutMs },
  });
}

/** Resolves after a time, or as soon as the signal aborts. Never rejects. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** The promise's result, or an abort error as soon as the signal aborts. The promise itself goes on. */
export function orAborted<T>(promise: Promise<T>, action: string, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(abortedError(action, signal));
    if (signal.aborted) {
      promise.catch(() => {});
      return abort();
    }
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** How a run ended, from the signal that may have ended it. */
export function endOf(signal: AbortSignal | undefined): End {
  if (!signal?.aborted) return { reason: "done" };
  const reason: unknown = signal.reason;
  const timedOut = reason instanceof MptError && reason.code === "ERR_TIMED_OUT";
  return { reason: timedOut ? "timeout" : "interrupted" };
}
