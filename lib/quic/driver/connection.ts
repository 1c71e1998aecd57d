import type { Endpoint } from "../../base/endpoint.ts";
import { type MptError, toMptError } from "../../base/errors.ts";
import type { PathInfo } from "../../base/path.ts";
import type { DatagramBackend, SendOutcome } from "../../io/datagram_socket.ts";
import { abortedError, orAborted, sleep } from "../../io/deadline.ts";
import { cancelledError, closedError } from "../../io/stream_errors.ts";
import type { TlsSummary } from "../../tls/session.ts";
import type { Connection } from "../connection/connection.ts";
import type { CloseReason, ConnectionEvent } from "../connection/events.ts";
import type { TransportParameters } from "../wire/transport_parameters.ts";
import type { QuicConnection, QuicHandshake, QuicStreamDirection } from "./api.ts";
import { nowUs } from "./clock.ts";
import { closeError } from "./close_error.ts";
import { handshakeView } from "./handshake_view.ts";
import { ConnectionPaths } from "./connection_paths.ts";
import type { OpenPathOptions, PathBreak, QuicPath, QuicPathEvent } from "./path_api.ts";
import type { Port } from "./ports.ts";
import { Signal } from "./signal.ts";
import type { EventSink, SocketLoop } from "./socket_loop.ts";
import { type ConnectionStats, statsOf } from "./stats.ts";
import { DrivenStream, type StreamHost } from "./stream.ts";

/** How long `close()` waits for what was written to arrive, in milliseconds. */
const LINGER_MS = 10_000;

/** Datagrams that nobody has taken yet; of more the oldest are dropped. */
const MAX_DATAGRAMS = 1024;

/** The application error code of a connection that is aborted without another one. */
const ABORTED = 1;

/** What a connection is made of. */
export interface DrivenParts {
  readonly core: Connection;
  readonly loop: SocketLoop;
  readonly remote: Endpoint;
  /** The kind of sockets for further paths. @default {undefined} the fastest there is */
  readonly socketBackend?: DatagramBackend | undefined;
  /** The most bytes of one read of a stream. */
  readonly readBytes: number;
  /** Keeps a token of the server's for later (RFC 9000 8.1.3). @default {undefined} nobody does */
  readonly onToken?: (token: Uint8Array) => void;
  /** Frees what the connection alone uses. */
  readonly release: () => Promise<void>;
}

/** A connection of the core that a socket loop moves. */
export class DrivenConnection implements QuicConnection, EventSink, StreamHost {
  /** The other end's address and port. */
  readonly remote: Endpoint;
  /** Resolves when the handshake is complete; rejects with the reason if it fails. */
  readonly connected: Promise<void>;
  /** Resolves when the connection is over, for whatever reason. Never rejects. */
  readonly closed: Promise<void>;
  /** Its parts, for tests. */
  readonly core: Connection;
  readonly readBytes: number;
  readonly #parts: DrivenParts;
  readonly #paths: ConnectionPaths;
  readonly #connected = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #streams = new Map<number, DrivenStream>();
  readonly #incoming: DrivenStream[] = [];
  readonly #datagrams: Uint8Array<ArrayBuffer>[] = [];
  readonly #streamArrived = new Signal();
  readonly #datagramArrived = new Signal();
  readonly #streamsAvailable = new Signal();
  readonly #ended = new Signal();
  #failure: MptError | null = null;
  #isEndedHere = false;
  #isConnected = false;
  #closing: Promise<void> | undefined;

  /** Takes a connection of the core. Connections come from `connect()` and `listen()`. */
  constructor(parts: DrivenParts) {
    this.#parts = parts;
    this.#paths = new ConnectionPaths({ ...parts, closeConnection: () => void this.close() });
    this.core = parts.core;
    this.remote = parts.remote;
    this.readBytes = parts.readBytes;
    this.connected = this.#connected.promise;
    this.connected.catch(() => {});
    this.closed = this.#closed.promise;
    if (parts.core.connected) this.#onConnected();
  }

  /** This end's address and port. */
  get local(): Endpoint {
    const { local } = this.core.core.firstPath.network.tuple;
    return local === null ? this.#parts.loop.socket.local : this.#parts.loop.endpointOf(local);
  }

  /** The other end's address and port, for messages. */
  get peer(): string {
    return this.remote.address;
  }

  /** Why it is over; null while it is not. */
  get failure(): MptError | null {
    return this.#failure;
  }

