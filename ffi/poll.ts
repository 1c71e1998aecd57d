import { SOCK_CLOEXEC, SOCK_NONBLOCK } from "./constants.ts";
import { POLLFD_LAYOUT, TIMESPEC_LAYOUT } from "./layouts/poll.ts";
import { libc, resultOrErrno } from "./library.ts";

const { size: ENTRY_BYTES, fields: ENTRY } = POLLFD_LAYOUT;

/** An hour: nobody waits longer without looking, and it fits the lower half of the seconds. */
const MAX_WAIT_US = 3600e6;

const timeoutBytes = new Uint8Array(TIMESPEC_LAYOUT.size);

/** What to wait for on one descriptor. */
export interface PollEntry {
  readonly fd: number;
  readonly events: number;
}

/**
 * An array of `struct pollfd` that lives as long as a waiting thread may write to it.
 */
export class PollSet {
  #memory: Uint8Array<ArrayBuffer> = new Uint8Array(ENTRY_BYTES * 64);
  #view: DataView<ArrayBuffer> = new DataView(this.#memory.buffer);
  #count = 0;
  // Not the one of block(): a thread may not have read it yet.
  readonly #timeout: Uint8Array<ArrayBuffer> = new Uint8Array(TIMESPEC_LAYOUT.size);

  /** Replaces the entries. Not while a wait is under way. */
  fill(entries: readonly PollEntry[]): void {
    if (entries.length * ENTRY_BYTES > this.#memory.length) {
      this.#memory = new Uint8Array(entries.length * ENTRY_BYTES * 2);
      this.#view = new DataView(this.#memory.buffer);
    }
    this.#count = entries.length;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      const at = i * ENTRY_BYTES;
      this.#view.setInt32(at + ENTRY.fd.offset, entry.fd, true);
      this.#view.setInt16(at + ENTRY.events.offset, entry.events, true);
      this.#view.setInt16(at + ENTRY.revents.offset, 0, true);
    }
  }

  /** The events that entry `index` is ready for; 0 when it is not. */
  ready(index: number): number {
    return this.#view.getUint16(index * ENTRY_BYTES + ENTRY.revents.offset, true);
  }

  /** Looks without waiting: how many entries are ready, or minus an errno. */
  look(): number {
    return resultOrErrno(libc().poll(this.#memory, this.#count, 0));
  }

  /**
   * Waits on this thread, which does nothing else meanwhile.
   *
   * @param timeoutUs The longest wait in microseconds; Infinity has no end.
   * @param count How many of the entries to wait for, from the first. @default {all}
   * @returns How many are ready, or minus an errno: -EINTR after a signal.
   */
  block(timeoutUs: number, count: number = this.#count): number {
    if (timeoutUs === Infinity) return resultOrErrno(libc().ppoll(this.#memory, count, null, null));
    writeTimeout(timeoutBytes, timeoutUs);
    return resultOrErrno(libc().ppoll(this.#memory, count, timeoutBytes, null));
  }

  /**
   * Waits on a thread of the pool, one wait at a time.
   *
   * @param timeoutMs The longest wait; a part of a millisecond counts.
   * @returns How many are ready: 0 is a timeout, a negative number an interruption.
   */
  wait(timeoutMs: number): Promise<number> {
    writeTimeout(this.#timeout, timeoutMs * 1000);
    return libc().ppoll_blocking(this.#memory, this.#count, this.#timeout, null);
  }
}

function writeTimeout(into: Uint8Array<ArrayBuffer>, timeoutUs: number): void {
  const view = new DataView(into.buffer);
  const us = Math.min(MAX_WAIT_US, Math.max(0, timeoutUs));
  const seconds = Math.floor(us / 1e6);
  const nanoseconds = Math.floor((us - seconds * 1e6) * 1000);
  view.setUint32(TIMESPEC_LAYOUT.fields.seconds.offset, seconds, true);
  view.setUint32(TIMESPEC_LAYOUT.fields.nanoseconds.offset, nanoseconds, true);
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
