import { MptError, toMptError } from "../../lib/base/errors.ts";
import type { JsonValue } from "../../lib/base/result.ts";
import { LineChannel } from "./lines.ts";
import { decodeRequest, encodeReply, type LabReply, type LabRequest, MAX_REQUEST_BYTES } from "./protocol.ts";

/** Only this user can connect; more than so many at a time is a loop gone wild. */
const MAX_CONNECTIONS = 64;

/** What answers a request: a value, after any number of events. */
export type Answer = (
  request: LabRequest,
  emit: (event: JsonValue) => void,
  /** Aborts when whoever asked has gone. */
  signal: AbortSignal,
) => Promise<JsonValue>;

/** The control socket of a lab. */
export class ControlServer implements AsyncDisposable {
  readonly #listener: Deno.UnixListener;
  readonly #answer: Answer;
  readonly #connections = new Map<LineChannel, Promise<void>>();
  readonly #accepting: Promise<void>;

  /** Listens on `path`, which must not be there, in a folder that only this user can enter. */
  constructor(path: string, answer: Answer) {
    this.#answer = answer;
    this.#listener = Deno.listen({ transport: "unix", path });
    this.#accepting = this.#accept();
  }

  /** Hangs up on everybody. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const lines of this.#connections.keys()) lines[Symbol.dispose]();
    await Promise.all(this.#connections.values());
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      const lines = new LineChannel(connection, MAX_REQUEST_BYTES);
      if (this.#connections.size >= MAX_CONNECTIONS) {
        lines[Symbol.dispose]();
        continue;
      }
      const served = this.#serve(lines).catch(() => {}).finally(() => {
        lines[Symbol.dispose]();
        this.#connections.delete(lines);
      });
      this.#connections.set(lines, served);
    }
  }

  async #serve(lines: LineChannel): Promise<void> {
    const gone = new AbortController();
    const send = (reply: LabReply): Promise<void> => lines.write(encodeReply(reply));
    // The next request is read while this one is answered, to see when whoever asked has gone.
    let next = lines.read();
    for (let line = await next; line !== null; line = await next) {
      next = lines.read();
      const leave = (): void => gone.abort(new MptError("ERR_ABORTED", "Cannot go on: nobody waits for it"));
      void next.then((following) => following === null && leave(), leave);
      const emit = (event: JsonValue): void => void send({ kind: "event", event }).catch(() => {});
      try {
        const value = await this.#answer(decodeRequest(line), emit, gone.signal);
        await send({ kind: "answer", value });
      } catch (error) {
        await send({ kind: "error", error: toMptError(error, "Cannot do it") });
      }
    }
  }
}
