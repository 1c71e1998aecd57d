import type { Endpoint } from "../base/endpoint.ts";
import type { Transport } from "../base/transport.ts";
import type { Connection, Listener } from "./connection.ts";
import type { ConnectedSocket, ListeningSocket } from "./kernel_socket.ts";

/** A listening descriptor as a {@linkcode Listener}. */
export class SocketListener implements Listener {
  readonly transport: Transport;
  readonly #socket: ListeningSocket;
  readonly #wrap: (accepted: ConnectedSocket) => Connection;

  constructor(
    transport: Transport,
    socket: ListeningSocket,
    wrap: (accepted: ConnectedSocket) => Connection,
  ) {
    this.transport = transport;
    this.#socket = socket;
    this.#wrap = wrap;
  }

  get local(): Endpoint {
    return this.#socket.local;
  }

  deferAccept(): boolean | null {
    return this.#socket.deferAccept();
  }

  async accept(): Promise<Connection | null> {
    const accepted = await this.#socket.accept();
    return accepted === null ? null : this.#wrap(accepted);
  }

  close(): Promise<void> {
    return this.#socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Connection> {
    for (let next = await this.accept(); next !== null; next = await this.accept()) yield next;
  }
}
