import type { PathChange } from "./path_book.ts";
import type { WatchEvent } from "./watch_event.ts";

/** More events than anybody reads; of a connection that flaps for days the last count. */
const MAX_EVENTS = 10_000;

/** Gives what happens its time, tells it and keeps it. */
export class WatchLog {
  readonly #startedAtMs = Date.now();
  readonly #started = performance.now();
  readonly #onEvent: (event: WatchEvent) => void;
  readonly #events: WatchEvent[] = [];
  #dropped = 0;

  /** The watch begins. */
  constructor(onEvent: (event: WatchEvent) => void) {
    this.#onEvent = onEvent;
  }

  /** When it began. */
  get startedAt(): string {
    return new Date(this.#startedAtMs).toISOString();
  }

  /** The last events. */
  get events(): readonly WatchEvent[] {
    return this.#events;
  }

  /** How many events are no longer kept. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How long it has been, in milliseconds. */
  elapsedMs(): number {
    return Math.round(performance.now() - this.#started);
  }

  /** Something happened just now. */
  add(change: PathChange): void {
    const at_ms = this.elapsedMs();
    const event = { time: new Date(this.#startedAtMs + at_ms).toISOString(), at_ms, ...change };
    this.#events.push(event);
    if (this.#events.length > MAX_EVENTS) {
      this.#events.shift();
      this.#dropped++;
    }
    this.#onEvent(event);
  }
}
