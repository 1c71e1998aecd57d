import assert from "node:assert/strict";
import { ERRNO } from "../../../ffi/errno.ts";
import { MptError, type MptErrorCode } from "../../../lib/base/errors.ts";
import { ioError, systemError } from "../../../lib/io/system_error.ts";
import { requires } from "../../support/requires.ts";
import "../../support/open_libc.ts";

const MEANT: readonly (readonly [keyof typeof ERRNO, MptErrorCode, string])[] = [
  ["ECONNREFUSED", "ERR_REFUSED", "connection refused"],
  ["ECONNRESET", "ERR_RESET", "the other end reset the connection"],
  ["EPIPE", "ERR_RESET", "the other end no longer accepts data"],
  ["ETIMEDOUT", "ERR_TIMED_OUT", "no answer in the kernel's time limit"],
  ["ENETUNREACH", "ERR_NO_ROUTE", "this host has no route to it"],
  ["EHOSTUNREACH", "ERR_UNREACHABLE", "the host is unreachable"],
  ["EADDRINUSE", "ERR_ADDRESS_IN_USE", "the port is in use"],
  ["EADDRNOTAVAIL", "ERR_ADDRESS_NOT_LOCAL", "the address is not on this host"],
  ["EACCES", "ERR_PERMISSION", "permission denied"],
  ["EMFILE", "ERR_TOO_MANY_FILES", "too many open files (see ulimit -n)"],
];

Deno.test("systemError() gives each errno its code and sentence, negative or positive", () => {
  for (const [name, code, text] of MEANT) {
    for (const errno of [ERRNO[name], -ERRNO[name]]) {
      const error = systemError(errno, "connect to 192.0.2.1:443", { port: 443 });
      assert.equal(error.code, code);
      assert.equal(error.message, `Cannot connect to 192.0.2.1:443: ${text}`);
      assert.deepEqual(error.data, { errno: name, port: 443 });
    }
  }
});

Deno.test({
  name: "systemError() leaves an errno without a meaning of its own to the C library's words",
  ...requires("ffi"),
  fn: () => {
    const error = systemError(36, "open a file");
    assert.equal(error.code, "ERR_SYSTEM");
    assert.equal(error.message, "Cannot open a file: File name too long");
    assert.deepEqual(error.data, { errno: "errno 36" });
  },
});

Deno.test("ioError() understands the codes of Node's errors", () => {
  for (const [name, code, text] of MEANT) {
    const cause = Object.assign(new Error(`read ${name}`), { code: name });
    const error = ioError(cause, "exchange data with 192.0.2.1:443");
    assert.equal(error.code, code);
    assert.equal(error.message, `Cannot exchange data with 192.0.2.1:443: ${text}`);
    assert.equal(error.cause, cause);
  }
});

Deno.test("ioError() understands the classes of Deno's errors", () => {
  const classes: readonly (readonly [Error, MptErrorCode])[] = [
    [new Deno.errors.ConnectionRefused("x"), "ERR_REFUSED"],
    [new Deno.errors.ConnectionReset("x"), "ERR_RESET"],
    [new Deno.errors.BrokenPipe("x"), "ERR_RESET"],
    [new Deno.errors.AddrInUse("x"), "ERR_ADDRESS_IN_USE"],
    [new Deno.errors.AddrNotAvailable("x"), "ERR_ADDRESS_NOT_LOCAL"],
    [new Deno.errors.TimedOut("x"), "ERR_TIMED_OUT"],
    [new Deno.errors.NetworkUnreachable("x"), "ERR_NO_ROUTE"],
    [new Deno.errors.BadResource("x"), "ERR_CLOSED"],
    [new Deno.errors.NotCapable("x"), "ERR_NET_PERMISSION"],
  ];
  for (const [cause, code] of classes) assert.equal(ioError(cause, "do it").code, code);
});

Deno.test("ioError() passes an MptError through and gives anything else the code ERR_SYSTEM", () => {
  const known = new MptError("ERR_LIMIT", "Cannot go on: limit");
  assert.equal(ioError(known, "do it"), known);
  assert.equal(ioError(new Error("boom"), "do it").message, "Cannot do it: boom");
  assert.equal(ioError("boom", "do it").code, "ERR_SYSTEM");
});
