import { mptArgv as argvOf, taskPermissions } from "../../tasks/mpt_argv.ts";
import {
  type ProcessOptions,
  type ProcessResult,
  run,
  type RunningProcess,
  start,
} from "../../lib/io/process.ts";
import { withoutFfi } from "./requires.ts";

export { ROOT } from "../../tasks/mpt_argv.ts";
export { output, ProcessError, run, RunningProcess, start } from "../../lib/io/process.ts";
export type { ProcessOptions, ProcessResult } from "../../lib/io/process.ts";

/** Options of {@linkcode mpt} and {@linkcode startMpt}. */
export interface MptOptions extends ProcessOptions {
  /** Arguments in front, such as `network.prefix("client")`, that say on which host mpt runs. */
  readonly prefix?: readonly string[];
  /** Permissions of Deno to run with. @default {those of the task "mpt", but FFI where the suite has none} */
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
 * The command behind {@linkcode mpt}.
 *
 * @param args The arguments after `mpt`.
 * @param options Where to run it, and with which permissions.
 * @returns A program and its arguments.
 */
export function mptArgv(args: readonly string[], options: MptOptions = {}): readonly string[] {
  const permissions = options.permissions ??
    taskPermissions().filter((flag) => !(flag === "--allow-ffi" && withoutFfi()));
  return [...(options.prefix ?? []), ...argvOf(args, permissions)];
}
