import type { SendStream } from "./send_stream.ts";

/** Of how many streams the bytes are counted: schedulers want to know whether there is much, not how much. */
const MAX_COUNTED = 32;

/** Streams that want to send: the most urgent first, those of one priority in turn. */
export class SendQueue {
  /** Queues by priority, the largest first. */
  readonly #levels: { readonly priority: number; readonly streams: SendStream[] }[] = [];

  #count = 0;

  /** Whether no stream stands in it. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Puts a stream at the end of its queue, unless it stands in it. */
  add(stream: SendStream): void {
    if (stream.queued) return;
    stream.queued = true;
    this.#count++;
    this.#level(stream.priority).push(stream);
  }

  /**
   * Takes the next stream out.
   *
   * @returns The stream, or undefined if none wants to send.
   */
  take(): SendStream | undefined {
    if (this.#count === 0) return undefined;
    for (const { streams } of this.#levels) {
      // Moving none costs less than a shift, which the one stream of a bulk transfer would pay for every packet
      const stream = streams.length === 1 ? streams.pop() : streams.shift();
      if (stream === undefined) continue;
      stream.queued = false;
      this.#count--;
      return stream;
    }
    return undefined;
  }

  /** Puts a stream in front again: it has not had its turn. */
  putBack(stream: SendStream): void {
    if (stream.queued) return;
    stream.queued = true;
    this.#count++;
    const streams = this.#level(stream.priority);
    if (streams.length === 0) streams.push(stream);
    else streams.unshift(stream);
  }

  /** The stream whose turn is next; undefined if none wants to send. */
  get next(): SendStream | undefined {
    for (const { streams } of this.#levels) {
      if (streams.length > 0) return streams[0];
    }
    return undefined;
  }

  /** What the first of the streams that want to send have to send, in bytes. */
  get queuedBytes(): number {
    let bytes = 0;
    let count = 0;
    for (const { streams } of this.#levels) {
      for (const stream of streams) {
        if (++count > MAX_COUNTED) return bytes;
        bytes += stream.queuedBytes;
      }
    }
    return bytes;
  }

  /** Whether one of the first streams that want to send is not finished: more may come. */
  get openEnded(): boolean {
    let count = 0;
    for (const { streams } of this.#levels) {
      for (const stream of streams) {
        if (stream.state === "open") return true;
        if (++count > MAX_COUNTED) return false;
      }
    }
    return false;
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
