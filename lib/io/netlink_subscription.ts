import { close, ERRNO, NETLINK_GENERIC, netlinkSubscription, POLLIN, receive } from "../../ffi/mod.ts";
import { requireFfi } from "./ffi_access.ts";
import { waitReady } from "./poller.ts";
import { systemError } from "./system_error.ts";

/** More than any message that the kernel sends to a group. */
const RECEIVE_BYTES = 65_536;

/** A multicast group of generic netlink that is listened to. */
export class GenericSubscription implements AsyncDisposable {
  readonly #fd: number;
  readonly #closing = new AbortController();
  #waiting: Promise<unknown> = Promise.resolve();

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Joins a group; what happens from now on is kept until it is read.
   *
   * @param group The group's number.
   * @param action What it is for, such as `watch the path manager`.
   * @throws {MptError} `ERR_PERMISSION` when the group needs CAP_NET_ADMIN; `ERR_NOT_LINUX`,
   *   `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`, or what the kernel said.
   */
  static join(group: number, action: string): GenericSubscription {
    requireFfi(action);
    const fd = netlinkSubscription(NETLINK_GENERIC, group);
    if (fd < 0) throw systemError(fd, action);
    return new GenericSubscription(fd);
  }

  /**
   * What the kernel sent next. One call at a time.
   *
   * @returns A datagram of whole messages; `"lost"` when messages came faster than they were read, so that the
   *   kernel dropped some; null once this is closed.
   */
  async next(): Promise<Uint8Array<ArrayBuffer> | "lost" | null> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const buffer = new Uint8Array(RECEIVE_BYTES);
      const count = receive(this.#fd, buffer);
      if (count >= 0) return buffer.subarray(0, count);
      switch (-count) {
        case ERRNO.EAGAIN:
          await (this.#waiting = waitReady(this.#fd, POLLIN, signal));
          break;
        case ERRNO.EINTR:
          break;
        case ERRNO.ENOBUFS:
          return "lost";
        default:
          throw systemError(count, "read from the kernel by netlink");
      }
    }
    return null;
  }

  /** Leaves the group; a call of `next` that waits resolves with null. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#waiting;
    close(this.#fd);
  }

  /** As {@linkcode close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
