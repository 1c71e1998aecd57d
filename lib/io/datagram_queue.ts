import type { Endpoint } from "../base/endpoint.ts";
import type { DatagramHandler } from "./datagram_socket.ts";

/** What may wait to be received, in datagrams: about what a buffer of the kernel holds. */
const MAX_DATAGRAMS = 4096;

/** The datagrams that a runtime has already received, until they are asked for. */
export class DatagramQueue {
  /** How many were thrown away because too many waited. */
  dropped = 0;
  /** What ended the receiving, to be thrown at the next look. */
  failure: Error | undefined;
  #buffers: Uint8Array<ArrayBuffer>[] = [];
  #starts: number[] = [];
  #ends: number[] = [];
  #remotes: Endpoint[] = [];
  #next = 0;

  /** How many wait. */
  get length(): number {
    return this.#buffers.length - this.#next;
  }

  /** Adds a datagram, which must not change until `drain` has handed it over. */
  push(buffer: Uint8Array<ArrayBuffer>, start: number, end: number, remote: Endpoint): void {
    if (this.length >= MAX_DATAGRAMS) {
      this.dropped++;
      return;
    }
    this.#buffers.push(buffer);
    this.#starts.push(start);
    this.#ends.push(end);
    this.#remotes.push(remote);
  }

  /** Hands over what waits, as long as `going` says so: how many. */
  drain(onDatagram: DatagramHandler, local: Endpoint, going: () => boolean): number {
    let count = 0;
    try {
      while (this.length > 0 && going()) {
        const i = this.#next++;
        count++;
        onDatagram(this.#buffers[i]!, this.#starts[i]!, this.#ends[i]!, this.#remotes[i]!, local, -1, 0);
      }
    } finally {
      this.#clear();
    }
    return count;
  }

  #clear(): void {
    this.#buffers = [];
    this.#starts = [];
    this.#ends = [];
    this.#remotes = [];
    this.#next = 0;
  }
}
