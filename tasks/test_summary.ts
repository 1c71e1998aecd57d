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
  /** The file that it stands in, from the root. */
  readonly file: string;
}

/**
 * Reads which tests failed from the list near the end of what `deno test` printed.
 *
 * @param printed Its standard output, with or without colours.
 * @returns Each failed test once; nothing for a run that never came to its tests.
 */
export function readFailures(printed: string): readonly FailedTest[] {
  const [, list = ""] = /^ FAILURES $([^]*)/m.exec(plain(printed)) ?? [];
  const tests = new Map<string, FailedTest>();
  for (const [line, name = "", file = ""] of list.matchAll(/^(.+) => \.\/(\S+):\d+:\d+$/gm)) {
    tests.set(line, { name, file });
  }
  return [...tests.values()];
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
