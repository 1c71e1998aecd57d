import type { QuicPathEvent } from "./path_api.ts";
import { Signal } from "./signal.ts";

/** Events that a slow listener may leave waiting; of more the oldest are dropped for it. */
const MAX_WAITING = 1024;

/** What happens to the paths of a connection, for everybody who listens. */
export class PathEvents {
  /** What each of them has not taken yet: most connections have no listener. */
  #listeners: Set<QuicPathEvent[]> | null = null;
  readonly #signal = new Signal();
  #ended = false;

  push(event: QuicPathEvent): void {
    for (const waiting of this.#listeners ?? []) {
      waiting.push(event);
      if (waiting.length > MAX_WAITING) waiting.shift();
    }
    this.#signal.notify();
  }

  /** Nothing happens any more. */
  end(): void {
    this.#ended = true;
    this.#signal.notify();
  }

  /** What happens from now on, until the connection is over or the signal aborts. */
  listen(signal?: AbortSignal): AsyncIterableIterator<QuicPathEvent> {
    const waiting: QuicPathEvent[] = [];
    this.#listeners ??= new Set();
    this.#listeners.add(waiting);
    return this.#deliver(waiting, signal);
  }

  async *#deliver(
    waiting: QuicPathEvent[],
    signal: AbortSignal | undefined,
  ): AsyncIterableIterator<QuicPathEvent> {
    const onAbort = (): void => this.#signal.notify();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      for (;;) {
        for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) yield event;
        if (this.#ended || signal?.aborted === true) return;
        await this.#signal.wait();
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#listeners?.delete(waiting);
    }
  }
}
