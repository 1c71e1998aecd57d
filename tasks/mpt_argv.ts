import { fileURLToPath } from "node:url";
import { output } from "../lib/io/process.ts";

/** The folder of this checkout. */
export const ROOT: string = fileURLToPath(new URL("../", import.meta.url)).replace(/\/$/, "");

/** How long downloads may take, in milliseconds. */
const DOWNLOAD_MS = 5 * 60_000;

/**
 * The command behind `deno task mpt`, for any working directory.
 *
 * @param args The arguments after `mpt`.
 * @param permissions Permissions of Deno to run with.
 * @returns A program and its arguments.
 */
export function mptArgv(
  args: readonly string[],
  permissions: readonly string[] = taskPermissions(),
): readonly string[] {
  return [Deno.execPath(), "run", "--quiet", "--no-prompt", ...permissions, `${ROOT}/cli/main.ts`, ...args];
}

/**
 * The permissions that the task "mpt" gives.
 *
 * @returns Flags of `deno run`.
 * @throws {Error} If deno.json has no such task.
 */
export function taskPermissions(): readonly string[] {
  const config = Deno.readTextFileSync(`${ROOT}/deno.json`);
  const flags = /"deno run --quiet ([^"]*) cli\/main\.ts"/.exec(config)?.[1];
  if (flags === undefined) throw new Error("Cannot find the task mpt in deno.json");
  return flags.split(" ");
}

/** Downloads what mpt needs: from inside a private network no registry can be reached. */
export async function downloadDependencies(): Promise<void> {
  await output([Deno.execPath(), "cache", "--quiet", `${ROOT}/cli/main.ts`], { deadlineMs: DOWNLOAD_MS });
}
