// deno-lint-ignore-file no-console
/**
 * Everything that can be said about the code without running its tests, one line a step: `deno task
 * check`. What a step printed is shown only if it failed; all steps run.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { onlyBlocks, runnableLines } from "./doc_blocks.ts";
import { run } from "../lib/io/process.ts";
import { readSummary } from "./test_summary.ts";

/** A step may have to download the dependencies first. */
const DEADLINE_MS = 10 * 60_000;

/** Lines that say that something went well. */
const PROGRESS = /^(Check |running \d+ tests? |file:.* \.\.\. ok \()/;

/** The C library stays open once it is loaded, which would count as a leak of the first example. */
const OPEN_LIBC = "./tests/support/open_libc.ts";

/** One call of deno. */
interface Step {
  readonly name: string;
  readonly args: readonly string[];
  /** How many tests have to pass. @default {undefined} for a step that runs none */
  readonly passed?: number;
}

async function steps(): Promise<readonly Step[]> {
  const documented = await existing(["mod.ts", "lib", "README.md", ...await markdown("docs")]);
  const blocks = await runnable(documented);
  return [
    { name: "format", args: ["fmt", "--check"] },
    { name: "lint", args: ["lint"] },
    { name: "types", args: ["check", "."] },
    { name: "documentation of every export", args: ["doc", "--lint", ...await exported()] },
    {
      name: "code in the documentation",
      args: [
        "test",
        "--doc",
        "--allow-all",
        "--preload",
        OPEN_LIBC,
        "--filter",
        onlyBlocks(blocks),
        ...documented,
      ],
      // A block that the filter misses would pass unseen.
      passed: [...blocks.values()].flat().length,
    },
    { name: "publish rehearsal", args: ["publish", "--dry-run", "--allow-dirty"] },
  ];
}

/** The files behind "exports" of deno.json. */
async function exported(): Promise<readonly string[]> {
  const config: unknown = JSON.parse(await Deno.readTextFile("deno.json"));
  if (typeof config !== "object" || config === null || !("exports" in config)) return [];
  return Object.values(config.exports ?? {}).filter((file) => typeof file === "string");
}

/** The lines on which the blocks to run begin, by the URL of the file. */
async function runnable(entries: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
  const blocks = new Map<string, readonly number[]>();
  for (const entry of entries) {
    for await (const path of files(entry)) {
      blocks.set(pathToFileURL(path).href, runnableLines(await Deno.readTextFile(path)));
    }
  }
  return blocks;
}

async function* files(path: string): AsyncGenerator<string> {
  if (!(await Deno.stat(path)).isDirectory) yield path;
  else for await (const { name } of Deno.readDir(path)) yield* files(`${path}/${name}`);
}

async function markdown(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of await existing([folder])) {
    for await (const file of files(path)) if (file.endsWith(".md")) found.push(file);
  }
  return found.toSorted();
}

async function existing(paths: readonly string[]): Promise<readonly string[]> {
  const there = await Promise.all(paths.map((path) => Deno.stat(path).then(() => true, () => false)));
  return paths.filter((_, index) => there[index]);
}

/** Runs a step. Returns what it printed if it failed, else null. */
async function failure({ args, passed }: Step): Promise<string | null> {
  const { code, stdout, stderr } = await run([Deno.execPath(), ...args], {
    deadlineMs: DEADLINE_MS,
    env: { NO_COLOR: "1" },
  });
  const printed = `${stdout}${stderr}`.split("\n").filter((line) => !PROGRESS.test(line)).join("\n").trim();
  if (code !== 0) return printed;
  const counted = readSummary(stdout)?.passed;
  if (passed === undefined || counted === passed) return null;
  return `${printed}\n${counted ?? 0} tests passed where ${passed} should have`;
}

async function main(): Promise<number> {
  Deno.chdir(new URL("..", import.meta.url));
  let failed = 0;
  for (const step of await steps()) {
    const started = performance.now();
    const reason = await failure(step);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${reason === null ? "ok    " : "FAILED"} ${step.name} (${seconds} s)`);
    if (reason === null) continue;
    failed++;
    console.log(reason);
  }
  console.log(failed === 0 ? "all checks passed" : `${failed} checks failed`);
  return failed === 0 ? 0 : 1;
}

Deno.exit(await main());
