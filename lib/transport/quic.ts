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
import { type ManagedPaths, managePaths, type ManagePathsOptions } from "../quic/driver/manage_paths.ts";
import type { QuicConnectOptions, QuicListenOptions, QuicOptions } from "../quic/driver/options.ts";
import { STREAMS_ALPN } from "./streams_alpn.ts";

/** TCP connections last while nothing is said: so do those that stand in for them, unless the caller objects. */
const KEEP_ALIVE_MS = 10_000;

/** QUIC with one path, or with several. */
export type QuicKind = "quic" | "mpquic";

/** Options of a connect that only QUIC has. */
export interface QuicTransportOptions extends Partial<QuicConnectOptions> {
  /** Which paths mpquic opens; null is none but the first. @default {from every usable address of this host} */
  readonly paths?: ManagePathsOptions | null;
}

/** Connects over QUIC; over mpquic further paths are opened from now on, if the server takes them. */
export async function connectQuic(
  transport: QuicKind,
  ip: Ip,
  port: number,
  options: ConnectOptions,
  { paths = {}, ...quic }: QuicTransportOptions = {},
): Promise<Connection> {
  const started = performance.now();
  const target = Endpoint.of(ip, port);
  const { localAddress, timeoutMs, signal } = options;
  const connection = await connect(target, {
    keepAliveMs: KEEP_ALIVE_MS,
    multipath: transport === "mpquic",
    ...common(`connect to ${target.address}`, options, quic),
    ...quic,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  });
  const connectMs = performance.now() - started;
  const managed = connection.multipath && paths !== null ? managePaths(connection, paths) : null;
  return new QuicTransport(transport, connection, connectMs, managed);
}

/** Listens for QUIC; an mpquic listener takes clients with one path too. */
export function listenQuic(
  transport: QuicKind,
  ip: Ip,
  port: number,
  options: ListenOptions,
  quic: Partial<QuicListenOptions> = {},
): Listener {
  const endpoint = Endpoint.of(ip, port);
  const { backlog, dualStack } = options;
  return new QuicTransportListener(
    transport,
    listenNow(endpoint, {
      multipath: transport === "mpquic",
      ...common(`listen on ${endpoint.address}`, options, quic),
      ...quic,
      ...(backlog === undefined ? {} : { backlog }),
      ...(dualStack === undefined ? {} : { dualStack }),
    }),
  );
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
  readonly transport: QuicKind;
  readonly connectMs: number | null;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly closed: Promise<void>;
  /** The connection itself. */
  readonly quic: QuicConnection;
  /** What opens its paths; null where there is one only. */
  readonly managed: ManagedPaths | null;

  /** Takes a connection, how long its handshake took, and what opens its paths. */
  constructor(
    transport: QuicKind,
    quic: QuicConnection,
    connectMs: number | null,
    managed: ManagedPaths | null = null,
  ) {
    this.transport = transport;
    this.quic = quic;
    this.managed = managed;
    this.connectMs = connectMs;
    this.local = quic.local;
    this.remote = quic.remote;
    this.closed = managed === null ? quic.closed : quic.closed.then(() => managed[Symbol.asyncDispose]());
  }

  transportInForce(): QuicKind {
    return this.quic.multipath ? "mpquic" : "quic";
  }

  isMultipath(): boolean {
    return this.quic.multipath;
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

  async close(): Promise<void> {
    await this.quic.close();
    await this.closed;
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
  readonly transport: QuicKind;
  readonly local: Endpoint;
  /** `sha256/BASE64` of the server's public key. */
  readonly pin: string;
  readonly #listener: QuicListener;

  /** Takes a listener. */
  constructor(transport: QuicKind, listener: QuicListener) {
    this.transport = transport;
    this.#listener = listener;
    this.local = listener.local;
    this.pin = listener.pin;
  }

  async accept(): Promise<Connection | null> {
    const accepted = await this.#listener.accept();
    return accepted === null ? null : new QuicTransport(this.transport, accepted, null);
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
