import assert from "node:assert/strict";
import { constants } from "node:os";
import { ERRNO, errnoName, errnoNamed } from "../../ffi/errno.ts";
import { errnoText } from "../../ffi/library.ts";
import { close, connect, interfaceIndex, interfaceName, receive, socket } from "../../ffi/socket.ts";
import { AF_INET, SOCK_STREAM } from "../../ffi/constants.ts";
import { requires } from "../support/requires.ts";
import "../support/open_libc.ts";

Deno.test({
  name: "every errno has the number that this system gives it",
  ignore: Deno.build.os !== "linux",
  fn: () => {
    const system: Readonly<Record<string, number>> = constants.errno;
    const known = Object.entries(ERRNO).filter(([name]) => name in system);
    assert(known.length > 20);
    for (const [name, number] of known) assert.equal(number, system[name], name);
  },
});

Deno.test("errnoName() is the inverse of ERRNO, and says a number that has no name", () => {
  for (const [name, number] of Object.entries(ERRNO)) {
    assert.equal(errnoName(number), name);
    assert.equal(errnoNamed(name), number);
  }
  assert.equal(errnoNamed("ENOSUCH"), null);
  assert.equal(errnoNamed("toString"), null);
  assert.equal(errnoName(999), "errno 999");
});

Deno.test({
  name: "errnoText() has the C library's words",
  ...requires("ffi"),
  fn: () => {
    assert.equal(errnoText(ERRNO.ECONNREFUSED), "Connection refused");
    assert.match(errnoText(99_999), /99999/);
  },
});

Deno.test({
  name: "a call that fails gives minus its errno",
  ...requires("ffi"),
  fn: () => {
    assert.equal(close(1_000_000), -ERRNO.EBADF);
    assert.equal(receive(1_000_000, new Uint8Array(1)), -ERRNO.EBADF);
    assert.equal(socket(AF_INET, SOCK_STREAM, 255), -ERRNO.EPROTONOSUPPORT);
    const fd = socket(AF_INET, SOCK_STREAM, 0);
    assert(fd >= 0);
    assert.equal(receive(fd, new Uint8Array(1)), -ERRNO.ENOTCONN);
    assert.equal(connect(fd, Uint8Array.of(AF_INET, 0, 0)), -ERRNO.EINVAL);
    assert.equal(close(fd), 0);
  },
});

Deno.test({
  name: "interfaceIndex() and interfaceName() are inverse, and say when there is none",
  ...requires("ffi"),
  fn: () => {
    const index = interfaceIndex("lo");
    assert(index > 0);
    assert.equal(interfaceName(index), "lo");
    assert.equal(interfaceIndex("nosuch0"), 0);
    assert.equal(interfaceIndex(""), 0);
    assert.equal(interfaceName(0), null);
    assert.equal(interfaceName(2 ** 31), null);
  },
});
