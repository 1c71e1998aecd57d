/** How a run of tests ended. Steps are not counted. */
export interface TestCounts {
  /** Tests that passed. */
  readonly passed: number;
  /** Tests that failed, and test files that could not be run. */
  readonly failed: number;
  /** Tests that were left out. */
  readonly skipped: number;
}

/**
 * Reads the summary at the end of what `deno test` printed.
 *
 * @param printed Its standard output, with or without colours.
 * @returns The counts, or null if there is no summary because the tests were never run.
 */
export function readSummary(printed: string): TestCounts | null {
  const summary = plain(printed).split("\n").findLast((line) => /^(ok|FAILED) \| \d+ passed/.test(line));
  if (summary === undefined) return null;
  const count = (word: string): number => Number(new RegExp(`\\| (\\d+) ${word}`).exec(summary)?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed"), skipped: count("ignored") };
}

/** A test that failed. */
export interface FailedTest {
  readonly name: string;
  /** The file that was run, from the root; the test may stand in another one, which that one imports. */
  readonly file: string;
}

/**
 * Reads which tests failed from the lines that `deno test --parallel` prints as they end.
 *
 * @param printed Its standard output, with or without colours.
 * @returns Each failed test, without its steps; nothing for a run that never came to its tests.
 */
export function readFailures(printed: string): readonly FailedTest[] {
  const lines = plain(printed).matchAll(/^\.\/(\S+) => (.+) \.\.\. FAILED (?:\(due to [^)]*\) )?\(\S+\)$/gm);
  const failed = [...lines].map(([, file = "", name = ""]) => ({ name, file }));
  // A step fails with its test, whose name it bears in front of its own
  return failed.filter(({ name, file }) =>
    !failed.some((test) => test.file === file && name.startsWith(`${test.name} ... `))
  );
}

/** The filter of `deno test` for these tests alone. */
export function filterFor(failed: readonly FailedTest[]): string {
  const names = failed.map(({ name }) => name.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  return `--filter=/^(?:${names.join("|")})$/`;
}

function plain(printed: string): string {
  // deno-lint-ignore no-control-regex
  return printed.replaceAll(/\x1b\[[0-9;]*m/g, "");
}

/**
 * The counts of several runs together.
 *
 * @param runs The counts of each run; null for one that never came to its tests, which is a failure.
 * @returns The sums.
 */
export function addCounts(runs: readonly (TestCounts | null)[]): TestCounts {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const run of runs) {
    const { passed, failed, skipped } = run ?? { passed: 0, failed: 1, skipped: 0 };
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}
