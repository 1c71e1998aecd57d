import { takeFirst } from "../../base/take_first.ts";
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
  /** Streams with an event of either kind that waits: 2 * id for data, one more for room. */
  readonly #waiting = new Set<number>();

  /** Adds an event other than those two. */
  push(event: Exclude<StreamEvent, { readonly type: "readable" | "writable" }>): void {
    this.#queue.push(event);
  }

  /** Tells that there is something to read. */
  pushReadable(id: number): void {
    if (this.#waiting.has(2 * id)) return;
    this.#waiting.add(2 * id);
    this.#queue.push({ type: "readable", id });
  }

  /** Tells that there is room to write. */
  pushWritable(id: number): void {
    if (this.#waiting.has(2 * id + 1)) return;
    this.#waiting.add(2 * id + 1);
    this.#queue.push({ type: "writable", id });
  }

  /** The next one; undefined if there is none. */
  shift(): StreamEvent | undefined {
    const event = takeFirst(this.#queue);
    if (event?.type === "readable") this.#waiting.delete(2 * event.id);
    else if (event?.type === "writable") this.#waiting.delete(2 * event.id + 1);
    return event;
  }
}
