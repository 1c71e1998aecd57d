import assert from "node:assert/strict";
import { addCounts, filterFor, readFailures, readSummary } from "../../tasks/test_summary.ts";

Deno.test("readSummary() counts tests, not steps, whatever the colours", () => {
  const printed =
    "running 3 tests\n\x1b[31mFAILED\x1b[0m | 12 passed (3 steps) | 2 failed (1 step) | 4 ignored " +
    "\x1b[38;5;245m(5s)\x1b[0m\n\n";
  assert.deepEqual(readSummary(printed), { passed: 12, failed: 2, skipped: 4 });
});

Deno.test("readSummary() does not take filtered tests for skipped ones", () => {
  assert.deepEqual(readSummary("ok | 1 passed | 0 failed | 7 filtered out (1ms)\n"), {
    passed: 1,
    failed: 0,
    skipped: 0,
  });
});

Deno.test("readSummary() believes the last summary, not one that a test printed", () => {
  const printed = "ok | 99 passed | 0 failed (1ms)\nok | 2 passed | 0 failed | 1 ignored (3ms)\n";
  assert.deepEqual(readSummary(printed), { passed: 2, failed: 0, skipped: 1 });
});

Deno.test("readSummary() knows a run without a summary", () => {
  assert.equal(readSummary("Check tests/a_test.ts\n"), null);
});

Deno.test("readFailures() names each failed test once, without its steps, with the file that was run", () => {
  const printed = `running 2 tests from ./tests/a_test.ts
./tests/a_test.ts => a is b ... \x1b[31mFAILED\x1b[0m (1ms)
./tests/a_test.ts => a is c ... ok (2s)
./tests/b_test.ts => a is b ... all of it ... FAILED (1m2s)
./tests/b_test.ts => a is b ... FAILED (due to 1 failed step) (1m3s)

 ERRORS 

a is b => ./tests/support.ts:3:6
error: AssertionError: a is not b

\x1b[1m\x1b[37m\x1b[41m FAILURES \x1b[0m

a is b => \x1b[38;5;245m./tests/support.ts:3:6\x1b[0m

FAILED | 1 passed | 2 failed (1ms)
`;
  assert.deepEqual(readFailures(printed), [
    { name: "a is b", file: "tests/a_test.ts" },
    { name: "a is b", file: "tests/b_test.ts" },
  ]);
  assert.deepEqual(readFailures("ok | 1 passed | 0 failed (1ms)\n"), []);
});

Deno.test("filterFor() takes the tests that failed, and nothing of their names for a pattern", () => {
  const [, pattern = ""] = /^--filter=\/(.*)\/$/.exec(
    filterFor([{ name: "read() (1/2): a|b?", file: "a" }, { name: "x", file: "b" }]),
  )!;
  const matches = (name: string): boolean => new RegExp(pattern).test(name);
  assert.deepEqual(["read() (1/2): a|b?", "x", "read", "xx", "b?"].map(matches), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

Deno.test("addCounts() takes a run that never came to its tests for a failure", () => {
  assert.deepEqual(
    addCounts([{ passed: 1, failed: 2, skipped: 3 }, null, { passed: 4, failed: 0, skipped: 1 }]),
    {
      passed: 5,
      failed: 3,
      skipped: 4,
    },
  );
});
