import assert from "node:assert/strict";
import { MptError, type MptErrorCode } from "../../../lib/base/errors.ts";
import { failedCheck, reasonOf } from "../../../lib/probe/failure.ts";

Deno.test("failedCheck() is a no only for what the network or the other end did", () => {
  const answers: readonly MptErrorCode[] = ["ERR_REFUSED", "ERR_RESET", "ERR_TIMED_OUT", "ERR_UNREACHABLE"];
  const open: readonly MptErrorCode[] = [
    "ERR_NO_ROUTE",
    "ERR_ADDRESS_NOT_LOCAL",
    "ERR_NET_PERMISSION",
    "ERR_PERMISSION",
    "ERR_MPTCP_DISABLED",
    "ERR_OPTION_REFUSED",
    "ERR_NOT_SUPPORTED",
    "ERR_TOO_MANY_FILES",
    "ERR_ABORTED",
    "ERR_SYSTEM",
  ];
  const status = (code: MptErrorCode): string =>
    failedCheck(new MptError(code, "Cannot connect: why")).status;
  for (const code of answers) assert.equal(status(code), "no", code);
  for (const code of open) assert.equal(status(code), "unknown", code);
});

Deno.test("failedCheck() leaves open what a probe that was cut short did not see", () => {
  const late = new MptError("ERR_TIMED_OUT", "Cannot go on: --timeout 1 is over");
  assert.equal(failedCheck(late, AbortSignal.abort(late)).status, "unknown");
  assert.equal(failedCheck(late, new AbortController().signal).status, "no");
});

Deno.test("failedCheck() keeps the code and the reason", () => {
  const check = failedCheck(new MptError("ERR_REFUSED", "Cannot connect to [::1]:443: connection refused"));
  assert.deepEqual(check, {
    status: "no",
    reason: "connection refused",
    ms: null,
    detail: { error: "ERR_REFUSED", data: null, server: null },
    paths: [],
  });
});

Deno.test("failedCheck() names what was refused before the connect", () => {
  const failure = new MptError(
    "ERR_ADDRESS_NOT_LOCAL",
    "Cannot bind to 192.0.2.1: the address is not on this host",
  );
  assert.equal(failedCheck(failure).reason, "cannot bind to 192.0.2.1: the address is not on this host");
  const late = new MptError("ERR_TIMED_OUT", "Cannot go on: --timeout 1 is over");
  assert.equal(failedCheck(late).reason, "--timeout 1 is over");
});

Deno.test("reasonOf() is what stands behind what could not be done", () => {
  const reasons: readonly (readonly [string, string])[] = [
    ["Cannot connect to 192.0.2.1:443: connection refused", "connection refused"],
    ["Cannot connect to [2001:db8::1]:443: connection refused", "connection refused"],
    ["Cannot bind to fe80::1%eth0: the address is not on this host", "the address is not on this host"],
    ["Cannot go on: interrupted", "interrupted"],
    ["Cannot X: it has a list: a, b", "it has a list: a, b"],
    ["something else", "something else"],
  ];
  for (const [message, reason] of reasons) {
    assert.equal(reasonOf(new MptError("ERR_SYSTEM", message)), reason);
  }
});
