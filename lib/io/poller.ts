import { setImmediate } from "node:timers";
import { clearWake, eventDescriptor, POLLIN, PollSet, wake } from "../../ffi/mod.ts";
import { systemError } from "./system_error.ts";

interface Waiter {
  /** The descriptor, or -1, which poll() passes over, to wait for a time alone. */
  readonly fd: number;
  readonly events: number;
  /** When to end the wait, as `performance.now()` counts; Infinity is never. */
  readonly untilMs: number;
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
  /** Who waits for the thread to be ours no more. */
  #idlers: (() => void)[] = [];

  /** The events that came, or 0 when `signal` aborted or the time came first. An error or hang-up is an event. */
  wait(fd: number, events: number, untilMs: number, signal?: AbortSignal): Promise<number> {
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
        untilMs,
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
      // Somebody else has the thread now
      this.#releaseIdlers();
      if (this.#running === undefined) this.#running = this.#run();
      else wake(this.#wakeFd);
    });
  }

  /** Resolves when no thread waits for us, or there is a reason again for it to wait. */
  idle(): Promise<void> {
    if (this.#running === undefined || this.#waiters.size > 0) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.push(resolve));
  }

  #releaseIdlers(): void {
    for (const resolve of this.#idlers.splice(0)) resolve();
  }

  async #run(): Promise<void> {
    // Registrations of the same turn join the first wait.
    await Promise.resolve();
    while (this.#waiters.size > 0) {
      const waiters = [...this.#waiters];
      this.#set.fill([{ fd: this.#wakeFd, events: POLLIN }, ...waiters]);
      if (this.#set.look() === 0) await this.#sleep(waiters);
      if (this.#set.ready(0) !== 0) clearWake(this.#wakeFd);
      if (this.#resolveReady(waiters)) await this.#othersTurn();
      else await Promise.resolve();
    }
    this.#running = undefined;
    this.#releaseIdlers();
  }

  async #sleep(waiters: readonly Waiter[]): Promise<void> {
    let until = Infinity;
    for (const waiter of waiters) until = Math.min(until, waiter.untilMs);
    const timeout = until === Infinity ? WAIT_MS : Math.min(WAIT_MS, until - performance.now());
    if (timeout > 0) await this.#set.wait(timeout);
  }

  /** Ends the waits that are over; whether there was one. */
  #resolveReady(waiters: readonly Waiter[]): boolean {
    const now = performance.now();
    let any = false;
    for (let i = 0; i < waiters.length; i++) {
      const waiter = waiters[i]!;
      const ready = this.#set.ready(i + 1);
      if (ready === 0 && waiter.untilMs > now) continue;
      // Gone in the meantime: its number may belong to another socket by now.
      if (!this.#waiters.delete(waiter)) continue;
      waiter.resolve(ready);
      any = true;
    }
    return any;
  }

  /** Lets those who were told do their work: most wait again, and then need not wake the thread to say so. */
  #othersTurn(): Promise<void> {
    if (this.#waiters.size === 0) return Promise.resolve();
    return new Promise((resolve) => setImmediate(resolve));
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
  return poller.wait(fd, events, Infinity, signal);
}

/**
 * Waits for a time that setTimeout() cannot: that one takes 2 ms at least. This one is some tens of
 * microseconds late.
 *
 * @param untilMs When to end the wait, as `performance.now()` counts.
 * @param signal Ends the wait.
 */
export async function waitUntil(untilMs: number, signal?: AbortSignal): Promise<void> {
  await poller.wait(-1, 0, untilMs, signal);
}
