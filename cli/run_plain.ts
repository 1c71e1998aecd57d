import { MptError, toMptError } from "../lib/base/errors.ts";
import { endOf } from "../lib/io/deadline.ts";
import { EXIT, exitCodeOf } from "./exit_codes.ts";
import { Output } from "./output.ts";

/** What a command gets that leaves stdin and stdout to another program. */
export interface PlainContext {
  /** Aborts on Ctrl-C and the like. */
  readonly signal: AbortSignal;
  readonly output: Output;
}

/** Windows has no other. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs a command that leaves stdin and stdout to another program: no JSON, but errors and exit codes as
 * everywhere. Ends the process.
 *
 * @param work Gives the exit code.
 */
export async function runPlain(
  options: { readonly quiet?: true | undefined },
  work: (context: PlainContext) => Promise<number>,
): Promise<never> {
  const output = new Output({ color: "auto", quiet: options.quiet });
  const controller = new AbortController();
  const interrupt = (): void => controller.abort(new MptError("ERR_ABORTED", "Cannot go on: interrupted"));
  for (const signal of SIGNALS) Deno.addSignalListener(signal, interrupt);
  try {
    Deno.exit(await work({ signal: controller.signal, output }));
  } catch (error) {
    const { message, fix, code } = toMptError(error, "Cannot go on");
    output.error(`mpt: ${message}`);
    if (fix !== undefined) output.error(`     try: ${fix}`);
    Deno.exit(endOf(controller.signal).reason === "interrupted" ? EXIT.interrupted : exitCodeOf(code));
  }
}
