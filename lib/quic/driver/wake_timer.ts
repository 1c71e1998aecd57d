import { ffiUnavailableReason } from "../../io/ffi_access.ts";
import { waitUntil } from "../../io/poller.ts";
import { nowUs } from "./clock.ts";

/** Below this many milliseconds setTimeout() is too late: it waits 2 ms at the least. */
const PRECISE_MS = 4;

/** Calls back at a time: precisely where system calls can be made, else as setTimeout() does. */
export class WakeTimer {
  readonly #onTime: () => void;
  readonly #precise: boolean = ffiUnavailableReason() === null;
  #atUs = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wait: AbortController | undefined;
  #waiting: Promise<void> = Promise.resolve();

  constructor(onTime: () => void) {
    this.#onTime = onTime;
  }

  /**
   * Sets the time; Infinity is never. A later time than the one that is set is left for then: to be called too
   * early costs less than to set a timer for every packet.
   */
  set(atUs: number): void {
    if (atUs >= this.#atUs) return;
    this.#clear();
    this.#atUs = atUs;
    const delayMs = Math.max(0, (atUs - nowUs()) / 1000);
    if (this.#precise && delayMs < PRECISE_MS) {
      const wait = new AbortController();
      this.#wait = wait;
      this.#waiting = waitUntil(atUs / 1000, wait.signal).then(() => {
        if (this.#wait === wait) this.#fire();
      });
    } else {
      // What is farther away than setTimeout() can wait is looked at again then
      this.#timer = setTimeout(() => this.#fire(), Math.min(delayMs, 2 ** 30));
    }
  }

  /** Stops for good; resolves when nothing waits any more. */
  async stop(): Promise<void> {
    this.#clear();
    this.#atUs = -Infinity;
    await this.#waiting;
  }

  #fire(): void {
    this.#timer = this.#wait = undefined;
    this.#atUs = Infinity;
    this.#onTime();
  }

  #clear(): void {
    clearTimeout(this.#timer);
    this.#wait?.abort("another time");
    this.#timer = this.#wait = undefined;
  }
}
