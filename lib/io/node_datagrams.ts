import { createSocket, type Socket } from "node:dgram";
import { Endpoint } from "../base/endpoint.ts";
import type { DatagramSocketOptions } from "./datagram_socket.ts";
import { requireNet } from "./net_permission.ts";
import { PeerNames } from "./peer_names.ts";
import type { DatagramSink, RuntimeDatagrams } from "./runtime_datagram_socket.ts";
import { ioError } from "./system_error.ts";

/** How long a closed socket takes to let its port go, in milliseconds. */
const CLOSE_MS = 5;

/** `node:dgram`: a fresh buffer each datagram, but stable. */
export class NodeDatagrams implements RuntimeDatagrams {
  readonly backend = "node";
  readonly local: Endpoint;
  readonly reach: { readonly family: 4 | 6; readonly dualStack: boolean };
  readonly #socket: Socket;
  readonly #names = new PeerNames();
  #sink: DatagramSink | undefined;

  private constructor(socket: Socket, local: Endpoint, dualStack: boolean) {
    this.#socket = socket;
    this.local = local;
    this.reach = { family: local.ip!.family, dualStack };
    socket.on("message", (bytes, from) => {
      const remote = this.#names.endpoint(from.address, from.port);
      if (remote === null) return;
      const { buffer } = bytes;
      if (!(buffer instanceof ArrayBuffer)) return;
      this.#sink?.push(new Uint8Array(buffer, bytes.byteOffset, bytes.length), 0, bytes.length, remote);
    });
    socket.on("error", (error) => this.#sink?.fail(error));
  }

  /** Binds a socket. Throws as `DenoDatagrams.open`. */
  static open(options: DatagramSocketOptions, action: string): NodeDatagrams {
    const { address, port = 0, dualStack = true } = options;
    const wanted = Endpoint.of(address, port);
    // Its own refusal comes where nobody can catch it.
    requireNet(wanted, action);
    const type = address.family === 4 ? "udp4" : "udp6";
    const socket = createSocket({ type, ipv6Only: !dualStack, lookup: literal });
    let failure: unknown;
    const onError = (error: unknown): void => {
      failure = error;
    };
    socket.on("error", onError);
    // Without a name to look up it is bound when this returns.
    socket.bind({ address: address.toString(), port, exclusive: true });
    if (failure !== undefined) {
      socket.close();
      throw ioError(failure, action);
    }
    socket.off("error", onError);
    return new NodeDatagrams(socket, Endpoint.of(address, socket.address().port), dualStack);
  }

  send(bytes: Uint8Array<ArrayBuffer>, address: string, port: number): Promise<unknown> {
    return new Promise<void>((resolve, reject) => {
      this.#socket.send(bytes, port, address, (error) => error ? reject(error) : resolve());
    });
  }

  attach(sink: DatagramSink): void {
    this.#sink = sink;
  }

  // It receives from the moment it is bound.
  start(): void {}

  drained(): void {}

  async close(): Promise<void> {
    await closed(this.#socket);
  }
}

/** What `node:dgram` calls to look names up: there are only addresses here. */
function literal(
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, address, address.includes(":") ? 6 : 4);
}

/** With a `lookup` of ours, Deno's socket tells nobody when its port is free again: a few turns later it is. */
async function closed(socket: Socket): Promise<void> {
  socket.close();
  await new Promise((resolve) => setTimeout(resolve, CLOSE_MS));
}
