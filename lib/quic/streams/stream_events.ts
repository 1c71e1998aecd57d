import type { StreamDirection } from "../wire/frames.ts";

/** What happened on streams, for the user. */
export type StreamEvent =
  /** The peer opened a stream. */
  | { readonly type: "opened"; readonly id: number }
  /** There is data, the end or a reset to read. */
  | { readonly type: "readable"; readonly id: number }
  /** The peer has acknowledged bytes: there is room to write. */
  | { readonly type: "writable"; readonly id: number }
  /** The peer wants no more. */
  | { readonly type: "stopped"; readonly id: number; readonly errorCode: number }
  /** The peer has everything up to the end, or knows of the reset. */
  | { readonly type: "delivered"; readonly id: number }
  /** More streams of this direction may be opened. */
  | { readonly type: "streams-available"; readonly direction: StreamDirection };

/** Events that wait for the user. Data of a stream is told once, however much arrives before somebody looks. */
export class StreamEvents {
  readonly #queue: StreamEvent[] = [];
  readonly #readable = new Set<number>();

  push(event: StreamEvent): void {
    if (event.type === "readable") {
      if (this.#readable.has(event.id)) return;
      this.#readable.add(event.id);
    }
    this.#queue.push(event);
  }

  /** The next one; undefined if there is none. */
  shift(): StreamEvent | undefined {
    const event = this.#queue.shift();
    if (event?.type === "readable") this.#readable.delete(event.id);
    return event;
  }
}
