import assert from "node:assert/strict";
import { ERRNO } from "../../ffi/errno.ts";
import { readFile } from "../../ffi/socket.ts";
import { requires } from "../support/requires.ts";
import "../support/open_libc.ts";

async function withFile(bytes: Uint8Array, work: (path: string) => void): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, bytes);
    work(path);
  } finally {
    await Deno.remove(path);
  }
}

function read(path: string, limit: number): Uint8Array {
  const bytes = readFile(path, limit);
  assert(typeof bytes !== "number", `errno ${bytes}`);
  return bytes;
}

Deno.test({
  name: "readFile() reads a file to its end or to the limit",
  ...requires("ffi"),
  fn: () => {
    const content = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
    return withFile(content, (path) => {
      assert.deepEqual(read(path, 1 << 20), content);
      assert.deepEqual(read(path, content.length), content);
      assert.deepEqual(read(path, 10), content.subarray(0, 10));
      assert.equal(read(path, 0).length, 0);
    });
  },
});

Deno.test({
  name: "readFile() reads an empty file and files of /proc, which say they are empty",
  ...requires("ffi"),
  fn: () => {
    assert.match(new TextDecoder().decode(read("/proc/self/status", 1 << 16)), /^Name:\t/);
    return withFile(new Uint8Array(), (path) => assert.equal(read(path, 10).length, 0));
  },
});

Deno.test({
  name: "readFile() gives minus an errno",
  ...requires("ffi"),
  fn: () => {
    assert.equal(readFile("/proc/no/such/file", 10), -ERRNO.ENOENT);
    assert.equal(readFile("/proc", 10), -21);
    assert.equal(readFile("", 10), -ERRNO.ENOENT);
  },
});
