import { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import type { PathInfo } from "../base/path.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { Connection, ConnectOptions, Listener, ListenOptions } from "../io/connection.ts";
import type { SocketOptions } from "../io/socket_options.ts";
import type { QuicConnection, QuicListener } from "../quic/driver/api.ts";
import { connect } from "../quic/driver/connect.ts";
import { listenNow } from "../quic/driver/listen.ts";
import type { QuicConnectOptions, QuicListenOptions, QuicOptions } from "../quic/driver/options.ts";

/** The application protocol of those who only want streams. */
export const STREAMS_ALPN = "mpt";

/** TCP connections last while nothing is said: so do those that stand in for them, unless the caller objects. */
const KEEP_ALIVE_MS = 10_000;

/** Connects over QUIC. */
export async function connectQuic(
  ip: Ip,
  port: number,
  options: ConnectOptions,
  quic: Partial<QuicConnectOptions> = {},
): Promise<Connection> {
  const started = performance.now();
  const target = Endpoint.of(ip, port);
  const { localAddress, timeoutMs, signal } = options;
  const connection = await connect(target, {
    keepAliveMs: KEEP_ALIVE_MS,
    ...common(`connect to ${target.address}`, options, quic),
    ...quic,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  });
  return new QuicTransport(connection, performance.now() - started);
}

/** Listens for QUIC. */
export function listenQuic(
  ip: Ip,
  port: number,
  options: ListenOptions,
  quic: Partial<QuicListenOptions> = {},
): Listener {
  const endpoint = Endpoint.of(ip, port);
  const { backlog, dualStack } = options;
  return new QuicTransportListener(listenNow(endpoint, {
    ...common(`listen on ${endpoint.address}`, options, quic),
    ...quic,
    ...(backlog === undefined ? {} : { backlog }),
    ...(dualStack === undefined ? {} : { dualStack }),
  }));
}

/** The options of every transport in the terms of QUIC. */
function common(
  action: string,
  options: SocketOptions & Pick<ConnectOptions, "readBufferBytes">,
  quic: Partial<QuicOptions>,
): QuicOptions {
  if (options.maxSegmentBytes !== undefined) {
    throw new MptError("ERR_NOT_SUPPORTED", `Cannot ${action} with a segment size: QUIC finds its own`);
  }
  const { readBufferBytes, congestion, keepAlive } = options;
  return {
    alpn: quic.alpn ?? [STREAMS_ALPN],
    ...(options.interface === undefined ? {} : { interface: options.interface }),
    ...(congestion === undefined ? {} : { congestion }),
    ...(keepAlive === undefined ? {} : { keepAliveMs: keepAlive.idleSeconds * 1000 }),
    ...(readBufferBytes === undefined ? {} : { readBufferBytes }),
  };
}

/** A QUIC connection with the face of every transport. */
export class QuicTransport implements Connection {
  readonly transport = "quic";
  readonly connectMs: number | null;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly closed: Promise<void>;
  /** The connection itself. */
  readonly quic: QuicConnection;

  /** Takes a connection, and how long its handshake took. */
  constructor(quic: QuicConnection, connectMs: number | null) {
    this.quic = quic;
    this.connectMs = connectMs;
    this.local = quic.local;
    this.remote = quic.remote;
    this.closed = quic.closed;
  }

  transportInForce(): "quic" {
    return "quic";
  }

  isMultipath(): boolean {
    return false;
  }

  paths(): readonly PathInfo[] {
    return this.quic.paths();
  }

  setCongestion(): void {
    throw new MptError(
      "ERR_NOT_SUPPORTED",
      "Cannot set the congestion control: with QUIC it is chosen when connecting",
    );
  }

  async openStream(): Promise<ByteStream> {
    const stream = await this.quic.openStream();
    // With the other transports the other end can speak first
    stream.announce();
    return stream;
  }

  acceptStream(): Promise<ByteStream | null> {
    return this.quic.acceptStream();
  }

  close(): Promise<void> {
    return this.quic.close();
  }

  abort(): void {
    this.quic.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A QUIC listener with the face of every transport. */
export class QuicTransportListener implements Listener {
  readonly transport = "quic";
  readonly local: Endpoint;
  /** `sha256/BASE64` of the server's public key. */
  readonly pin: string;
  readonly #listener: QuicListener;

  /** Takes a listener. */
  constructor(listener: QuicListener) {
    this.#listener = listener;
    this.local = listener.local;
    this.pin = listener.pin;
  }

  async accept(): Promise<Connection | null> {
    const accepted = await this.#listener.accept();
    return accepted === null ? null : new QuicTransport(accepted, null);
  }

  close(): Promise<void> {
    return this.#listener.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Connection> {
    for (let next = await this.accept(); next !== null; next = await this.accept()) yield next;
  }
}
