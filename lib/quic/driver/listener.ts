import type { Endpoint } from "../../base/endpoint.ts";
import { type MptError, toMptError } from "../../base/errors.ts";
import type { DatagramSocket } from "../../io/datagram_socket.ts";
import { TlsServer } from "../../tls/server.ts";
import type { Connection } from "../connection/connection.ts";
import type { ConnectionConfig } from "../connection/config.ts";
import { TokenKey } from "../tokens.ts";
import type { QuicListener } from "./api.ts";
import { random } from "./clock.ts";
import { DrivenConnection } from "./connection.ts";
import { bareKey, type ServerIdentity } from "./credentials.ts";
import { QUIC_BACKLOG, QUIC_READ_BUFFER_BYTES, type QuicListenOptions } from "./options.ts";
import { Signal } from "./signal.ts";
import { SocketLoop } from "./socket_loop.ts";
import { clientCheckOf } from "./trust.ts";

/** A listener whose connections a socket loop moves. */
export class DrivenListener implements QuicListener {
  /** `sha256/BASE64` of the server's public key: what a client can pin. */
  readonly pin: string;
  /** The server's certificate as PEM: what a client can trust. */
  readonly certificate: string;
  /** Whether the certificate was made by the listener. */
  readonly selfSigned: boolean;
  readonly #loop: SocketLoop;
  readonly #readBytes: number;
  readonly #open = new Set<DrivenConnection>();
  readonly #arrived = new Signal();
  #failure: MptError | null = null;
  #closed = false;

  /** Takes a socket, which it closes. Listeners come from `listen()`. */
  constructor(
    socket: DatagramSocket,
    config: ConnectionConfig,
    identity: ServerIdentity,
    options: QuicListenOptions,
  ) {
    this.pin = identity.pin;
    this.certificate = identity.pem;
    this.selfSigned = identity.selfSigned;
    this.#readBytes = options.readBufferBytes ?? QUIC_READ_BUFFER_BYTES;
    const { alpn, keyLog } = options;
    const certificate = identity.credentials;
    const credentials = options.rawPublicKey === true
      ? [bareKey(certificate.key), certificate]
      : [certificate];
    const checkClient = options.clients === undefined ? undefined : clientCheckOf(options.clients);
    this.#loop = new SocketLoop(socket, {
      config,
      tokens: new TokenKey(random(32), random),
      server: {
        tls: (transportParameters) =>
          new TlsServer({
            credentials: () => credentials,
            alpn,
            transportParameters,
            suites: config.backend.suites,
            ...(checkClient === undefined ? {} : { checkClient }),
            random,
            ...(keyLog === undefined ? {} : { keyLog }),
          }),
        maxWaiting: options.backlog ?? QUIC_BACKLOG,
        ...(options.retry === undefined ? {} : { retry: options.retry }),
        ...(options.maxConnections === undefined ? {} : { maxConnections: options.maxConnections }),
      },
    }, {
      onIncoming: () => this.#arrived.notify(),
      onReport: () => {},
      onPortLost: () => {},
      onFailure: (error) => {
        this.#failure = toMptError(error, `Cannot accept a connection on ${this.local.address}`);
        this.#arrived.notify();
      },
    });
  }

  /** The address and the port, the real one where 0 was asked for. */
  get local(): Endpoint {
    return this.#loop.socket.local;
  }

  /** The socket, which tells its backend and features. */
  get socket(): DatagramSocket {
    return this.#loop.socket;
  }

  /**
   * The next connection whose handshake is complete.
   *
   * @returns The connection, or null once the listener is closed.
   * @throws {MptError} What the system said when the socket can no longer be used.
   */
  async accept(): Promise<DrivenConnection | null> {
    for (;;) {
      if (this.#closed) return null;
      if (this.#failure !== null) throw this.#failure;
      const next = this.#loop.nextIncoming();
      if (next !== undefined) return this.#take(next);
      await this.#arrived.wait();
    }
  }

  /** Takes no more clients. Accepted connections go on; the socket is closed after the last of them. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#loop.stopAccepting();
      this.#arrived.notify();
      const unwanted: DrivenConnection[] = [];
      for (let next = this.#loop.nextIncoming(); next !== undefined; next = this.#loop.nextIncoming()) {
        unwanted.push(this.#take(next));
      }
      for (const connection of unwanted) connection.abort();
      await Promise.all(unwanted.map(({ closed }) => closed));
    }
    if (this.#open.size === 0) await this.#loop.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<DrivenConnection> {
    for (let next = await this.accept(); next !== null; next = await this.accept()) yield next;
  }

  #take(core: Connection): DrivenConnection {
    const { remote } = core.core.firstPath.network.tuple;
    const connection: DrivenConnection = new DrivenConnection({
      core,
      loop: this.#loop,
      remote: this.#loop.endpointOf(remote),
      readBytes: this.#readBytes,
      release: () => this.#release(connection),
    });
    this.#open.add(connection);
    this.#loop.attach(core, connection);
    return connection;
  }

  async #release(connection: DrivenConnection): Promise<void> {
    this.#open.delete(connection);
    if (this.#closed && this.#open.size === 0) await this.#loop.stop();
  }
}
