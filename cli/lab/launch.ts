import { MptError } from "../../lib/base/errors.ts";
import { orAborted } from "../../lib/io/deadline.ts";
import { decodeHello, type LabHello } from "./hello.ts";
import { LineChannel } from "./lines.ts";
import type { OwnerSpec } from "./owner_spec.ts";
import { decodeError, MAX_REPLY_BYTES } from "./protocol.ts";
import { selfArgv } from "./self.ts";

/** The owner of a lab, started by this process. */
export class LaunchedLab implements AsyncDisposable {
  readonly hello: LabHello;
  readonly #child: Deno.ChildProcess;
  readonly #lifeline: WritableStreamDefaultWriter<Uint8Array>;

  /** Use {@linkcode launch}. */
  constructor(hello: LabHello, child: Deno.ChildProcess, lifeline: WritableStreamDefaultWriter<Uint8Array>) {
    this.hello = hello;
    this.#child = child;
    this.#lifeline = lifeline;
  }

  /** Ends the lab, if it has a lifeline, and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lifeline.close().catch(() => {});
    await this.#child.status;
  }
}

/**
 * Starts the owner of a lab as a process of its own, in a session of its own: Ctrl-C at the terminal is meant
 * for the command in the lab, not for the lab.
 *
 * @returns The owner, when the lab is ready.
 * @throws {MptError} What went wrong in the owner; when the signal aborts, after the owner has cleaned up.
 */
export async function launch(spec: OwnerSpec, signal: AbortSignal): Promise<LaunchedLab> {
  const [program = "", ...args] = selfArgv(["lab", "owner"]);
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  const complaints = new Response(child.stderr).text().catch(() => "");
  const lifeline = child.stdin.getWriter();
  const reader = child.stdout.getReader();
  try {
    await lifeline.write(new TextEncoder().encode(`${JSON.stringify(spec)}\n`)).catch(() => {});
    const line = await orAborted(firstLine(reader), "make the lab", signal);
    if (line === null) {
      throw new MptError(
        "ERR_PROGRAM",
        `Cannot make the lab: its owner ended\n${await complaints}`.trimEnd(),
      );
    }
    return new LaunchedLab(read(line), child, lifeline);
  } catch (error) {
    await lifeline.close().catch(() => {});
    try {
      child.kill("SIGTERM");
    } catch {
      // It is over.
    }
    await child.status;
    throw error;
  }
}

function read(line: string): LabHello {
  const value: unknown = JSON.parse(line);
  if (typeof value === "object" && value !== null) {
    if ("ready" in value) return decodeHello(value.ready);
    if ("error" in value) throw decodeError(value.error);
  }
  throw new MptError("ERR_PROTOCOL", "Cannot make the lab: its owner says neither ready nor error");
}

async function firstLine(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string | null> {
  let rest = new Uint8Array();
  const channel = {
    async read(buffer: Uint8Array): Promise<number | null> {
      if (rest.length === 0) rest = new Uint8Array((await reader.read()).value ?? []);
      if (rest.length === 0) return null;
      const count = Math.min(rest.length, buffer.length);
      buffer.set(rest.subarray(0, count));
      rest = rest.slice(count);
      return count;
    },
    write: (): Promise<number> => Promise.resolve(0),
    close: (): void => {},
  };
  return await new LineChannel(channel, MAX_REPLY_BYTES).read();
}
