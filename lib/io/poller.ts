import { clearWake, eventDescriptor, POLLIN, PollSet, wake } from "../../ffi/mod.ts";
import { systemError } from "./system_error.ts";

interface Waiter {
  readonly fd: number;
  readonly events: number;
  readonly resolve: (ready: number) => void;
}

/**
 * How long one wait may sit in a pool thread. A change of the set wakes it at once, so this bounds only
 * what a lost wake-up would cost.
 */
const WAIT_MS = 1000;

/**
 * Waits for readiness of many descriptors with one thread of Deno's pool: the pool has 32, so a thread for
 * each connect would stop file and name look-ups at 32 connects.
 */
class Poller {
  readonly #waiters = new Set<Waiter>();
  readonly #set = new PollSet();
  #wakeFd = -1;
  #running: Promise<void> | undefined;

  /** The events that came, or 0 when `signal` aborted first. An error or hang-up counts as ready. */
  wait(fd: number, events: number, signal?: AbortSignal): Promise<number> {
    if (signal?.aborted) return Promise.resolve(0);
    if (this.#wakeFd < 0) {
      const wakeFd = eventDescriptor();
      if (wakeFd < 0) return Promise.reject(systemError(wakeFd, "make an event descriptor"));
      this.#wakeFd = wakeFd;
    }
    return new Promise((resolve) => {
      const waiter: Waiter = {
        fd,
        events,
        resolve: (ready) => {
          signal?.removeEventListener("abort", cancel);
          resolve(ready);
        },
      };
      const cancel = (): void => {
        if (!this.#waiters.delete(waiter)) return;
        wake(this.#wakeFd);
        // The last waiter leaves no wait behind: nothing of ours outlives the promise.
        if (this.#waiters.size === 0) this.idle().then(() => resolve(0));
        else resolve(0);
      };
      signal?.addEventListener("abort", cancel, { once: true });
      this.#waiters.add(waiter);
      if (this.#running === undefined) this.#running = this.#run();
      else wake(this.#wakeFd);
    });
  }

  /** Resolves when no thread waits for us. */
  async idle(): Promise<void> {
    while (this.#running !== undefined && this.#waiters.size === 0) await this.#running;
  }

  async #run(): Promise<void> {
    // Registrations of the same turn join the first wait.
    await Promise.resolve();
    while (this.#waiters.size > 0) {
      const waiters = [...this.#waiters];
      this.#set.fill([{ fd: this.#wakeFd, events: POLLIN }, ...waiters]);
      if (this.#set.look() === 0) await this.#set.wait(WAIT_MS);
      if (this.#set.ready(0) !== 0) clearWake(this.#wakeFd);
      for (let i = 0; i < waiters.length; i++) {
        const waiter = waiters[i]!;
        const ready = this.#set.ready(i + 1);
        // Gone in the meantime: its number may belong to another socket by now.
        if (ready !== 0 && this.#waiters.delete(waiter)) waiter.resolve(ready);
      }
      await Promise.resolve();
    }
    this.#running = undefined;
  }
}

const poller = new Poller();

/**
 * Waits until a descriptor is ready.
 *
 * @param fd A pollable descriptor that stays open meanwhile.
 * @param events POLLIN or POLLOUT.
 * @param signal Ends the wait.
 * @returns The events that came, or 0 after an abort.
 */
export function waitReady(fd: number, events: number, signal?: AbortSignal): Promise<number> {
  return poller.wait(fd, events, signal);
}
