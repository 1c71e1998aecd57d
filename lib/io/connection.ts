import type { Endpoint } from "../base/endpoint.ts";
import type { Ip } from "../base/ip.ts";
import type { PathInfo } from "../base/path.ts";
import type { Transport } from "../base/transport.ts";
import type { ByteStream } from "./byte_stream.ts";
import type { SocketOptions } from "./socket_options.ts";

/** Options of a connect, for every transport. */
export interface ConnectOptions extends SocketOptions {
  /** Local address of the first path. @default {undefined} the kernel chooses */
  readonly localAddress?: Ip;
  /** How long the connect may take, in milliseconds, more than 0. @default {10000} */
  readonly timeoutMs?: number;
  /** Ends the connect; later it resets the connection. */
  readonly signal?: AbortSignal;
  /** What to use where the kernel has no MPTCP. Never silent: without it that is an error. @default {undefined} */
  readonly fallback?: "tcp";
  /** What each of the two read buffers may grow to in bytes, 1024 to 4194304. @default {262144} */
  readonly readBufferBytes?: number;
}

/** Options of a listener, for every transport. */
export interface ListenOptions extends SocketOptions {
  /** Connections that may wait to be accepted, 1 to 65535; the kernel caps it at net.core.somaxconn. @default {1024} */
  readonly backlog?: number;
  /** Whether a listener on an IPv6 address also takes IPv4 clients. @default {true} */
  readonly dualStack?: boolean;
  /** What to use where the kernel has no MPTCP. Never silent: without it that is an error. @default {undefined} */
  readonly fallback?: "tcp";
  /** What each of the two read buffers of an accepted connection may grow to in bytes. @default {262144} */
  readonly readBufferBytes?: number;
}

/** The defaults of the options above. */
export const CONNECT_TIMEOUT_MS = 10_000;
export const DEFAULT_BACKLOG = 1024;
export const DEFAULT_READ_BUFFER_BYTES = 262_144;

/** A connection over any transport. */
export interface Connection extends AsyncDisposable {
  /** The transport of the socket: what was asked for. */
  readonly transport: Transport;
  /** This end of the first path. */
  readonly local: Endpoint;
  /** The other end of the first path. */
  readonly remote: Endpoint;

  /** How long the handshake took, in milliseconds; null for an accepted connection. */
  readonly connectMs: number | null;

  /** The transport in force now: `tcp` for an MPTCP connection that fell back. */
  transportInForce(): Transport;
  /** Whether the connection can use several paths, right at this moment. */
  isMultipath(): boolean;
  /** The paths as they are now; after the end, as they were last seen. */
  paths(): readonly PathInfo[];

  /**
   * Changes the congestion control of every path.
   *
   * @throws {MptError} `ERR_OPTION_REFUSED`, or `ERR_NOT_SUPPORTED` where the platform cannot.
   */
  setCongestion(name: string): void;

  /** Opens a stream. TCP and MPTCP have one: a second call throws `ERR_LIMIT`. */
  openStream(): Promise<ByteStream>;
  /** The next stream that the other end opened, or null when there will be none. */
  acceptStream(): Promise<ByteStream | null>;

  /** Closes in order; what was written is still delivered. */
  close(): Promise<void>;
  /** Ends at once, by reset. */
  abort(): void;
  /** Resolves when the connection is over, for whatever reason. Never rejects. */
  readonly closed: Promise<void>;
}

/** A listener over any transport. */
export interface Listener extends AsyncDisposable, AsyncIterable<Connection> {
  /** The transport it listens with. */
  readonly transport: Transport;
  /** The address and the port, the real one where 0 was asked for. */
  readonly local: Endpoint;
  /** Whether it hands out connections only once they have data (TCP_DEFER_ACCEPT); null when that is not known. */
  deferAccept?(): boolean | null;
  /** The next connection, or null once the listener is closed. */
  accept(): Promise<Connection | null>;
  /** Stops listening. Accepted connections go on. */
  close(): Promise<void>;
}
