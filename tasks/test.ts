// deno-lint-ignore-file no-console
/**
 * Runs the tests: `deno task test [--no-ffi] [files, folders and flags of deno test]`. The last line
 * says how many passed, failed and were skipped, after the reasons of the skips.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { downloadDependencies, ROOT } from "./mpt_argv.ts";
import { testFiles } from "./test_files.ts";
import {
  addCounts,
  type FailedTest,
  filterFor,
  readFailures,
  readSummary,
  type TestCounts,
} from "./test_summary.ts";

/** Opens the C library before any test: the first one to use it would seem to leak it. */
const OPEN_LIBC = "tests/support/open_libc.ts";

const ALL_BUT_FFI: readonly string[] = [
  "--no-prompt",
  "--allow-net",
  "--allow-env",
  "--allow-sys",
  "--allow-read",
  "--allow-write",
  "--allow-run",
];

/** Most tests wait most of the time; what they do otherwise two processors can do. */
const JOBS = 3;

/** As many measurements go on side by side: a link of some Mbit/s is little work. */
const MEASURING_JOBS = 2;

/** More failed tests than this are no accident of a busy machine. */
const MOST_AGAIN = 10;

/** One call of `deno test`. */
interface Round {
  /** Without the files. */
  readonly args: readonly string[];
  readonly files: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether what fails may be run again, by itself. */
  readonly again: boolean;
}

/** How a call ended. */
interface Ended {
  /** Null if it never came to its tests. */
  readonly counts: TestCounts | null;
  readonly failed: readonly FailedTest[];
}

/** The calls that a command line asks for. */
function plan(args: readonly string[]): readonly Round[] {
  const noFfi = args.includes("--no-ffi");
  const extra = args.filter((arg) => arg !== "--no-ffi");
  const common = ["test", ...(noFfi ? ALL_BUT_FFI : ["--allow-all", "--preload", OPEN_LIBC]), ...extra];
  const env = noFfi ? { MPT_TEST_NO_FFI: "1" } : {};
  if (extra.some((arg) => !arg.startsWith("-") && existsSync(arg))) {
    return [{ args: common, files: [], env, again: false }];
  }

  const { others, measuring } = testFiles(ROOT, noFfi);
  return [[others, JOBS] as const, [measuring, MEASURING_JOBS] as const]
    .filter(([files]) => files.length > 0)
    .map(([files, jobs]) => ({
      args: [...common, "--parallel"],
      files,
      env: { ...env, DENO_JOBS: String(jobs) },
      again: true,
    }));
}

/**
 * Runs one call. A few tests that fail are run again with nothing beside them: a machine that is busy with the
 * others can make a link late. What passes then counts as passed, and is named.
 */
async function execute(round: Round, skips: string): Promise<TestCounts | null> {
  const { counts, failed } = await call(round, skips);
  const all = counts !== null && counts.failed === failed.length;
  if (!round.again || !all || failed.length === 0 || failed.length > MOST_AGAIN) return counts;
  const files = [...new Set(failed.map(({ file }) => file))];
  console.log(`again, by themselves: ${failed.map(({ name }) => name).join("; ")}`);
  const args = [...round.args, filterFor(failed)];
  const second = await call({ ...round, args, files, env: { ...round.env, DENO_JOBS: "1" } }, skips);
  if (second.counts === null || second.counts.failed > 0 || second.counts.passed < failed.length) {
    return counts;
  }
  for (const { name, file } of failed) console.log(`passed only by itself: ${name} (${file})`);
  return { ...counts, passed: counts.passed + failed.length, failed: 0 };
}

/** Runs one call, showing what it prints, and counts. */
async function call(round: Round, skips: string): Promise<Ended> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...round.args, ...round.files],
    env: {
      ...round.env,
      MPT_TEST_SKIPS: skips,
      ...(Deno.stdout.isTerminal() && !Deno.noColor ? { FORCE_COLOR: "1" } : {}),
    },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const decoder = new TextDecoder();
  let printed = "";
  for await (const chunk of child.stdout) {
    await write(chunk);
    printed += decoder.decode(chunk, { stream: true });
  }
  const { success } = await child.status;
  const counts = readSummary(printed);
  if (success) return { counts: counts ?? addCounts([]), failed: [] };
  const failed = readFailures(printed);
  // A run may fail without a failed test, such as by coverage below its threshold.
  return { counts: counts === null || counts.failed > 0 ? counts : addCounts([counts, null]), failed };
}

async function write(chunk: Uint8Array): Promise<void> {
  for (let rest = chunk; rest.length > 0;) rest = rest.subarray(await Deno.stdout.write(rest));
}

/** The reasons that the test files wrote down, each once. */
async function reasons(file: string): Promise<readonly string[]> {
  const lines = (await Deno.readTextFile(file)).split("\n").filter((line) => line !== "");
  return [...new Set(lines)].toSorted();
}

async function main(): Promise<number> {
  Deno.chdir(new URL("..", import.meta.url));
  await downloadDependencies();
  const skips = await Deno.makeTempFile({ prefix: "mpt-skips-" });
  try {
    const runs: (TestCounts | null)[] = [];
    for (const round of plan(Deno.args)) runs.push(await execute(round, skips));
    for (const reason of await reasons(skips)) console.log(`skipped: ${reason}`);
    const { passed, failed, skipped } = addCounts(runs);
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    return failed > 0 ? 1 : 0;
  } finally {
    await Deno.remove(skips);
  }
}

Deno.exit(await main());
