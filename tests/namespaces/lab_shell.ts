import {
  mptArgv,
  type ProcessOptions,
  type ProcessResult,
  run,
  type RunningProcess,
  start,
} from "../support/command.ts";

/** A place of its own for the state of labs, so that tests see no labs but theirs, and a program `mpt`. */
export interface LabShell extends AsyncDisposable {
  /** The folder that holds the state of labs. */
  readonly state: string;
  /** Options for a command that is to find `mpt`. */
  readonly options: ProcessOptions;
  /** The programs that were started here, by whatever way, and still run. */
  processes(): Promise<readonly string[]>;
  /** Runs mpt to its end. */
  mpt(args: readonly string[], options?: ProcessOptions): Promise<ProcessResult>;
  /** Starts mpt. */
  start(args: readonly string[], options?: ProcessOptions): RunningProcess;
}

/** The permissions of `deno task lab`. */
const PERMISSIONS = ["--allow-all"];

/** How long one command may take, in milliseconds. */
const DEADLINE_MS = 60_000;

/** Prints the names of the processes that inherited a mark in their environment. */
const MARKED = `for at in /proc/[0-9]*; do
  grep -qsa -- "$1" "$at/environ" && cat "$at/comm"
done; true`;

/** Makes such a place; leaving its scope ends the labs in it. */
export async function labShell(): Promise<LabShell> {
  const folder = await Deno.makeTempDir({ prefix: "mpt-lab-" });
  const runtime = `${folder}/run`;
  await Deno.mkdir(runtime, { mode: 0o700 });
  await Deno.mkdir(`${folder}/bin`);
  const words = mptArgv([], { permissions: PERMISSIONS }).map((word) => `'${word}'`).join(" ");
  await Deno.writeTextFile(`${folder}/bin/mpt`, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  const path = `${folder}/bin:${Deno.env.get("PATH") ?? ""}`;
  // A suite that itself runs in a lab must not take that one for its own.
  const mark = `MPT_TEST_MARK=${crypto.randomUUID()}`;
  const [name = "", value = ""] = mark.split("=");
  const env = {
    [name]: value,
    XDG_RUNTIME_DIR: runtime,
    MPT_LAB_FOLDER: "",
    MPT_LAB: "",
    PATH: path,
    NO_COLOR: "1",
  };
  const withEnv = (options: ProcessOptions = {}): ProcessOptions => ({
    deadlineMs: DEADLINE_MS,
    ...options,
    env: { ...env, ...options.env },
  });
  const mpt = (args: readonly string[], options?: ProcessOptions): Promise<ProcessResult> =>
    run(mptArgv(args, { permissions: PERMISSIONS }), withEnv(options));
  return {
    state: `${runtime}/mpt/lab`,
    options: { env },
    processes: async () => {
      const { stdout } = await run(["sh", "-c", MARKED, "sh", mark]);
      return stdout.split("\n").filter((line) => line !== "");
    },
    mpt,
    start: (args, options) => start(mptArgv(args, { permissions: PERMISSIONS }), withEnv(options)),
    async [Symbol.asyncDispose](): Promise<void> {
      await mpt(["lab", "down", "--all"]);
      await Deno.remove(folder, { recursive: true });
    },
  };
}
