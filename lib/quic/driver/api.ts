import type { Endpoint } from "../../base/endpoint.ts";
import type { PathInfo } from "../../base/path.ts";
import type { ByteStream } from "../../io/byte_stream.ts";
import type { CloseReason } from "../connection/events.ts";
import type { OpenPathOptions, PathBreak, QuicPath, QuicPathEvent } from "./path_api.ts";
import type { ConnectionStats } from "./stats.ts";

/** Whether data of a stream goes both ways, or only from the end that opened it. */
export type QuicStreamDirection = "bidirectional" | "unidirectional";

/** What TLS agreed on. */
export interface QuicHandshake {
  /** The cipher suite, such as `TLS_AES_128_GCM_SHA256`; null before the handshake. */
  readonly cipherSuite: string | null;
  /** The key exchange, such as `x25519`; null before the handshake. */
  readonly group: string | null;
  /** The application protocol; null before the handshake. */
  readonly alpn: string | null;
  /** The name that the client asked for; null for none. */
  readonly serverName: string | null;
  /** `sha256/BASE64` of the other end's public key; null if it showed none. */
  readonly peerPin: string | null;
  /** The other end's certificates in DER, its own first. */
  readonly peerCertificates: readonly Uint8Array[];
  /** Whether the other end's certificate is trusted; null if it showed none, or nobody asked. */
  readonly trusted: boolean | null;
  /** Why it is not trusted, in words; null if it is. */
  readonly problem: string | null;
}

/**
 * One stream of a QUIC connection: bytes both ways, or one way, with back-pressure. Each direction ends by
 * itself; `abort()` gives up this stream and leaves the connection alone.
 */
export interface QuicStream extends ByteStream {
  /** The number of the stream (RFC 9000 2.1). */
  readonly id: number;
  /** Whether data goes both ways. */
  readonly direction: QuicStreamDirection;
  /** Bytes of this end's direction that the other end has acknowledged, from the first one without a gap. */
  readonly bytesAcknowledged: number;
  /** The bytes that can still be read as a web stream; cancelling it aborts the stream. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The writing side as a web stream with back-pressure; closing it ends this direction. */
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
  /**
   * Gives up both directions at once.
   *
   * @param errorCode The application's code for the other end. @default {0}
   */
  abort(errorCode?: number): void;
  /**
   * Gives up this end's direction: what is on its way may never arrive (RESET_STREAM).
   *
   * @param errorCode The application's code for the other end. @default {0}
   */
  reset(errorCode?: number): void;
  /**
   * Wants no more from the other end (STOP_SENDING).
   *
   * @param errorCode The application's code for the other end. @default {0}
   */
  stopReading(errorCode?: number): void;
  /**
   * Sets how urgent it is among the streams of this end: what is larger goes first, those of one priority take
   * turns.
   *
   * @param priority Any number. @default {0}
   */
  setPriority(priority: number): void;
  /**
   * Binds what this end sends on it to a path, as long as that path works.
   *
   * @param pathId The path; null is any.
   * @returns False if data cannot be sent on this path.
   */
  usePath(pathId: number | null): boolean;
  /** Tells the other end of a stream that has nothing to say yet, so that it can speak first. */
  announce(): void;
}

/** A QUIC connection (RFC 9000): streams, datagrams, and what is known of its paths. */
export interface QuicConnection extends AsyncDisposable {
  /** This end's address and port. */
  readonly local: Endpoint;
  /** The other end's address and port. */
  readonly remote: Endpoint;
  /** The application protocol. */
  readonly alpn: string | null;
  /** What TLS agreed on. */
  readonly handshake: QuicHandshake;
  /** Who ended it, with which code and words; null while it is open. */
  readonly closeReason: CloseReason | null;
  /** Resolves when the connection is over, for whatever reason. Never rejects. */
  readonly closed: Promise<void>;

