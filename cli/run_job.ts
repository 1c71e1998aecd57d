import { MptError, toMptError } from "../lib/base/errors.ts";
import { type Envelope, envelope } from "../lib/base/result.ts";
import { hostFacts } from "../lib/io/host.ts";
import type { CommonOptions } from "./common_options.ts";
import { EXIT, exitCodeOf } from "./exit_codes.ts";
import { BrokenPipe, Output } from "./output.ts";

/** What a job gets from the command line. */
export interface JobContext {
  /** Aborts on Ctrl-C and at the end of --timeout; its reason says which. */
  readonly signal: AbortSignal;
  readonly output: Output;
}

/** A command as a job: run it, show it, say how it went. */
export interface Job<R extends Envelope<string>> {
  /** The result's schema, for the JSON of a run that failed before it had a result. */
  readonly schema: R["schema"];
  run(context: JobContext): Promise<R>;
  /** The result for people. */
  render(result: R, output: Output): string | Promise<string>;
  /** The exit code of a result that came to its end. */
  exitCode(result: R): number | Promise<number>;
}

/**
 * Runs a job with the contract of every command: Ctrl-C and --timeout end it with what is known, --json,
 * --ndjson and -o take its result, errors have an exit code. Ends the process.
 */
export async function runJob<R extends Envelope<string>>(
  options: CommonOptions,
  job: Job<R>,
): Promise<never> {
  const output = new Output(options);
  try {
    Deno.exit(await perform(options, job, output));
  } catch (error) {
    if (error instanceof BrokenPipe) Deno.exit(EXIT.ok);
    output.error(`mpt: ${toMptError(error, "Cannot go on").message}`);
    Deno.exit(EXIT.untestable);
  }
}

async function perform<R extends Envelope<string>>(
  options: CommonOptions,
  job: Job<R>,
  output: Output,
): Promise<number> {
  const controller = new AbortController();
  const { signal } = controller;
  const release = onInterrupt((again) => {
    if (again) Deno.exit(EXIT.interrupted);
    controller.abort(new MptError("ERR_ABORTED", "Cannot go on: interrupted"));
  });
  const timer = options.timeout === undefined ? undefined : setTimeout(() => {
    const seconds = options.timeout! / 1000;
    controller.abort(new MptError("ERR_TIMED_OUT", `Cannot go on: --timeout ${seconds} is over`));
  }, options.timeout);
  const startedAtMs = Date.now();
  try {
    const result = await job.run({ signal, output });
    output.clearStatus();
    await deliver(options, output, result, output.human ? await job.render(result, output) : "");
    if (result.end.reason === "interrupted") return EXIT.interrupted;
    return await job.exitCode(result);
  } catch (error) {
    if (error instanceof BrokenPipe) throw error;
    const failure = toMptError(error, "Cannot go on");
    output.clearStatus();
    output.error(`mpt: ${failure.message}`);
    if (failure.fix !== undefined) output.error(`     try: ${failure.fix}`);
    await deliver(options, output, errorEnvelope(job.schema, failure, startedAtMs, signal), "");
    return signal.aborted && failure.code === "ERR_ABORTED" ? EXIT.interrupted : exitCodeOf(failure.code);
  } finally {
    clearTimeout(timer);
    release();
  }
}

async function deliver(
  options: CommonOptions,
  output: Output,
  result: Envelope<string>,
  text: string,
): Promise<void> {
  const json = JSON.stringify(result, null, 2);
  if (options.output !== undefined) {
    try {
      await Deno.writeTextFile(options.output, `${json}\n`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new MptError("ERR_PERMISSION", `Cannot save the result to ${options.output}: ${reason}`);
    }
  }
  if (options.json) output.answer(json);
  else if (options.ndjson) output.event({ event: "end", result });
  else if (text !== "") output.answer(text);
}

function errorEnvelope(
  schema: string,
  failure: MptError,
  startedAtMs: number,
  signal: AbortSignal,
): Envelope<string> {
  const interrupted = signal.aborted && failure.code === "ERR_ABORTED";
  return envelope({
    schema,
    host: hostFacts(),
    startedAtMs,
    durationMs: Date.now() - startedAtMs,
    end: {
      reason: interrupted ? "interrupted" : "error",
      error: { code: failure.code, message: failure.message },
    },
  });
}

/** Calls back on the first and on the second interrupt. Windows has no SIGTERM. */
function onInterrupt(interrupted: (again: boolean) => void): () => void {
  let count = 0;
  const handler = (): void => interrupted(count++ > 0);
  const signals: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, handler);
  return () => {
    for (const signal of signals) Deno.removeSignalListener(signal, handler);
  };
}