  /** Whether this end closed or aborted it. */
  get isEndedHere(): boolean {
    return this.#isEndedHere;
  }

  /** What became of the last batch that was sent. */
  get lastSend(): SendOutcome {
    return this.#parts.loop.lastSend;
  }

  /** What is known of the end: who closed it, with which code and words; null while it is open. */
  get closeReason(): CloseReason | null {
    return this.core.closeReason;
  }

  /** What TLS agreed on: cipher suite, application protocol, the other end's certificate and its verdict. */
  get tls(): TlsSummary {
    return this.core.tls;
  }

  /** The same for users of the library. */
  get handshake(): QuicHandshake {
    return handshakeView(this.core.tls);
  }

  /** The application protocol; null before the handshake. */
  get alpn(): string | null {
    return this.core.tls.alpn;
  }

  /** The other end's transport parameters; null before they came. */
  get peerParameters(): TransportParameters | null {
    return this.core.peerParameters;
  }

  /** Whether both ends agreed on several paths. */
  get multipath(): boolean {
    return this.core.multipath;
  }

  /** The paths as they are now; after the end, as they were last. */
  paths(): readonly PathInfo[] {
    return this.#paths.infos();
  }

  /**
   * A path that is there.
   *
   * @param id The path id.
   * @returns The path, or null when there is none.
   */
  path(id: number): QuicPath | null {
    return this.#paths.get(id);
  }

  /**
   * Opens a further path, from a socket of its own (clients only).
   *
   * @param options Between which addresses, and what it is for.
   * @returns The path, validated.
   * @throws {MptError} Why it cannot be opened; `data.refusal` names the limit or what is missing.
   */
  openPath(options: OpenPathOptions): Promise<QuicPath> {
    return this.#paths.open(options);
  }

  /**
   * What happens to its paths from now on.
   *
   * @param signal Ends it.
   * @returns The events; they end with the connection.
   */
  pathEvents(signal?: AbortSignal): AsyncIterableIterator<QuicPathEvent> {
    return this.#paths.events.listen(signal);
  }

  /**
   * Breaks a path on purpose: from now on nothing goes out or comes in over its socket.
   *
   * @param id The path id.
   * @param how Whether nobody is told, or its socket is closed.
   * @returns False if there is no such path.
   */
  breakPath(id: number, how: PathBreak = "silent"): boolean {
    return this.#paths.break(id, how);
  }

  /** A socket of its own is lost. */
  onPortLost(port: Port): void {
    this.#paths.onPortLost(port);
  }

  /** Counts of the whole connection. */
  stats(): ConnectionStats {
    return statsOf(this.core);
  }

