import { fileURLToPath } from "node:url";
import {
  type ProcessOptions,
  type ProcessResult,
  run,
  type RunningProcess,
  start,
} from "../../tasks/process.ts";
import { withoutFfi } from "./requires.ts";

export { output, ProcessError, run, RunningProcess, start } from "../../tasks/process.ts";
export type { ProcessOptions, ProcessResult } from "../../tasks/process.ts";

/** The folder of this checkout. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

/** Options of {@linkcode mpt} and {@linkcode startMpt}. */
export interface MptOptions extends ProcessOptions {
  /** Arguments in front, such as `network.prefix("client")`, that say on which host mpt runs. */
  readonly prefix?: readonly string[];
  /** Permissions of Deno to run with. @default {those of the task "mpt"} */
  readonly permissions?: readonly string[];
}

/**
 * Runs the command line program of this checkout to its end.
 *
 * @param args The arguments after `mpt`.
 * @param options Where and how to run it.
 * @returns Exit code and output.
 * @throws {ProcessError} If the deadline passed first.
 */
export function mpt(args: readonly string[], options: MptOptions = {}): Promise<ProcessResult> {
  return run(mptArgv(args, options), options);
}

/**
 * Starts the command line program of this checkout in the background.
 *
 * @param args The arguments after `mpt`.
 * @param options Where and how to run it.
 * @returns The running program; dispose of it.
 */
export function startMpt(args: readonly string[], options: MptOptions = {}): RunningProcess {
  return start(mptArgv(args, options), options);
}

/**
 * The command behind `deno task mpt`, for any working directory.
 *
 * @param args The arguments after `mpt`.
 * @param options Where and how to run it.
 * @returns A program and its arguments.
 */
export function mptArgv(args: readonly string[], options: MptOptions = {}): readonly string[] {
  const permissions = options.permissions ?? taskPermissions();
  return [
    ...(options.prefix ?? []),
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    ...permissions,
    `${ROOT}/cli/main.ts`,
    ...args,
  ];
}

/** The permissions that the task "mpt" gives; without FFI where the suite goes without. */
export function taskPermissions(): readonly string[] {
  const config: unknown = JSON.parse(Deno.readTextFileSync(`${ROOT}/deno.json`));
  const found = /"command":"deno run --quiet ([^"]*) cli\/main\.ts"/.exec(JSON.stringify(config))?.[1];
  if (found === undefined) throw new Error("Cannot find the task mpt in deno.json");
  return found.split(" ").filter((flag) => !(flag === "--allow-ffi" && withoutFfi()));
}
