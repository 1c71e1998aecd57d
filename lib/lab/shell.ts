import { MptError } from "../base/errors.ts";
import type { Namespaces } from "./namespaces.ts";

/**
 * Runs lines of shell in the holder of a lab; the first that fails ends them.
 *
 * @param namespaces The holder.
 * @param lines The lines, as the functions of the plan write them.
 * @param what The action, such as `Cannot make the lab`.
 * @param signal Stops them.
 * @returns What they printed.
 * @throws {MptError} `ERR_PROGRAM` naming the line that failed and what it complained about.
 */
export async function runLines(
  namespaces: Namespaces,
  lines: readonly string[],
  what: string,
  signal?: AbortSignal,
): Promise<string> {
  if (lines.length === 0) return "";
  const { code, stdout, stderr } = await namespaces.run(undefined, ["sh", "-exs"], {
    stdin: lines.map((line) => `${line}\n`).join(""),
    ...(signal === undefined ? {} : { signal }),
  });
  if (code === 0) return stdout;
  // With -x the shell prints each line before it runs it.
  const last = stderr.slice(stderr.lastIndexOf("\n+ ") + 1).trim();
  const [line = "", ...complaint] = last.split("\n");
  const reason = complaint.join(" ").trim() || `it ended with code ${code}`;
  throw new MptError("ERR_PROGRAM", `${what}: ${reason} (${line.replace(/^\+ /, "")})`);
}
