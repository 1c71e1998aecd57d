import { ERRNO, POLLOUT, send } from "../../ffi/mod.ts";
import { waitReady } from "./poller.ts";
import { systemError } from "./system_error.ts";

/**
 * Writes to a descriptor that Deno has adopted, without Deno. Until it has received a byte, Deno (2.9) takes
 * a peer that closed its sending side for one that is gone, and fails what is being written with EPIPE.
 */
export class DirectWriter {
  readonly #fd: number;
  readonly #peer: string;
  readonly #stop = new AbortController();

  /**
   * @param fd A connected, non-blocking stream socket.
   * @param peer The other end, for messages.
   */
  constructor(fd: number, peer: string) {
    this.#fd = fd;
    this.#peer = peer;
  }

  /**
   * Writes; resolves when the kernel has taken all of it, or after `stop()`.
   *
   * @throws {MptError} `ERR_RESET` and what else the kernel says.
   */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { signal } = this.#stop;
    for (let rest = bytes; rest.length > 0 && !signal.aborted;) {
      const count = send(this.#fd, rest);
      if (count >= 0) rest = rest.subarray(count);
      else if (count === -ERRNO.EAGAIN) await waitReady(this.#fd, POLLOUT, signal);
      else if (count !== -ERRNO.EINTR) throw systemError(count, `send to ${this.#peer}`);
    }
  }

  /** Writes no more: the descriptor is about to be closed. */
  stop(): void {
    this.#stop.abort();
  }
}
