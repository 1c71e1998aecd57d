import assert from "node:assert/strict";
import { ffiError, ffiUnavailableReason, requireFfi } from "../../../lib/io/ffi_access.ts";
import { requires, withoutFfi } from "../../support/requires.ts";
import "../../support/open_libc.ts";

Deno.test("ffiError() says which operating system it is that is not Linux", () => {
  const error = ffiError("not-linux", "open an MPTCP socket", "darwin");
  assert.equal(error.code, "ERR_NOT_LINUX");
  assert.equal(error.message, "Cannot open an MPTCP socket: it needs Linux, and this is darwin");
  assert.equal(error.fix, undefined);
});

Deno.test("ffiError() names the flag that is missing", () => {
  const error = ffiError("no-permission", "open an MPTCP socket", "linux");
  assert.equal(error.code, "ERR_FFI_PERMISSION");
  assert.equal(
    error.message,
    "Cannot open an MPTCP socket: it needs system calls: run again with --allow-ffi",
  );
  assert.equal(error.fix, "--allow-ffi");
});

Deno.test("ffiError() tells when there is no C library", () => {
  const error = ffiError("no-library", "read /proc/net/netstat", "linux");
  assert.equal(error.code, "ERR_FFI_UNAVAILABLE");
  assert.equal(error.message, "Cannot read /proc/net/netstat: the C library could not be opened");
});

Deno.test({
  name: "requireFfi() lets a program pass that may make system calls",
  ...requires("ffi"),
  fn: () => {
    requireFfi("do it");
    assert.equal(ffiUnavailableReason(), null);
  },
});

// Only the run without FFI can show this.
if (withoutFfi()) {
  Deno.test("requireFfi() refuses a program without --allow-ffi", () =>
    assert.throws(() => requireFfi("do it"), { code: "ERR_FFI_PERMISSION" }));
}
