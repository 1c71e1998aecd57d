import { libc, resultOrErrno } from "./library.ts";
import { SOCK_CLOEXEC, SOCK_NONBLOCK } from "./constants.ts";

/** What to wait for on one descriptor. */
export interface PollEntry {
  readonly fd: number;
  readonly events: number;
}

/**
 * An array of `struct pollfd` { int fd @0; short events @4; short revents @6 } that lives as long as
 * a waiting thread may write to it.
 */
export class PollSet {
  #memory: Uint8Array<ArrayBuffer> = new Uint8Array(8 * 64);
  #view: DataView<ArrayBuffer> = new DataView(this.#memory.buffer);
  #count = 0;

  /** Replaces the entries. Not while a wait is under way. */
  fill(entries: readonly PollEntry[]): void {
    if (entries.length * 8 > this.#memory.length) {
      this.#memory = new Uint8Array(entries.length * 16);
      this.#view = new DataView(this.#memory.buffer);
    }
    this.#count = entries.length;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      this.#view.setInt32(i * 8, entry.fd, true);
      this.#view.setInt16(i * 8 + 4, entry.events, true);
      this.#view.setInt16(i * 8 + 6, 0, true);
    }
  }

  /** The events that entry `index` is ready for; 0 when it is not. */
  ready(index: number): number {
    return this.#view.getUint16(index * 8 + 6, true);
  }

  /** Looks without waiting: how many entries are ready, or minus an errno. */
  look(): number {
    return resultOrErrno(libc().poll(this.#memory, this.#count, 0));
  }

  /** Waits on a thread of the pool: how many are ready (0 is a timeout, negative an interruption). */
  wait(timeoutMs: number): Promise<number> {
    return libc().poll_blocking(this.#memory, this.#count, timeoutMs);
  }
}

const counter = new Uint8Array(8);

/** A descriptor that {@linkcode wake} makes readable; minus an errno on failure. */
export function eventDescriptor(): number {
  return resultOrErrno(libc().eventfd(0, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

/** Makes an event descriptor readable. */
export function wake(fd: number): void {
  counter.fill(0);
  counter[0] = 1;
  libc().write(fd, counter, 8);
}

/** Makes an event descriptor unreadable again. */
export function clearWake(fd: number): void {
  libc().read(fd, counter, 8);
}
