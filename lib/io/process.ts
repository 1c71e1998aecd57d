/**
 * Other programs, run with a deadline and never left behind. A running program is an
 * `AsyncDisposable`: leaving its scope kills it and waits until it is gone.
 *
 * @module
 */
import { MptError } from "../base/errors.ts";

/** Where Debian keeps programs such as `ip`, which an ordinary user's PATH does not name. */
const SYSTEM_FOLDERS: readonly string[] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** How long a command may run when nothing else is said, in milliseconds. */
const DEADLINE_MS = 30_000;

/** Options of {@linkcode run} and {@linkcode start}. */
export interface ProcessOptions {
  /** Environment variables beside the inherited ones. */
  readonly env?: Readonly<Record<string, string>>;
  /** Inherits nothing: the program sees only `env`. @default {false} */
  readonly clearEnv?: boolean;
  /** Working directory. @default {the caller's} */
  readonly cwd?: string;
  /** Text for the standard input. @default {nothing: end of file at once} */
  readonly stdin?: string;
  /** Kills the program. */
  readonly signal?: AbortSignal;
  /** Kills the program after so many milliseconds. @default {30000} */
  readonly deadlineMs?: number;
}

/** What a program left. */
export interface ProcessResult {
  /** Its exit code; 128 and the number of the signal that ended it. */
  readonly code: number;
  /** The signal that ended it. */
  readonly signal: string | null;
  /** All of its standard output. */
  readonly stdout: string;
  /** All of its standard error. */
  readonly stderr: string;
}

/** A program that did not do what was asked of it, with all that it printed: `ERR_PROGRAM`. */
export class ProcessError extends MptError {
  /** What the program had left by then. */
  readonly result: ProcessResult;

  /** Makes an error with the output of the program. */
  constructor(argv: readonly string[], reason: string, result: ProcessResult) {
    super(
      "ERR_PROGRAM",
      `Cannot run ${argv.join(" ")}: ${reason}\n${result.stdout}${result.stderr}`.trimEnd(),
    );
    this.name = "ProcessError";
    this.result = result;
  }
}

interface Waiter {
  readonly pattern: RegExp;
  readonly resolve: (match: RegExpExecArray) => void;
  readonly reject: (reason: Error) => void;
}

/** The lines of one output of a program, as they come. */
class Output {
  text = "";
  readonly done: Promise<void>;
  readonly #waiters = new Set<Waiter>();
  #ended = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.done = this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.text += decoder.decode(chunk, { stream: true });
      this.#wake();
    }
    this.text += decoder.decode();
    this.#ended = true;
    this.#wake();
  }

  /** The first whole line that matches, which may have been printed before. */
  line(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      this.#waiters.add({ pattern, resolve, reject });
      this.#wake();
    });
  }

  #wake(): void {
    const whole = this.#ended ? this.text : this.text.slice(0, this.text.lastIndexOf("\n") + 1);
    for (const waiter of this.#waiters) {
      const match = firstMatch(whole, waiter.pattern);
      if (match !== null) waiter.resolve(match);
      else if (this.#ended) waiter.reject(new Error(`it ended without a line like ${waiter.pattern}`));
      else continue;
      this.#waiters.delete(waiter);
    }
  }
}

function firstMatch(text: string, pattern: RegExp): RegExpExecArray | null {
  for (const line of text.split("\n")) {
    const match = new RegExp(pattern).exec(line);
    if (match !== null) return match;
  }
  return null;
}

/** A program that runs beside its caller. */
export class RunningProcess implements AsyncDisposable {
  /** The program and its arguments. */
  readonly argv: readonly string[];
  /** Its process id. */
  readonly pid: number;
  /** Resolves when it is over, however it ended. */
  readonly finished: Promise<ProcessResult>;
  readonly #child: Deno.ChildProcess;
  readonly #stdout: Output;
  readonly #stderr: Output;
  #over = false;
  #late: string | undefined;

  /** Use {@linkcode start}. */
  constructor(argv: readonly string[], child: Deno.ChildProcess, options: ProcessOptions) {
    this.argv = argv;
    this.pid = child.pid;
    this.#child = child;
    this.#stdout = new Output(child.stdout);
    this.#stderr = new Output(child.stderr);
    this.finished = this.#finish(options);
  }