  /**
   * Opens a stream. The other end hears of it with its first byte.
   *
   * @param direction Both ways, or from here to there.
   * @param signal Ends the wait for the other end to allow another stream.
   * @returns The stream.
   * @throws {MptError} Why the connection is over; `ERR_ABORTED`.
   */
  async openStream(direction?: QuicStreamDirection, signal?: AbortSignal): Promise<DrivenStream> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      if (signal?.aborted) throw abortedError("open a stream", signal);
      const id = this.core.open(direction ?? "bidirectional");
      this.touch();
      if (id !== null) return this.#add(id);
      await orAborted(this.#streamsAvailable.wait(), "open a stream", signal);
    }
  }

  /**
   * The next stream that the other end opened.
   *
   * @returns The stream, or null when the connection is over.
   */
  async acceptStream(): Promise<DrivenStream | null> {
    for (;;) {
      const next = this.#incoming.shift();
      if (next !== undefined) return next;
      if (this.#failure !== null) return null;
      await this.#streamArrived.wait();
    }
  }

  /**
   * Sends a datagram (RFC 9221): it may be lost, and is never sent again.
   *
   * @param bytes What to send.
   * @param pathId The path that carries it, as long as that works.
   * @returns False if the other end takes none of this size, or too many wait to be sent.
   * @throws {MptError} Why the connection is over.
   */
  sendDatagram(bytes: Uint8Array, pathId?: number): boolean {
    if (this.#failure !== null) throw this.#failure;
    const taken = this.core.sendDatagram(bytes.slice(), pathId);
    if (taken) this.touch();
    return taken;
  }

  /**
   * The next datagram that arrived.
   *
   * @returns Its bytes, or null when the connection is over.
   */
  async receiveDatagram(): Promise<Uint8Array<ArrayBuffer> | null> {
    for (;;) {
      const next = this.#datagrams.shift();
      if (next !== undefined) return next;
      if (this.#failure !== null) return null;
      await this.#datagramArrived.wait();
    }
  }

  /** Asks the other end for an acknowledgment: it keeps the connection alive and measures the RTT. */
  ping(): void {
    if (this.#failure !== null) return;
    this.core.ping();
    this.touch();
  }

  /**
   * Changes the keys of packets (RFC 9001 6).
   *
   * @returns False if it is too early for that.
   */
  updateKeys(): boolean {
    return this.#failure === null && this.core.updateKeys(nowUs());
  }

  /**
   * Closes in order: ends every stream, waits until the other end has what was written, and tells it a code.
   *
   * @param errorCode The application's code.
   * @param reason In words.
   */
  close(errorCode: number = 0, reason: string = ""): Promise<void> {
    this.#closing ??= this.#close(errorCode, reason);
    return this.#closing;
  }

  /**
   * Ends at once; the other end hears the code, and what was written may be lost.
   *
   * @param errorCode The application's code.
   * @param reason In words.
   */
  abort(errorCode: number = ABORTED, reason: string = ""): void {
    this.abortWith(cancelledError(this.peer), errorCode, reason);
  }

  /** Ends at once with an error of the caller's for everybody who waits. */
  abortWith(failure: MptError, errorCode: number = ABORTED, reason: string = ""): void {
    if (this.#failure !== null) return;
    this.core.close(nowUs(), errorCode, reason);
    this.#isEndedHere = true;
    this.#end(failure);
    this.touch();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Something was done that may have to be sent. */
  touch(): void {
    this.#parts.loop.touch(this.core);
  }

  /** A stream is over. */
  forget(stream: DrivenStream): void {
    this.#streams.delete(stream.id);
  }

  /** Takes what happened. */
  onEvent(event: ConnectionEvent): void {
    switch (event.type) {
      case "connected":
        return this.#onConnected();
      case "opened": {
        this.#incoming.push(this.#add(event.id));
        return this.#streamArrived.notify();
      }
      case "readable":
        return this.#streams.get(event.id)?.onReadable();
      case "writable":
        return this.#streams.get(event.id)?.onWritable();
      case "stopped":
        return this.#streams.get(event.id)?.onStopped(event.errorCode);
      case "delivered":
        return this.#streams.get(event.id)?.onDelivered();
      case "streams-available":
        return this.#streamsAvailable.notify();
      case "datagram":
        this.#datagrams.push(event.bytes);
        if (this.#datagrams.length > MAX_DATAGRAMS) this.#datagrams.shift();
        return this.#datagramArrived.notify();
      case "closed": {
        const action = this.#isConnected ? `exchange data with ${this.peer}` : `connect to ${this.peer}`;
        return this.#end(closeError(event.reason, action));
      }
      case "path":
        return this.#paths.onEvent(event);
      case "token":
        return this.#parts.onToken?.(event.token);
      case "confirmed":
      case "paths-available":
        return;
      default:
        event satisfies never;
    }
  }

  /** The socket can no longer be used. */
  onFailure(error: unknown): void {
    this.#end(toMptError(error, `Cannot exchange data with ${this.peer}`));
  }

  async #close(errorCode: number, reason: string): Promise<void> {
    if (this.#failure === null) {
      const streams = [...this.#streams.values()].map((stream) => stream.close());
      if (streams.length > 0) {
        const stop = new AbortController();
        await Promise.race([Promise.all(streams), this.#ended.wait(), sleep(LINGER_MS, stop.signal)]);
        stop.abort();
      }
      this.abortWith(closedError(this.peer), errorCode, reason);
    }
    await this.closed;
  }

  #add(id: number): DrivenStream {
    const stream = new DrivenStream(this, id);
    this.#streams.set(id, stream);
    return stream;
  }

  #onConnected(): void {
    this.#isConnected = true;
    this.#connected.resolve();
  }

  #end(failure: MptError): void {
    if (this.#failure !== null) return;
    this.#failure = failure;
    this.#connected.reject(failure);
    this.#paths.onEnd();
    for (const stream of [...this.#streams.values()]) stream.onConnectionOver();
    this.#streams.clear();
    for (const each of [this.#streamArrived, this.#datagramArrived, this.#streamsAvailable, this.#ended]) {
      each.notify();
    }
    void this.#release();
  }

  /** The last words are sent first. */
  async #release(): Promise<void> {
    await this.#parts.loop.flushed();
    await this.#parts.release();
    this.#closed.resolve();
  }
}
