import { Endpoint } from "../../lib/base/endpoint.ts";
import { Ip } from "../../lib/base/ip.ts";
import type { DatagramBackend, DatagramSocket } from "../../lib/io/datagram_socket.ts";
import { openDatagramSocket } from "../../lib/io/open_datagram_socket.ts";
import type { Connection } from "../../lib/quic/connection/connection.ts";
import type { ConnectionEvent } from "../../lib/quic/connection/events.ts";
import type { QuicEndpoint } from "../../lib/quic/endpoint/endpoint.ts";
import type { SocketAddress, Tuple } from "../../lib/quic/connection/tuple.ts";

/** Datagrams of one batch. */
const MAX_SEGMENTS = 40;

/** Batches in a row before others get their turn. */
const MAX_BATCHES = 16;

/** Moves the datagrams of an endpoint with one connection over a real socket: what the transport does for many. */
export class QuicDriver implements AsyncDisposable {
  readonly socket: DatagramSocket;
  readonly endpoint: QuicEndpoint;
  connection: Connection | null;
  readonly events: ConnectionEvent[] = [];
  /** The share of datagrams that are lost, in both directions. */
  loss = 0;
  readonly #slab = new Uint8Array(65_536);
  readonly #addresses = new Map<Endpoint, SocketAddress>();
  readonly #endpoints = new Map<SocketAddress, Endpoint>();
  #work: (driver: QuicDriver) => void = () => {};
  #wakeup = new AbortController();
  #stopped = false;
  readonly done: Promise<void>;

  /** @param connection That of a client; a server takes the first that comes. */
  constructor(socket: DatagramSocket, endpoint: QuicEndpoint, connection: Connection | null) {
    this.socket = socket;
    this.endpoint = endpoint;
    this.connection = connection;
    this.done = this.#run();
  }

  static now(): number {
    return performance.now() * 1000;
  }

  static open(backend?: DatagramBackend): Promise<DatagramSocket> {
    return openDatagramSocket({
      address: Ip.parse("127.0.0.1"),
      ...(backend === undefined ? {} : { backend }),
    });
  }

  /** The address that the core knows for an endpoint: the same object for the same peer. */
  address(endpoint: Endpoint): SocketAddress {
    let address = this.#addresses.get(endpoint);
    if (address === undefined) {
      address = { ip: endpoint.ip!, port: endpoint.port! };
      this.#addresses.set(endpoint, address);
    }
    return address;
  }

  /** Runs whenever something happened, until it says that it is done. */
  until(work: (connection: Connection, events: readonly ConnectionEvent[]) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#work = () => {
        const { connection } = this;
        if (connection === null) return;
        try {
          if (work(connection, this.events)) {
            this.#work = () => {};
            resolve();
          } else if (connection.closeReason !== null) {
            this.#work = () => {};
            reject(
              new Error(`closed: ${JSON.stringify(connection.closeReason)} ${connection.closeReason.cause}`),
            );
          }
        } catch (error) {
          this.#work = () => {};
          reject(error);
        }
      };
      this.wake();
    });
  }

  /** Something was done to the connection. */
  wake(): void {
    this.#wakeup.abort();
  }

  async #run(): Promise<void> {
    const { endpoint } = this;
    while (!this.#stopped) {
      const nowUs = QuicDriver.now();
      this.#receive(nowUs);
      if (endpoint.pollTimeout() <= nowUs) endpoint.handleTimeout(nowUs);
      this.connection ??= endpoint.pollIncoming() ?? null;
      const { connection } = this;
      if (connection !== null) {
        for (let event = connection.pollEvent(); event !== undefined; event = connection.pollEvent()) {
          this.events.push(event);
        }
        this.#work(this);
        endpoint.touch(connection, nowUs);
      }
      if (this.#send(nowUs)) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      if (this.#wakeup.signal.aborted) {
        this.#wakeup = new AbortController();
        continue;
      }
      const waitMs = (endpoint.pollTimeout() - QuicDriver.now()) / 1000;
      const wakeup = this.#wakeup;
      const timer = waitMs < Infinity ? setTimeout(() => wakeup.abort(), Math.max(0, waitMs)) : undefined;
      const open = await this.socket.readable(wakeup.signal);
      clearTimeout(timer);
      if (!open && !wakeup.signal.aborted) return;
      if (wakeup.signal.aborted && wakeup === this.#wakeup) this.#wakeup = new AbortController();
    }
  }

  #receive(nowUs: number): void {
    this.socket.receive((buffer, start, end, remote, local) => {
      if (Math.random() < this.loss) return;
      const tuple: Tuple = { local: this.address(local), remote: this.address(remote) };
      this.#endpoints.set(tuple.remote, remote);
      this.endpoint.handleDatagram(nowUs, tuple, buffer, start, end);
    });
  }

  /** @returns Whether there may be more. */
  #send(nowUs: number): boolean {
    for (let count = 0; count < MAX_BATCHES; count++) {
      const out = this.endpoint.pollTransmit(nowUs, this.#slab, 0, this.loss > 0 ? 1 : MAX_SEGMENTS);
      if (out === null) return false;
      if (Math.random() < this.loss) continue;
      let remote = this.#endpoints.get(out.tuple.remote);
      if (remote === undefined) {
        remote = Endpoint.of(out.tuple.remote.ip, out.tuple.remote.port);
        this.#endpoints.set(out.tuple.remote, remote);
      }
      this.socket.send(this.#slab, 0, out.end, remote, { segmentBytes: out.segmentBytes });
    }
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.wake();
    await this.done;
    this.endpoint.abandon();
    await this.socket.close();
  }
}