  /** What it has printed so far on its standard output. */
  get stdout(): string {
    return this.#stdout.text;
  }

  /** What it has printed so far on its standard error. */
  get stderr(): string {
    return this.#stderr.text;
  }

  /**
   * Waits for a line of output.
   *
   * @param pattern What the line must look like.
   * @param stream Where it is printed.
   * @returns The match, also when the line was printed before.
   * @throws {ProcessError} If the program ended or its deadline passed without such a line.
   */
  async line(pattern: RegExp, stream: "stdout" | "stderr" = "stdout"): Promise<RegExpExecArray> {
    try {
      return await (stream === "stdout" ? this.#stdout : this.#stderr).line(pattern);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ProcessError(this.argv, this.#late ?? reason, await this.finished);
    }
  }

  /** Sends a signal; nothing happens if the program is over. */
  kill(signal: Deno.Signal = "SIGTERM"): void {
    if (this.#over) return;
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It ended by itself a moment ago.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Kills the program and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.finished;
  }

  /** As `finished`, but a program that was stopped by its deadline is an error. */
  async result(): Promise<ProcessResult> {
    const result = await this.finished;
    if (this.#late !== undefined) throw new ProcessError(this.argv, this.#late, result);
    return result;
  }

  async #finish(options: ProcessOptions): Promise<ProcessResult> {
    const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    const stop = (): void => this.#stop("it was told to stop");
    const timer = setTimeout(() => this.#stop(`it did not end within ${deadlineMs / 1000} s`), deadlineMs);
    options.signal?.addEventListener("abort", stop, { once: true });
    if (options.signal?.aborted) stop();
    try {
      const status = await this.#child.status;
      this.#over = true;
      await Promise.all([this.#stdout.done, this.#stderr.done]);
      return { code: status.code, signal: status.signal, stdout: this.stdout, stderr: this.stderr };
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", stop);
    }
  }

  #stop(reason: string): void {
    this.#late ??= reason;
    this.kill("SIGKILL");
  }
}

/**
 * The PATH that programs are looked for in, and get.
 *
 * @returns That of this process with the folders of system programs after it.
 */
export function programPath(): string {
  const folders = (Deno.env.get("PATH") ?? "/usr/local/bin:/usr/bin:/bin").split(":");
  return [...folders, ...SYSTEM_FOLDERS.filter((folder) => !folders.includes(folder))].join(":");
}

/**
 * Starts a program in the background.
 *
 * @param argv The program and its arguments.
 * @param options Environment, input, deadline.
 * @returns The running program; dispose of it.
 */
export function start(argv: readonly string[], options: ProcessOptions = {}): RunningProcess {
  const [program = "", ...args] = argv;
  const child = new Deno.Command(program, {
    args,
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    clearEnv: options.clearEnv ?? false,
    env: { ...(options.clearEnv ? {} : { PATH: programPath() }), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  }).spawn();
  if (options.stdin !== undefined) void feed(child.stdin, options.stdin);
  return new RunningProcess(argv, child, options);
}

/**
 * Runs a program to its end.
 *
 * @param argv The program and its arguments.
 * @param options Environment, input, deadline.
 * @returns Exit code and output. A code other than 0 is not an error here.
 * @throws {ProcessError} If the deadline passed or the signal was raised first.
 */
export async function run(argv: readonly string[], options: ProcessOptions = {}): Promise<ProcessResult> {
  await using child = start(argv, options);
  return await child.result();
}

/**
 * Runs a program that has to succeed.
 *
 * @param argv The program and its arguments.
 * @param options Environment, input, deadline.
 * @returns Its standard output.
 * @throws {ProcessError} If it ended with a code other than 0 or was stopped.
 */
export async function output(argv: readonly string[], options: ProcessOptions = {}): Promise<string> {
  const result = await run(argv, options);
  if (result.code !== 0) throw new ProcessError(argv, `exit code ${result.code}`, result);
  return result.stdout;
}

async function feed(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  try {
    const writer = stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // The program did not want its input; what it did instead shows in its result.
  }
}
