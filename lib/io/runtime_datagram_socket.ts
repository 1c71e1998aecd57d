import { setImmediate } from "node:timers";
import type { Endpoint } from "../base/endpoint.ts";
import { DatagramOutbox, type Transmit } from "./datagram_outbox.ts";
import { DatagramQueue } from "./datagram_queue.ts";
import { checkRange, checkRemote, closedError, nestedError, type Reach } from "./datagram_remote.ts";
import type {
  DatagramBackend,
  DatagramFeatures,
  DatagramHandler,
  DatagramReport,
  DatagramSendOptions,
  DatagramSocket,
  SendOutcome,
} from "./datagram_socket.ts";
import { ioError } from "./system_error.ts";
import { turnIfDue } from "./turn.ts";

/** The largest payload of a UDP datagram without jumbograms: 65535 less the headers (IPv6 does not count its own). */
const MAX_V4_BYTES = 65_507;
const MAX_V6_BYTES = 65_527;

const FEATURES: DatagramFeatures = {
  segmentation: false,
  ecn: false,
  packetInfo: false,
  dontFragment: false,
  reports: false,
};

/** Takes what a runtime receives. */
export interface DatagramSink {
  /** Takes a datagram; a peer that is not wanted is left out. */
  push(buffer: Uint8Array<ArrayBuffer>, start: number, end: number, remote: Endpoint): void;
  /** Whether everything that was pushed has been handed over, so that its memory is free. */
  isEmpty(): boolean;
  /** Takes what ended the receiving. */
  fail(error: unknown): void;
}

/** A UDP socket of the runtime. */
export interface RuntimeDatagrams {
  readonly backend: DatagramBackend;
  readonly local: Endpoint;
  readonly reach: Reach;
  /** Sends one datagram; the bytes do not change meanwhile. */
  send(bytes: Uint8Array<ArrayBuffer>, address: string, port: number): Promise<unknown>;
  /** Gives what is received to a sink from now on. */
  attach(sink: DatagramSink): void;
  /** Sees to it that datagrams are being received; it is called before each wait. */
  start(): void;
  /** Tells that everything that was pushed has been handed over. */
  drained(): void;
  close(): Promise<void>;
}

/** A peer as the runtime wants it. */
interface Peer {
  readonly address: string;
  readonly port: number;
}

/** A datagram socket over one of the runtime's: it works everywhere, without batches, marks and packet info. */
export class RuntimeDatagramSocket implements DatagramSocket {
  readonly backend: DatagramBackend;
  readonly backendReason: string | null;
  readonly features: DatagramFeatures = FEATURES;
  readonly local: Endpoint;
  readonly receiveBufferBytes = null;
  readonly #socket: RuntimeDatagrams;
  readonly #only: Endpoint | undefined;
  readonly #queue = new DatagramQueue();
  readonly #outbox: DatagramOutbox;
  readonly #peers = new WeakMap<Endpoint, Peer>();
  readonly #waiters = new Set<() => void>();
  #sentBytes = 0;
  #handling = false;
  #closed = false;

  /** Takes a socket of the runtime, why it is that one, and the only peer if there is one. */
  constructor(socket: RuntimeDatagrams, reason: string | null, only: Endpoint | undefined) {
    this.#socket = socket;
    this.backend = socket.backend;
    this.backendReason = reason;
    this.local = socket.local;
    this.#only = only;
    socket.attach({
      push: (buffer, start, end, remote) => this.#push(buffer, start, end, remote),
      isEmpty: () => this.#queue.length === 0,
      fail: (error) => this.#fail(error),
    });
    const transmit: Transmit = (bytes, address, port) => socket.send(bytes, address, port);
    this.#outbox = new DatagramOutbox(transmit, () => this.#wakeAll());
  }

  get dropped(): number | null {
    // What the kernel threw away is not known, and there is no telling that it was nothing.
    return this.#queue.dropped > 0 ? this.#queue.dropped : null;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  receive(onDatagram: DatagramHandler): number {
    if (this.#handling) throw nestedError();
    if (this.#closed) return 0;
    const { failure } = this.#queue;
    if (failure !== undefined) {
      this.#queue.failure = undefined;
      throw failure;
    }
    this.#handling = true;
    try {
      return this.#queue.drain(onDatagram, this.local, () => !this.#closed);
    } finally {
      this.#handling = false;
      this.#socket.drained();
    }
  }

  async readable(signal?: AbortSignal): Promise<boolean> {
    const ready = await this.#wait(() => this.#queue.length > 0 || this.#hasNews(), signal);
    // One datagram is there; meanwhile the runtime gathers what came with it.
    if (ready) await new Promise((resolve) => setImmediate(resolve));
    return ready && !this.#closed && !signal?.aborted;
  }

  async writable(signal?: AbortSignal): Promise<boolean> {
    return await this.#wait(() => this.#outbox.hasRoom(MAX_V6_BYTES), signal);
  }

  send(
    buffer: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    remote: Endpoint,
    options?: DatagramSendOptions,
  ): SendOutcome {
    if (this.#closed) throw closedError(this.local);
    this.#sentBytes = 0;
    const segmentBytes = options?.segmentBytes ?? 0;
    checkRange(buffer, start, end, segmentBytes);
    const peer = this.#peers.get(remote) ?? this.#meet(remote);
    const datagram = segmentBytes > 0 ? Math.min(segmentBytes, end - start) : end - start;
    const most = remote.ip!.unmapped().family === 4 ? MAX_V4_BYTES : MAX_V6_BYTES;
    if (datagram > most) return "too-large";
    let at = start;
    do {
      const stop = Math.min(at + datagram, end);
      if (!this.#outbox.hasRoom(stop - at)) return "blocked";
      // The runtime may send it later, and the caller uses the buffer again.
      this.#outbox.add(buffer.slice(at, stop), peer.address, peer.port);
      at = stop;
      this.#sentBytes = at - start;
    } while (at < end);
    return "sent";
  }

  takeReport(): DatagramReport | null {
    const { report } = this.#outbox;
    this.#outbox.report = null;
    return report;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#wakeAll();
    // The kernel still gets what was said to be sent.
    await this.#outbox.idle();
    await this.#socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #wait(ready: () => boolean, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#closed || signal?.aborted) return false;
    this.#socket.start();
    await turnIfDue();
    while (!this.#closed && !signal?.aborted) {
      if (ready()) return true;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.#waiters.delete(done);
          signal?.removeEventListener("abort", done);
          resolve();
        };
        this.#waiters.add(done);
        signal?.addEventListener("abort", done, { once: true });
      });
    }
    return false;
  }

  #hasNews(): boolean {
    return this.#outbox.report !== null || this.#queue.failure !== undefined;
  }

  #push(buffer: Uint8Array<ArrayBuffer>, start: number, end: number, remote: Endpoint): void {
    if (this.#closed || (this.#only !== undefined && !this.#only.equals(remote))) return;
    this.#queue.push(buffer, start, end, remote);
    this.#wakeAll();
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.#queue.failure = ioError(error, `receive on ${this.local.address}`);
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  #meet(remote: Endpoint): Peer {
    const { ip, port } = checkRemote(remote, this.#socket.reach);
    const peer = { address: ip.toString(), port };
    this.#peers.set(remote, peer);
    return peer;
  }
}
