/** Deno's own QUIC, which is quinn: a server and a client that send back what they are sent. */
import { Buffer } from "node:buffer";
import { CERTIFICATE_PEM, KEY_PEM } from "./quic_ends.ts";

/** After so many milliseconds without a sign of life its connections are over. */
const IDLE_MS = 20_000;

/** A server of quinn's that sends back what comes on a stream. */
export class QuinnServer implements Disposable {
  /** The connections that it has accepted. */
  readonly connections: Deno.QuicConn[] = [];
  readonly #endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
  readonly #listener: Deno.QuicListener;

  /** @param cert Its certificate and others, as PEM. */
  constructor(alpn: string, cert: string = CERTIFICATE_PEM) {
    this.#listener = this.#endpoint.listen({
      cert,
      key: KEY_PEM,
      alpnProtocols: [alpn],
      maxIdleTimeout: IDLE_MS,
    });
    void this.#accept();
  }

  get port(): number {
    return this.#endpoint.addr.port;
  }

  async #accept(): Promise<void> {
    try {
      for await (const incoming of this.#listener) {
        void this.#serve(incoming);
      }
    } catch {
      // It was stopped
    }
  }

  async #serve(incoming: Deno.QuicIncoming): Promise<void> {
    try {
      const connection = await incoming.accept();
      this.connections.push(connection);
      for await (const stream of connection.incomingBidirectionalStreams) {
        stream.readable.pipeTo(stream.writable).catch(() => {});
      }
    } catch {
      // The connection is over, or its handshake failed
    }
  }

  [Symbol.dispose](): void {
    this.#listener.stop();
    this.#endpoint.close();
  }
}

/** A client of quinn's. */
export class QuinnClient implements Disposable {
  readonly connection: Deno.QuicConn;
  readonly #endpoint: Deno.QuicEndpoint;

  private constructor(connection: Deno.QuicConn, endpoint: Deno.QuicEndpoint) {
    this.connection = connection;
    this.#endpoint = endpoint;
  }

  /** Connects to a server on this host. */
  static async connect(port: number, alpn: string, keepAliveMs?: number): Promise<QuinnClient> {
    const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
    try {
      const connection = await Deno.connectQuic({
        hostname: "127.0.0.1",
        port,
        serverName: "localhost",
        alpnProtocols: [alpn],
        caCerts: [CERTIFICATE_PEM],
        maxIdleTimeout: IDLE_MS,
        endpoint,
        ...(keepAliveMs === undefined ? {} : { keepAliveInterval: keepAliveMs }),
      });
      return new QuinnClient(connection, endpoint);
    } catch (error) {
      endpoint.close();
      throw error;
    }
  }

  /** Sends bytes on a stream of their own. @returns What came back on it. */
  async exchange(bytes: Uint8Array): Promise<Uint8Array> {
    const stream = await this.connection.createBidirectionalStream();
    const sending = (async () => {
      const writer = stream.writable.getWriter();
      for (let at = 0; at < bytes.length; at += 65_536) await writer.write(bytes.slice(at, at + 65_536));
      await writer.close();
    })();
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream.readable) chunks.push(chunk);
    await sending;
    return new Uint8Array(Buffer.concat(chunks));
  }

  [Symbol.dispose](): void {
    this.connection.close({ closeCode: 0, reason: "" });
    this.#endpoint.close();
  }
}
