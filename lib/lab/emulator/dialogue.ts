import { MptError } from "../../base/errors.ts";
import { programPath } from "../../io/process.ts";
import { type Answer, decodeAnswer, encodeLine, type Request } from "./protocol.ts";

/** How long the program may take to answer, in milliseconds: it does so between two packets. */
const ANSWER_MS = 10_000;

/** How long the program may take to end when its input has ended, in milliseconds. */
const END_MS = 2000;

/** The program may say no more than this when it fails. */
const MAX_COMPLAINT = 4000;

interface Question {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** Questions to a program and its answers, one line each, answered in their order. */
export class Dialogue implements AsyncDisposable {
  /** The id of the program's process. */
  readonly pid: number;
  /** Why the program ended; null when it was told to. Never rejects. */
  readonly ended: Promise<string | null>;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #questions: Question[] = [];
  readonly #answerMs: number;
  #over: string | null | undefined;
  #told = false;

  /** Starts the program, which may take so many milliseconds for an answer. */
  constructor(argv: readonly string[], answerMs: number = ANSWER_MS) {
    const [program = "", ...args] = argv;
    this.#answerMs = answerMs;
    this.#child = new Deno.Command(program, {
      args,
      env: { PATH: programPath(), DENO_NO_UPDATE_CHECK: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.pid = this.#child.pid;
    this.#input = this.#child.stdin.getWriter();
    this.ended = this.#listen();
  }

  /**
   * Asks, and waits for the answer.
   *
   * @throws {MptError} `ERR_PROGRAM` when the program ends first, or does not answer: somebody has stopped it.
   */
  async ask(request: Request): Promise<Answer> {
    if (this.#over !== undefined) throw endError(this.#over);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    // The question keeps its place when it is too late for the answer, which would be taken for the next one's.
    this.#questions.push({ resolve, reject });
    const late = setTimeout(() => reject(silentError(this.pid, this.#answerMs)), this.#answerMs);
    // A program that has ended does not read; that it has is what the question is told.
    this.#input.write(new TextEncoder().encode(encodeLine(request))).catch(() => {});
    return await promise.finally(() => clearTimeout(late));
  }

  /** Ends the input, and waits until the program is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#told = true;
    const late = setTimeout(() => this.#kill(), END_MS);
    await this.#input.close().catch(() => {});
    await this.ended;
    clearTimeout(late);
  }

  async #listen(): Promise<string | null> {
    const complaints = new Response(this.#child.stderr).text();
    let trouble: string | null = null;
    try {
      await this.#hear();
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error);
      this.#kill();
    }
    const { code, signal } = await this.#child.status;
    const text = (await complaints).trim().slice(0, MAX_COMPLAINT);
    const reason = trouble ?? (signal === null ? `exit code ${code}` : `signal ${signal}`);
    this.#over = this.#told ? null : `${reason}\n${text}`.trimEnd();
    for (const { reject } of this.#questions.splice(0)) reject(endError(this.#over));
    await this.#input.close().catch(() => {});
    return this.#over;
  }

  async #hear(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#child.stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        // First, so that the question is still there to be told when this fails.
        const answer = decodeAnswer(line);
        this.#questions.shift()?.resolve(answer);
      }
    }
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

function endError(reason: string | null): MptError {
  return new MptError(
    "ERR_PROGRAM",
    `Cannot ask the link emulator: it has ended${reason === null ? "" : `: ${reason}`}`,
  );
}

function silentError(pid: number, answerMs: number): MptError {
  return new MptError(
    "ERR_PROGRAM",
    `Cannot ask the link emulator: process ${pid} does not answer in ${answerMs / 1000} s`,
    { fix: `let it go on: kill -CONT ${pid}` },
  );
}
