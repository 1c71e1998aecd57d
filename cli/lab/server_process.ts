import { MptError } from "../../lib/base/errors.ts";
import { run } from "../../lib/io/process.ts";
import { requirePrograms } from "../../lib/lab/programs.ts";

/** How much of what a server prints is kept, for the message when it fails. */
const TAIL_BYTES = 16 * 1024;

/** How long a server may take until it listens, in milliseconds. */
const LISTEN_MS = 20_000;

/** How often is looked whether a server listens: the kernel tells nobody. */
const LOOK_MS = 50;

/** A program that serves in a lab as long as the lab lives. */
export class ServerProcess implements AsyncDisposable {
  /** As the user wrote it. */
  readonly command: string;
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  readonly #status: Promise<Deno.CommandStatus>;
  #tail = "";
  #over: Deno.CommandStatus | null = null;

  /** Starts a command of the shell in the lab. */
  constructor(command: string, prefix: readonly string[], env: Readonly<Record<string, string>>) {
    this.command = command;
    const [program = "", ...args] = [...prefix, "sh", "-c", command];
    this.#child = new Deno.Command(program, { args, env, stdin: "null", stdout: "piped", stderr: "piped" })
      .spawn();
    this.#reading = Promise.all([this.#read(this.#child.stdout), this.#read(this.#child.stderr)]);
    this.#status = this.#child.status.then((status) => this.#over = status);
  }

  /**
   * Starts a command and waits until a port of the host listens that did not before.
   *
   * @param prefix The arguments that run a command on the host.
   * @param listenMs How long it may take until it listens, in milliseconds.
   * @throws {MptError} `ERR_PROGRAM` with what it printed when it ends or does not listen in time.
   */
  static async start(
    command: string,
    prefix: readonly string[],
    env: Readonly<Record<string, string>>,
    signal: AbortSignal,
    listenMs: number = LISTEN_MS,
  ): Promise<ServerProcess> {
    await requirePrograms(["ss"]);
    const before = await listening(prefix);
    const server = new ServerProcess(command, prefix, env);
    try {
      await server.#listens(before, prefix, signal, listenMs);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** How it ended; null while it runs. */
  get ended(): string | null {
    if (this.#over === null) return null;
    return this.#over.signal === null ? `it ended with ${this.#over.code}` : `${this.#over.signal} ended it`;
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#over === null) this.#child.kill("SIGKILL");
    } catch {
      // It ended a moment ago.
    }
    await this.#status;
    // What it left in the background may hold its output open; the lab's end takes that away.
    void this.#reading.catch(() => {});
  }

  async #listens(
    before: ReadonlySet<string>,
    prefix: readonly string[],
    signal: AbortSignal,
    listenMs: number,
  ): Promise<void> {
    const since = performance.now();
    for (;;) {
      for (const socket of await listening(prefix)) if (!before.has(socket)) return;
      // A server may go to the background: its first process then ends with 0, before or after it listens.
      if (this.#over !== null && this.#over.code !== 0) throw this.#failed(`${this.ended}`);
      if (signal.aborted) throw this.#failed("it was told to stop");
      if (performance.now() - since > listenMs) {
        const silent = `no port listens after ${listenMs / 1000} s`;
        throw this.#failed(this.ended === null ? silent : `${this.ended} and ${silent}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  #failed(reason: string): MptError {
    const said = this.#tail.trim();
    return new MptError(
      "ERR_PROGRAM",
      `Cannot start ${this.command} on the server: ${reason}${said === "" ? "" : `\n${said}`}`,
    );
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.#tail = (this.#tail + decoder.decode(chunk, { stream: true })).slice(-TAIL_BYTES);
    }
  }
}

/** The listening TCP and UDP sockets of a host, by protocol and address. */
async function listening(prefix: readonly string[]): Promise<ReadonlySet<string>> {
  const { stdout } = await run([...prefix, "ss", "-Hlntu"]);
  const lines = stdout.split("\n").map((line) => line.trim().split(/\s+/));
  return new Set(
    lines.flatMap(([protocol, , , , local]) => local === undefined ? [] : [`${protocol} ${local}`]),
  );
}
