import assert from "node:assert/strict";
import { addCounts, readSummary } from "../../tasks/test_summary.ts";

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
