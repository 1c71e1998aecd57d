import type { DatagramSocket } from "../../io/datagram_socket.ts";
import type { Transmit } from "../connection/transmission.ts";
import type { QuicEndpoint } from "../endpoint/endpoint.ts";
import type { Tuples } from "./tuples.ts";

/** Datagrams of one batch, and the memory for them. */
const MAX_SEGMENTS = 40;
const SLAB_BYTES = 65_536;

/** Batches in a row before others get their turn: few, since what is not read meanwhile overflows the peer's buffer. */
const MAX_BATCHES = 2;

/** What sending came to: nothing is left, others should have their turn, or the kernel has no room. */
export type SendState = "done" | "more" | "blocked";

/** Sends what an endpoint has to say, in batches. */
export class Outgoing {
  readonly #socket: DatagramSocket;
  readonly #endpoint: QuicEndpoint;
  readonly #tuples: Tuples;
  readonly #anyAddress: boolean;
  readonly #slab = new Uint8Array(SLAB_BYTES);
  /** What the kernel had no room for: it stands in the slab from `#at` on. */
  #rest: Transmit | null = null;
  #at = 0;

  constructor(socket: DatagramSocket, endpoint: QuicEndpoint, tuples: Tuples) {
    this.#socket = socket;
    this.#endpoint = endpoint;
    this.#tuples = tuples;
    this.#anyAddress = socket.features.packetInfo &&
      socket.local.ip!.bytes.every((byte) => byte === 0);
  }

  /** Sends what there is to send at this time. */
  send(nowUs: number): SendState {
    if (this.#rest !== null && !this.#hand(this.#rest)) return "blocked";
    for (let count = 0; count < MAX_BATCHES; count++) {
      const transmit = this.#endpoint.pollTransmit(nowUs, this.#slab, 0, MAX_SEGMENTS);
      if (transmit === null) return "done";
      this.#at = 0;
      if (!this.#hand(transmit)) return "blocked";
    }
    return "more";
  }

  /** Whether the kernel took it, or will never take it: that is a lost packet then. */
  #hand(transmit: Transmit): boolean {
    const { tuple, segmentBytes, end } = transmit;
    const remote = this.#tuples.endpoint(tuple.remote);
    const outcome = this.#anyAddress && tuple.local !== null
      ? this.#socket.send(this.#slab, this.#at, end, remote, {
        segmentBytes,
        from: this.#tuples.endpoint(tuple.local),
      })
      : this.#socket.send(this.#slab, this.#at, end, remote, { segmentBytes });
    if (outcome === "blocked") {
      this.#at += this.#socket.sentBytes;
      this.#rest = transmit;
      return false;
    }
    this.#rest = null;
    return true;
  }
}
