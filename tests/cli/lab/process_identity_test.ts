import assert from "node:assert/strict";
import fc from "fast-check";
import { identify, isRunning, killSame, parseStat } from "../../../cli/lab/process_identity.ts";
import { start } from "../../support/command.ts";

const FIELDS = "S 1 42 42 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 5 0 81234 1000 50 18446744073709551615";

Deno.test("parseStat() finds id and start behind any name of a process", () => {
  fc.assert(fc.property(fc.string({ maxLength: 15 }), (name) => {
    assert.deepEqual(parseStat(`42 (${name}) ${FIELDS}\n`), { pid: 42, start: 81234 });
  }));
  assert.deepEqual(parseStat(`42 (a) S 1) R) ${FIELDS}`), { pid: 42, start: 81234 });
});

Deno.test("parseStat() takes a process that is over for none", () => {
  assert.equal(parseStat(`42 (sh) ${FIELDS.replace("S", "Z")}`), null);
  assert.equal(parseStat(`42 (sh) ${FIELDS.replace("S", "X")}`), null);
});

Deno.test("parseStat() refuses what is cut off or something else", () => {
  for (const text of ["", "42", "42 (sh", "42 (sh)", "42 (sh) S 1 2", "x (sh) S", "cat: /proc/1: no"]) {
    assert.equal(parseStat(text), null, text);
  }
});

Deno.test("a process is the same only with the same start, and killSame() spares every other", async () => {
  await using child = start(["sleep", "30"]);
  const identity = await identify(child.pid);
  assert(identity !== null && identity.start > 0);
  assert(await isRunning(identity));
  const other = { pid: child.pid, start: identity.start + 1 };
  assert(!(await isRunning(other)));
  await killSame(other, "SIGKILL");
  assert(await isRunning(identity));
  await killSame(identity, "SIGTERM");
  assert.equal((await child.finished).signal, "SIGTERM");
  assert.equal(await identify(child.pid), null);
});
