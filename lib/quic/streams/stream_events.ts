import type { StreamDirection } from "../wire/frames.ts";

/** What happened on streams, for the user. */
export type StreamEvent =
  /** The peer opened a stream. */
  | { readonly type: "opened"; readonly id: number }
  /** There is data, the end or a reset to read. */
  | { readonly type: "readable"; readonly id: number }
  /** The peer has acknowledged bytes, or most that was written was sent: there is room to write. */
  | { readonly type: "writable"; readonly id: number }
  /** The peer wants no more. */
  | { readonly type: "stopped"; readonly id: number; readonly errorCode: number }
  /** The peer has everything up to the end, or knows of the reset. */
  | { readonly type: "delivered"; readonly id: number }
  /** More streams of this direction may be opened. */
  | { readonly type: "streams-available"; readonly direction: StreamDirection };

/**
 * Events that wait for the user. Data and room of a stream are told once, however much comes before somebody
 * looks.
 */
export class StreamEvents {
  readonly #queue: StreamEvent[] = [];
  readonly #readable = new Set<number>();
  readonly #writable = new Set<number>();

  /** Adds an event other than those two. */
  push(event: Exclude<StreamEvent, { readonly type: "readable" | "writable" }>): void {
    this.#queue.push(event);
  }

  /** Tells that there is something to read. */
  pushReadable(id: number): void {
    if (this.#readable.has(id)) return;
    this.#readable.add(id);
    this.#queue.push({ type: "readable", id });
  }

  /** Tells that there is room to write. */
  pushWritable(id: number): void {
    if (this.#writable.has(id)) return;
    this.#writable.add(id);
    this.#queue.push({ type: "writable", id });
  }

  /** The next one; undefined if there is none. */
  shift(): StreamEvent | undefined {
    const event = this.#queue.shift();
    if (event?.type === "readable") this.#readable.delete(event.id);
    else if (event?.type === "writable") this.#writable.delete(event.id);
    return event;
  }
}
