import assert from "node:assert/strict";
import { MptError } from "../../../lib/base/errors.ts";
import { abortedError, deadline, endOf, orAborted, sleep, timedOutError } from "../../../lib/io/deadline.ts";

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

Deno.test("deadline() aborts when its time is over and says so", async () => {
  using limit = deadline(1);
  assert.equal(limit.expired, false);
  await aborted(limit.signal);
  assert.equal(limit.expired, true);
});

Deno.test("deadline() aborts with its parent, and has not expired then", () => {
  const stop = new AbortController();
  using limit = deadline(60_000, stop.signal);
  const reason = new Error("enough");
  stop.abort(reason);
  assert.equal(limit.signal.aborted, true);
  assert.equal(limit.signal.reason, reason);
  assert.equal(limit.expired, false);
});

Deno.test("deadline() is over at once when its parent is", () => {
  using limit = deadline(undefined, AbortSignal.abort());
  assert.equal(limit.signal.aborted, true);
  assert.equal(limit.expired, false);
});

Deno.test("deadline() without a time, or with more than a timer can count, does not expire", async () => {
  for (const timeoutMs of [undefined, Infinity, 2 ** 31, 2 ** 40]) {
    using limit = deadline(timeoutMs);
    await sleep(3);
    assert.equal(limit.signal.aborted, false);
  }
});

Deno.test("deadline() lets go of timer and parent when it is disposed", () => {
  const stop = new AbortController();
  const limit = deadline(60_000, stop.signal);
  limit[Symbol.dispose]();
  stop.abort();
  assert.equal(limit.signal.aborted, false);
});

Deno.test("sleep() ends early by its signal and never rejects", async () => {
  const stop = new AbortController();
  const sleeping = sleep(60_000, stop.signal);
  stop.abort(new Error("wake up"));
  await sleeping;
  await sleep(60_000, stop.signal);
});

Deno.test("orAborted() gives the promise's result, or fails as soon as the signal aborts", async () => {
  const stop = new AbortController();
  assert.equal(await orAborted(Promise.resolve(1), "count", stop.signal), 1);
  assert.equal(await orAborted(Promise.resolve(2), "count"), 2);
  await assert.rejects(orAborted(Promise.reject(new Error("boom")), "count", stop.signal), /boom/);
  const forever = orAborted(new Promise(() => {}), "count", stop.signal);
  stop.abort();
  await assert.rejects(forever, { code: "ERR_ABORTED", message: "Cannot count: it was cancelled" });
  // What fails after the abort troubles nobody.
  await assert.rejects(orAborted(Promise.reject(new Error("late")), "count", stop.signal), {
    code: "ERR_ABORTED",
  });
});

Deno.test("abortedError() is the signal's reason when that is an MptError, else has it for its cause", () => {
  const reason = new MptError("ERR_TIMED_OUT", "Cannot go on: the run took too long");
  assert.equal(abortedError("go on", AbortSignal.abort(reason)), reason);
  const other = new Error("enough");
  const error = abortedError("go on", AbortSignal.abort(other));
  assert.equal(error.code, "ERR_ABORTED");
  assert.equal(error.cause, other);
});

Deno.test("timedOutError() tells the time in seconds, and in milliseconds for programs", () => {
  const error = timedOutError("connect to 192.0.2.1:443", 1500);
  assert.equal(error.code, "ERR_TIMED_OUT");
  assert.equal(error.message, "Cannot connect to 192.0.2.1:443: no answer in 1.5 s");
  assert.deepEqual(error.data, { timeout_ms: 1500 });
});

Deno.test("endOf() tells a run that ended from one that was cut short, and by what", () => {
  assert.deepEqual(endOf(undefined), { reason: "done" });
  assert.deepEqual(endOf(new AbortController().signal), { reason: "done" });
  assert.deepEqual(endOf(AbortSignal.abort()), { reason: "interrupted" });
  assert.deepEqual(endOf(AbortSignal.abort(timedOutError("go on", 1))), { reason: "timeout" });
});
