import assert from "node:assert/strict";
import { MptError } from "../../../lib/base/errors.ts";
import { list, shellWord } from "../../../lib/doctor/check.ts";
import { known, read } from "../../../lib/doctor/fact.ts";

Deno.test("read() keeps what was read", () => {
  assert.deepEqual(read(() => 7), known(7));
});

Deno.test("read() keeps the reason of an error, and its fix", () => {
  const error = new MptError(
    "ERR_FFI_PERMISSION",
    "Cannot read /proc/x: it needs: run again with --allow-ffi",
    {
      fix: "--allow-ffi",
    },
  );
  assert.deepEqual(
    read(() => {
      throw error;
    }),
    { known: false, reason: "it needs: run again with --allow-ffi", fix: "--allow-ffi" },
  );
  assert.deepEqual(
    read(() => {
      throw new TypeError("boom");
    }),
    { known: false, reason: "boom", fix: null },
  );
});

Deno.test("shellWord() leaves plain words alone and quotes the rest", () => {
  assert.equal(shellWord("eth0.100"), "eth0.100");
  assert.equal(shellWord("a b"), "'a b'");
  assert.equal(shellWord("it's"), "'it'\\''s'");
});

Deno.test("list() joins words as a sentence does", () => {
  assert.deepEqual([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(list), ["", "a", "a and b", "a, b and c"]);
});
