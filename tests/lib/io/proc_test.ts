import assert from "node:assert/strict";
import { ffiUnavailableReason } from "../../../lib/io/ffi_access.ts";
import { readProc } from "../../../lib/io/proc.ts";
import { requires } from "../../support/requires.ts";

ffiUnavailableReason();

Deno.test({
  name: "readProc() reads a file of /proc whole, or as much as it may",
  ...requires("ffi"),
  fn: () => {
    assert.match(readProc("/proc/version")!, /^Linux version /);
    assert.equal(readProc("/proc/version", 5), "Linux");
  },
});

Deno.test({
  name: "readProc() gives null where there is no such file",
  ...requires("ffi"),
  fn: () => assert.equal(readProc("/proc/sys/net/nosuch"), null),
});

Deno.test("readProc() reads nothing outside /proc: ERR_USAGE", () => {
  for (
    const path of [
      "/etc/passwd",
      "/proc/../etc/passwd",
      "proc/version",
      "/proc/self/../../etc/passwd",
      "/proc/self/root/etc/passwd",
      "/proc/thread-self/root/etc/passwd",
      "/proc/1/root/etc/passwd",
      "/proc//self/root/etc/passwd",
      "/proc/./self/root/etc/passwd",
      "/procfs/x",
    ]
  ) {
    assert.throws(() => readProc(path), {
      code: "ERR_USAGE",
      message: `Cannot read ${path}: it is not in /proc`,
    });
  }
});