  /**
   * Opens a stream. The other end hears of it with its first byte.
   *
   * @param direction Both ways, or from here to there. @default {"bidirectional"}
   * @param signal Ends the wait for the other end to allow another stream.
   * @returns The stream.
   * @throws {MptError} Why the connection is over; `ERR_ABORTED`.
   */
  openStream(direction?: QuicStreamDirection, signal?: AbortSignal): Promise<QuicStream>;
  /**
   * The next stream that the other end opened.
   *
   * @returns The stream, or null when the connection is over.
   */
  acceptStream(): Promise<QuicStream | null>;
  /**
   * Sends a datagram (RFC 9221): it may be lost, and is never sent again.
   *
   * @param bytes What to send.
   * @param pathId The path that carries it, as long as that works. @default {undefined} any
   * @returns False if the other end takes none of this size, or too many wait to be sent.
   * @throws {MptError} Why the connection is over.
   */
  sendDatagram(bytes: Uint8Array, pathId?: number): boolean;
  /**
   * The next datagram that arrived; of more than 1024 that nobody takes the oldest are dropped.
   *
   * @returns Its bytes, or null when the connection is over.
   */
  receiveDatagram(): Promise<Uint8Array<ArrayBuffer> | null>;

  /** Whether both ends agreed on several paths (draft-ietf-quic-multipath-21). */
  readonly multipath: boolean;
  /**
   * The paths as they are now; after the end, as they were last. Bytes are those of UDP payloads.
   *
   * @returns The path of the handshake, with the id 0, and those that were opened since.
   */
  paths(): readonly PathInfo[];
  /**
   * A path that is there.
   *
   * @param id The path id.
   * @returns The path, or null when there is none.
   */
  path(id: number): QuicPath | null;
  /**
   * Opens a further path, from a socket of its own. Only clients can.
   *
   * @param options Between which addresses, and what it is for.
   * @returns The path, validated.
   * @throws {MptError} Why it cannot be opened: `ERR_NOT_SUPPORTED` (no multipath, or not the client),
   *   `ERR_LIMIT` (no path id, no connection id), `ERR_TIMED_OUT` (nothing came back on it), `ERR_CLOSED`,
   *   `ERR_OPTION_REFUSED`, or what the system says of the address; `data.refusal` names the limit.
   */
  openPath(options: OpenPathOptions): Promise<QuicPath>;
  /**
   * What happens to its paths from now on.
   *
   * @param signal Ends it.
   * @returns The events; they end with the connection.
   */
  pathEvents(signal?: AbortSignal): AsyncIterableIterator<QuicPathEvent>;
  /**
   * Breaks a path on purpose, to see what becomes of the connection: from now on nothing goes out or comes in over
   * its socket, which is that of one path at a client, and of all clients at a server.
   *
   * @param id The path id.
   * @param how `silent`: nobody is told, as when a router dies. `close`: the socket is closed, as when an address
   *   is taken away, and this end knows at once; where it was the only one the connection ends. @default {"silent"}
   * @returns False if there is no such path.
   */
  breakPath(id: number, how?: PathBreak): boolean;
  /**
   * Counts of the whole connection.
   *
   * @returns The counts as they are now.
   */
  stats(): ConnectionStats;
  /** Asks the other end for an acknowledgment: it keeps the connection alive and measures the RTT. */
  ping(): void;
  /**
   * Changes the keys of packets (RFC 9001 6).
   *
   * @returns False if it is too early for that.
   */
  updateKeys(): boolean;

  /**
   * Closes in order: ends every stream, waits until the other end has what was written (10 s at the most), and
   * tells it a code.
   *
   * @param errorCode The application's code. @default {0}
   * @param reason In words. @default {""}
   */
  close(errorCode?: number, reason?: string): Promise<void>;
  /**
   * Ends at once; the other end hears the code, and what was written may be lost.
   *
   * @param errorCode The application's code. @default {1}
   * @param reason In words. @default {""}
   */
  abort(errorCode?: number, reason?: string): void;
}

/** Takes QUIC connections on one socket. */
export interface QuicListener extends AsyncDisposable, AsyncIterable<QuicConnection> {
  /** The address and the port, the real one where 0 was asked for. */
  readonly local: Endpoint;
  /** `sha256/BASE64` of the server's public key: what a client can pin. */
  readonly pin: string;
  /** The server's certificate as PEM: what a client can trust. */
  readonly certificate: string;
  /** Whether the certificate was made by the listener. */
  readonly selfSigned: boolean;
  /**
   * The next connection whose handshake is complete.
   *
   * @returns The connection, or null once the listener is closed.
   * @throws {MptError} What the system said when the socket can no longer be used.
   */
  accept(): Promise<QuicConnection | null>;
  /** Takes no more clients. Accepted connections go on; the socket is closed after the last of them. */
  close(): Promise<void>;
}
