import type { SendOutcome } from "../../io/datagram_socket.ts";
import type { Transmit } from "../connection/transmission.ts";
import type { QuicEndpoint } from "../endpoint/endpoint.ts";
import type { Port, Ports } from "./ports.ts";
import type { Tuples } from "./tuples.ts";

/** Datagrams of one batch, and the memory for them: as many full ones as the kernel takes at once. */
const MAX_SEGMENTS = 44;
const SLAB_BYTES = 65_536;

/**
 * After so many bytes others get their turn, which is two full batches: what is not read meanwhile overflows the
 * peer's buffer.
 */
const MAX_BYTES = 100_000;

/** Batches in a row: small ones, such as acknowledgments of many paths, cost a system call each as well. */
const MAX_BATCHES = 32;

/** What sending came to: nothing is left, others should have their turn, or the kernel has no room on a socket. */
export type SendState = "done" | "more" | Port;

/** Sends what an endpoint has to say, in batches. */
export class Outgoing {
  readonly #ports: Ports;
  readonly #endpoint: QuicEndpoint;
  readonly #tuples: Tuples;
  readonly #slab = new Uint8Array(SLAB_BYTES);
  /** What the kernel had no room for: it stands in the slab from `#at` on. */
  #rest: Transmit | null = null;
  #at = 0;
  #lastOutcome: SendOutcome = "sent";

  constructor(ports: Ports, endpoint: QuicEndpoint, tuples: Tuples) {
    this.#ports = ports;
    this.#endpoint = endpoint;
    this.#tuples = tuples;
  }

  /** What became of the last batch: why this host itself lets nothing out. */
  get lastOutcome(): SendOutcome {
    return this.#lastOutcome;
  }

  /** Sends what there is to send at this time. */
  send(nowUs: number): SendState {
    if (this.#rest !== null) {
      const full = this.#hand(this.#rest, nowUs);
      if (full !== null) return full;
    }
    let bytes = 0;
    for (let count = 0; count < MAX_BATCHES && bytes < MAX_BYTES; count++) {
      const transmit = this.#endpoint.pollTransmit(nowUs, this.#slab, 0, MAX_SEGMENTS);
      if (transmit === null) return "done";
      this.#at = 0;
      bytes += transmit.end;
      const full = this.#hand(transmit, nowUs);
      if (full !== null) return full;
    }
    return "more";
  }

  /** Null when the kernel took it, or will never take it: that is a lost packet then. Else what has no room. */
  #hand(transmit: Transmit, nowUs: number): Port | null {
    const { tuple, segmentBytes, end } = transmit;
    const port = this.#ports.of(tuple.local);
    this.#rest = null;
    if (port === undefined || port.broken) return null;
    const { socket } = port;
    const remote = this.#tuples.endpoint(tuple.remote);
    const outcome = port.namesSource && tuple.local !== null
      ? socket.send(this.#slab, this.#at, end, remote, {
        segmentBytes,
        from: this.#tuples.endpoint(tuple.local),
      })
      : socket.send(this.#slab, this.#at, end, remote, { segmentBytes });
    this.#lastOutcome = outcome;
    if (outcome === "too-large") this.#endpoint.handleTooLarge(nowUs, transmit);
    if (outcome !== "blocked") return null;
    this.#at += socket.sentBytes;
    this.#rest = transmit;
    return port;
  }
}
