import { MptError } from "../../lib/base/errors.ts";
import type { JsonValue } from "../../lib/base/result.ts";
import { orAborted } from "../../lib/io/deadline.ts";
import { LineChannel } from "./lines.ts";
import { decodeReply, encodeRequest, type LabRequest, MAX_REPLY_BYTES } from "./protocol.ts";

/** A connection to the owner of a lab. */
export class ControlClient implements Disposable {
  readonly #lines: LineChannel;

  /** Use {@linkcode connectToLab}. */
  constructor(lines: LineChannel) {
    this.#lines = lines;
  }

  /**
   * Asks for something and waits for the answer.
   *
   * @param onEvent Told what happens on the way.
   * @throws {MptError} The error that the owner answers with, or `ERR_PROGRAM` when it is gone.
   */
  async request(
    request: LabRequest,
    options: { readonly signal?: AbortSignal; readonly onEvent?: (event: JsonValue) => void } = {},
  ): Promise<JsonValue> {
    const answered = this.#exchange(request, options.onEvent ?? (() => {}));
    return await orAborted(answered, `wait for the lab (${request.op})`, options.signal);
  }

  /** Resolves when the owner is gone; nothing may be asked any more. */
  async ended(): Promise<void> {
    while (await this.#lines.read().catch(() => null) !== null);
  }

  /** Hangs up. */
  [Symbol.dispose](): void {
    this.#lines[Symbol.dispose]();
  }

  async #exchange(request: LabRequest, onEvent: (event: JsonValue) => void): Promise<JsonValue> {
    await this.#lines.write(encodeRequest(request)).catch(() => {});
    for (;;) {
      const line = await this.#lines.read();
      if (line === null) throw new MptError("ERR_PROGRAM", "Cannot ask the lab: it ended");
      const reply = decodeReply(line);
      if (reply.kind === "answer") return reply.value;
      if (reply.kind === "error") throw reply.error;
      onEvent(reply.event);
    }
  }
}

/**
 * Connects to the owner of a lab.
 *
 * @param path The control socket.
 * @returns Null when nobody listens.
 */
export async function connectToLab(path: string): Promise<ControlClient | null> {
  try {
    const connection = await Deno.connect({ transport: "unix", path });
    return new ControlClient(new LineChannel(connection, MAX_REPLY_BYTES));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.ConnectionRefused) return null;
    throw error;
  }
}
