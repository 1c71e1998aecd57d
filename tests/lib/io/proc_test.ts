import assert from "node:assert/strict";
import { readProc } from "../../../lib/io/proc.ts";
import "../../support/open_libc.ts";
import { requires, withoutFfi } from "../../support/requires.ts";

const OUTSIDE = ["/etc/passwd", "/proc/../etc/passwd", "proc/version", "/process"];
/** Links in /proc that lead out of it. */
const LINKS = [
  "/proc/self/root/etc/passwd",
  "/proc/thread-self/root/x",
  "/proc/1/cwd/x",
  "/proc//self/root/x",
  "/proc/./1/root/x",
];

for (const path of [...OUTSIDE, ...LINKS]) {
  Deno.test(`readProc() refuses ${path}, which is not in /proc`, () => {
    assert.throws(() => readProc(path), { code: "ERR_USAGE" });
  });
}

Deno.test({
  name: "readProc() reads what Deno lets only a program with all permissions read",
  ...requires("ffi"),
  fn: () => {
    assert.equal(readProc("/proc/sys/kernel/osrelease")?.trim(), Deno.osRelease());
    assert.equal(readProc("/proc/sys/kernel/osrelease", 3)?.length, 3);
  },
});

Deno.test({
  name: "readProc() is null for a file that is not there",
  ...requires("ffi"),
  fn: () => {
    assert.equal(readProc("/proc/no-such-file"), null);
    assert.equal(readProc("/proc/sys/net/no-such-folder/file"), null);
  },
});

Deno.test({
  name: "readProc() throws for what is there and cannot be read",
  ...requires("ffi"),
  fn: () => assert.throws(() => readProc("/proc/sys/net"), { code: "ERR_SYSTEM" }),
});

// Only the run without FFI can show this.
if (withoutFfi() && Deno.build.os === "linux") {
  Deno.test("readProc() names the permission that is missing", () =>
    assert.throws(() => readProc("/proc/version"), { code: "ERR_FFI_PERMISSION" }));
}
