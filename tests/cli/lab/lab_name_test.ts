import assert from "node:assert/strict";
import fc from "fast-check";
import { freeName, nameFrom, parseLabName } from "../../../cli/lab/lab_name.ts";

Deno.test("parseLabName() takes what can be part of a file name and of a command", () => {
  for (const name of ["a", "two-path", "3", "x".repeat(32)]) assert.equal(parseLabName(name), name);
  for (const name of ["", "-a", "A", "a b", "../x", "a.b", "x".repeat(33), "a\n"]) {
    assert.throws(() => parseLabName(name), { code: "ERR_INVALID_VALUE" });
  }
});

Deno.test("nameFrom() makes a name of any preset or file", () => {
  assert.deepEqual(["two-path", "/etc/labs/My_Lab.toml", "x/.toml", undefined].map(nameFrom), [
    "two-path",
    "my-lab",
    "lab",
    "lab",
  ]);
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    parseLabName(nameFrom(text));
  }));
});

Deno.test("freeName() counts on from a name that is taken", () => {
  assert.equal(freeName("a", []), "a");
  assert.equal(freeName("a", ["a", "a-3"]), "a-2");
  assert.equal(freeName("a", ["a", "a-2", "a-3"]), "a-4");
});
