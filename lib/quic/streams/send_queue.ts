import type { SendStream } from "./send_stream.ts";

/** Streams that want to send: the most urgent first, those of one priority in turn. */
export class SendQueue {
  /** Queues by priority, the largest first. */
  readonly #levels: { readonly priority: number; readonly streams: SendStream[] }[] = [];

  /** Puts a stream at the end of its queue, unless it stands in it. */
  add(stream: SendStream): void {
    if (stream.queued) return;
    stream.queued = true;
    this.#level(stream.priority).push(stream);
  }

  /**
   * Takes the next stream out.
   *
   * @returns The stream, or undefined if none wants to send.
   */
  take(): SendStream | undefined {
    for (const { streams } of this.#levels) {
      const stream = streams.shift();
      if (stream === undefined) continue;
      stream.queued = false;
      return stream;
    }
    return undefined;
  }

  /** Puts a stream in front again: it has not had its turn. */
  putBack(stream: SendStream): void {
    if (stream.queued) return;
    stream.queued = true;
    this.#level(stream.priority).unshift(stream);
  }

  #level(priority: number): SendStream[] {
    let at = 0;
    while (at < this.#levels.length && this.#levels[at]!.priority > priority) at++;
    const found = this.#levels[at];
    if (found?.priority === priority) return found.streams;
    const streams: SendStream[] = [];
    this.#levels.splice(at, 0, { priority, streams });
    return streams;
  }
}
