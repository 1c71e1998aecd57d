import { MptError, toMptError } from "../lib/base/errors.ts";
import { type End, type Envelope, envelope } from "../lib/base/result.ts";
import { endOf } from "../lib/io/deadline.ts";
import { hostFacts } from "../lib/io/host.ts";
import type { CommonOptions } from "./common_options.ts";
import { EXIT, exitCodeOf } from "./exit_codes.ts";
import { Output } from "./output.ts";

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
    const saved = deliver(options, output, result, output.human ? await job.render(result, output) : "");
    if (result.end.reason === "interrupted") return EXIT.interrupted;
    return saved ? await job.exitCode(result) : EXIT.untestable;
  } catch (error) {
    const failure = toMptError(error, "Cannot go on");
    output.clearStatus();
    output.error(`mpt: ${failure.message}`);
    if (failure.fix !== undefined) output.error(`     try: ${failure.fix}`);
    const end = failedEnd(failure, signal);
    deliver(options, output, failedResult(job.schema, startedAtMs, end), "");
    switch (end.reason) {
      case "interrupted":
        return EXIT.interrupted;
      case "timeout":
        return EXIT.untestable;
      default:
        return exitCodeOf(failure.code);
    }
  } finally {
    clearTimeout(timer);
    release();
  }
}

/** Saves and prints a result; false when it could not be saved. */
function deliver(options: CommonOptions, output: Output, result: Envelope<string>, text: string): boolean {
  const json = JSON.stringify(result, null, 2);
  const saved = options.output === undefined || save(options.output, `${json}\n`, output);
  if (options.json) output.answer(json);
  else if (options.ndjson) output.event({ event: "end", result });
  else if (text !== "") output.answer(text);
  return saved;
}

function save(file: string, text: string, output: Output): boolean {
  try {
    Deno.writeTextFileSync(file, text);
    return true;
  } catch (error) {
    output.error(`mpt: ${toMptError(error, `Cannot save the result to ${file}`).message}`);
    return false;
  }
}

/** What failed after the signal, failed because of it. */
function failedEnd({ code, message }: MptError, signal: AbortSignal): End {
  return { reason: signal.aborted ? endOf(signal).reason : "error", error: { code, message } };
}

/** The JSON of a run that has no result: the envelope alone. */
export function failedResult(schema: string, startedAtMs: number, end: End): Envelope<string> {
  return envelope({ schema, host: hostFacts(), startedAtMs, durationMs: Date.now() - startedAtMs, end });
}

/**
 * A Ctrl-C may arrive twice: from the terminal, and once more from a program in front, as `deno task`, `npx` and
 * `timeout` pass it on. What comes within so many milliseconds is the same one.
 */
const SAME_INTERRUPT_MS = 500;

/** Calls back on the first and on further interrupts. Windows has no SIGTERM. */
function onInterrupt(interrupted: (again: boolean) => void): () => void {
  let firstMs: number | undefined;
  const handler = (): void => {
    const now = performance.now();
    if (firstMs === undefined) {
      firstMs = now;
      interrupted(false);
    } else if (now - firstMs >= SAME_INTERRUPT_MS) interrupted(true);
  };
  const signals: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, handler);
  return () => {
    for (const signal of signals) Deno.removeSignalListener(signal, handler);
  };
}
