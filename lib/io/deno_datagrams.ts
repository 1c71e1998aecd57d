import { Endpoint } from "../base/endpoint.ts";
import { Ip } from "../base/ip.ts";
import type { DatagramSocketOptions } from "./datagram_socket.ts";
import { PeerNames } from "./peer_names.ts";
import type { DatagramSink, RuntimeDatagrams } from "./runtime_datagram_socket.ts";
import { ioError } from "./system_error.ts";

/** The longest datagram. */
const DATAGRAM_BYTES = 65_536;

/** Memory for what has arrived; full when the longest datagram no longer fits. */
const SLAB_BYTES = 1 << 20;

/** `Deno.listenDatagram`: one datagram a call, received into memory of ours. Needs `--unstable-net`. */
export class DenoDatagrams implements RuntimeDatagrams {
  readonly backend = "deno";
  readonly local: Endpoint;
  readonly reach: { readonly family: 4 | 6; readonly dualStack: boolean };
  readonly #connection: Deno.DatagramConn;
  readonly #names = new PeerNames();
  readonly #slab = new Uint8Array(SLAB_BYTES);
  #sink: DatagramSink | undefined;
  #at = 0;
  #closed = false;
  #pump: Promise<void> | undefined;
  #onDrained: (() => void) | undefined;

  private constructor(connection: Deno.DatagramConn, local: Endpoint) {
    this.#connection = connection;
    this.local = local;
    this.reach = { family: local.ip!.family, dualStack: true };
  }

  /**
   * Binds a socket.
   *
   * @throws {MptError} `ERR_NET_PERMISSION`, `ERR_ADDRESS_IN_USE`, `ERR_ADDRESS_NOT_LOCAL` and so on.
   */
  static open(options: DatagramSocketOptions, action: string): DenoDatagrams {
    const hostname = options.address.toString();
    try {
      const connection = Deno.listenDatagram({ transport: "udp", hostname, port: options.port ?? 0 });
      const address = connection.addr;
      const port = address.transport === "udp" ? address.port : 0;
      return new DenoDatagrams(connection, Endpoint.of(Ip.parse(hostname), port));
    } catch (error) {
      throw ioError(error, action);
    }
  }

  send(bytes: Uint8Array<ArrayBuffer>, hostname: string, port: number): Promise<unknown> {
    return this.#connection.send(bytes, { transport: "udp", hostname, port });
  }

  attach(sink: DatagramSink): void {
    this.#sink = sink;
  }

  start(): void {
    if (this.#sink === undefined || this.#closed) return;
    this.#pump ??= this.#run(this.#sink);
  }

  drained(): void {
    this.#onDrained?.();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#onDrained?.();
    this.#connection.close();
    await this.#pump;
  }

  async #run(sink: DatagramSink): Promise<void> {
    // So that the promise is kept before anything can end it.
    await Promise.resolve();
    try {
      while (!this.#closed) {
        if (this.#at + DATAGRAM_BYTES > SLAB_BYTES) {
          if (!sink.isEmpty()) await new Promise<void>((resolve) => this.#onDrained = resolve);
          this.#at = 0;
          continue;
        }
        await this.#receive(sink);
      }
    } catch (error) {
      if (!this.#closed) sink.fail(error);
    }
    this.#pump = undefined;
  }

  async #receive(sink: DatagramSink): Promise<void> {
    const start = this.#at;
    const room = this.#slab.subarray(start, start + DATAGRAM_BYTES);
    try {
      const [datagram, address] = await this.#connection.receive(room);
      if (address.transport !== "udp") return;
      const remote = this.#names.endpoint(address.hostname, address.port);
      if (remote === null) return;
      this.#at = start + datagram.length;
      sink.push(this.#slab, start, this.#at, remote);
    } catch (error) {
      // Windows tells an unconnected socket that a peer does not listen. That is no matter of the socket.
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }
  }
}
