import { MptError } from "../../base/errors.ts";
import { readableOf, writableOf } from "../../io/byte_stream.ts";
import { OneReader } from "../../io/one_reader.ts";
import { cancelledError, closedError, closedSideError } from "../../io/stream_errors.ts";
import { turnIfDue } from "../../io/turn.ts";
import type { Connection } from "../connection/connection.ts";
import { mayReceive, maySend } from "../streams/stream_id.ts";
import type { QuicStream, QuicStreamDirection } from "./api.ts";
import { Signal } from "./signal.ts";

/** What of a stream may wait to be sent: enough for the next turns of the event loop, and little memory. */
const MAX_UNSENT_BYTES = 524_288;

/** What of a stream may wait for acknowledgments, in bytes. */
const MAX_BUFFER_BYTES = 33_554_432;

/** The application error code of streams that are aborted without another one. */
const ABORTED = 0;

/** What a stream needs of its connection. */
export interface StreamHost {
  readonly core: Connection;
  /** The other end, for messages. */
  readonly peer: string;
  /** The most bytes of one read. */
  readonly readBytes: number;
  /** Why the connection is over; null while it is not. */
  readonly failure: MptError | null;
  /** Whether this end ended it: nothing can be read any more then. */
  readonly isEndedHere: boolean;
  /** Something was done to the stream. */
  touch(): void;
  /** The stream is over. */
  forget(stream: DrivenStream): void;
}

/** A stream of a connection that a socket loop moves. */
export class DrivenStream implements QuicStream {
  /** The number of the stream (RFC 9000 2.1). */
  readonly id: number;
  /** Whether data goes both ways. */
  readonly direction: QuicStreamDirection;
  /** Resolves when both directions have ended. Never rejects. */
  readonly closed: Promise<void>;
  readonly #host: StreamHost;
  readonly #resolveClosed: () => void;
  readonly #reader = new OneReader(() => this.#next());
  readonly #readable = new Signal();
  readonly #writable = new Signal();
  #written = 0;
  #ended: boolean;
  #readOver: boolean;
  #finished: boolean;
  #writeOver: boolean;
  /** What this end did: it holds for both directions. */
  #own: MptError | null = null;
  #readFailure: MptError | null = null;
  #writeFailure: MptError | null = null;
  #writing: Promise<void> = Promise.resolve();

  /** Takes a stream of the core. Streams come from a DrivenConnection. */
  constructor(host: StreamHost, id: number) {
    this.#host = host;
    this.id = id;
    const { side } = host.core.core;
    const [sends, receives] = [maySend(side, id), mayReceive(side, id)];
    this.direction = sends && receives ? "bidirectional" : "unidirectional";
    this.#ended = this.#readOver = !receives;
    this.#finished = this.#writeOver = !sends;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#resolveClosed = resolve;
  }

  /** Tells the other end of a stream that has nothing to say yet, so that it can speak first. */
  announce(): void {
    const { config, control } = this.#host.core.core;
    if (this.direction === "unidirectional" || this.#host.failure !== null) return;
    // RFC 9000 3.2: this frame too creates the stream at the other end. The limit is what it knows already
    control.push({ kind: "max_stream_data", streamId: this.id, maximum: config.streams.streamWindow });
    this.#host.touch();
  }

  /** Bytes of this end's direction that the other end has acknowledged, from the first one without a gap. */
  get bytesAcknowledged(): number {
    return this.#written - this.#host.core.streams.bufferedBytes(this.id);
  }

  /** The bytes that can still be read as a web stream; cancelling it aborts the stream. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return readableOf(this);
  }

  /** The writing side as a web stream with back-pressure; closing it ends this direction. */
  get writable(): WritableStream<Uint8Array<ArrayBuffer>> {
    return writableOf(this);
  }

  /** The next bytes, or null at the end of the other end's direction. The view is valid until the next read. */
  read(): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#reader.read();
  }

  /** Hands every chunk to `sink` as it arrives, until the end. */
  consume(sink: (chunk: Uint8Array<ArrayBuffer>) => void): Promise<void> {
    return this.#reader.consume(sink);
  }

  /** Writes; resolves when the connection has taken all of it. The bytes may change then. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const writing = this.#write(bytes);
    this.#writing = writing.catch(() => {});
    return writing;
  }

  /** Ends this end's direction after what was written; reading goes on. */
  async closeWrite(): Promise<void> {
    this.#checkOpen();
    await this.#writing;
    this.#finish();
  }

  /** Ends both directions in order; resolves when the other end has what was written. */
  async close(): Promise<void> {
    await this.#writing;
    this.#finish();
    this.#own ??= closedError(this.#host.peer);
    this.stopReading();
    this.#readable.notify();
    await this.closed;
  }

  /** Sets how urgent it is: larger goes first, those of one priority take turns. */
  setPriority(priority: number): void {
    this.#host.core.streams.setPriority(this.id, priority);
  }

  /**
   * Binds what this end sends on it to a path, as long as that path works.
   *
   * @param pathId The path; null is any.
   * @returns False if data cannot be sent on this path.
   */
  usePath(pathId: number | null): boolean {
    return this.#host.core.bindStream(this.id, pathId ?? -1);
  }

  /**
   * Gives up both directions at once.
   *
   * @param errorCode The application's code for the other end.
   */
  abort(errorCode: number = ABORTED): void {
    this.#own ??= cancelledError(this.#host.peer);
    this.reset(errorCode);
    this.stopReading(errorCode);
    this.#readable.notify();
    this.#writable.notify();
  }

  /**
   * Gives up this end's direction: what is on its way may never arrive (RESET_STREAM).
   *
   * @param errorCode The application's code for the other end.
   */
  reset(errorCode: number = ABORTED): void {
    if (this.#writeOver) return;
    this.#host.core.streams.reset(this.id, errorCode);
    this.#writeFailure ??= closedSideError(this.#host.peer);
    this.#host.touch();
    this.#onWriteOver();
  }

  /**
   * Wants no more from the other end (STOP_SENDING).
   *
   * @param errorCode The application's code for the other end.
   */
  stopReading(errorCode: number = ABORTED): void {
    if (this.#readOver) return;
    this.#host.core.streams.stopSending(this.id, errorCode);
    this.#readFailure ??= closedError(this.#host.peer);
    this.#host.touch();
    this.#onReadOver();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The core says that something arrived. */
  onReadable(): void {
    this.#readable.notify();
  }

  /** The core says that something was acknowledged. */
  onWritable(): void {
    if (this.#room > MAX_UNSENT_BYTES / 4) this.#writable.notify();
  }

  /** The other end has everything, or knows of the reset. */
  onDelivered(): void {
    this.#onWriteOver();
  }

  /** The other end wants no more. */
  onStopped(errorCode: number): void {
    this.#writeFailure ??= new MptError(
      "ERR_RESET",
      `Cannot send to ${this.#host.peer}: the other end no longer accepts data`,
      { data: { error_code: errorCode } },
    );
    this.#writable.notify();
    this.#onWriteOver();
  }

  /** The connection is over: what has arrived can still be read. */
  onConnectionOver(): void {
    this.#readable.notify();
    this.#writable.notify();
    this.#resolveClosed();
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | null> {
    const { core, readBytes } = this.#host;
    for (;;) {
      if (this.#ended) return null;
      const failure = this.#own ?? this.#readFailure;
      if (failure !== null) throw failure;
      // What this end did to the connection counts at once, what the other end did after its last byte
      if (this.#host.failure !== null && this.#host.isEndedHere) throw this.#host.failure;
      // What the reader was given is valid until it asks for more
      core.streams.reuse(this.id);
      const result = core.streams.read(this.id, readBytes);
      switch (result.type) {
        case "data":
          this.#host.touch();
          return result.bytes;
        case "end":
          this.#ended = true;
          this.#host.touch();
          this.#onReadOver();
          return null;
        case "reset":
          this.#readFailure = new MptError(
            "ERR_RESET",
            `Cannot receive from ${this.#host.peer}: the other end reset the stream`,
            { data: { error_code: result.errorCode } },
          );
          this.#onReadOver();
          break;
        case "empty":
          if (this.#host.failure !== null) throw this.#host.failure;
          await this.#readable.wait();
          break;
        default:
          result satisfies never;
      }
    }
  }

  async #write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { core } = this.#host;
    this.#checkOpen();
    if (this.#finished) throw closedSideError(this.#host.peer);
    for (let at = 0; at < bytes.length;) {
      const room = this.#room;
      if (room <= 0) {
        await this.#writable.wait();
        this.#checkOpen();
        continue;
      }
      const end = Math.min(bytes.length, at + room);
      core.streams.writeCopy(this.id, bytes.subarray(at, end));
      this.#written += end - at;
      at = end;
      this.#host.touch();
    }
    await turnIfDue();
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    if (this.#writeOver || this.#host.failure !== null) return;
    this.#host.core.streams.finish(this.id);
    this.#host.touch();
  }

  #checkOpen(): void {
    const failure = this.#own ?? this.#host.failure ?? this.#writeFailure;
    if (failure !== null) throw failure;
  }

  /** How many bytes may be written now. */
  get #room(): number {
    const { streams } = this.#host.core;
    return Math.min(
      MAX_UNSENT_BYTES - streams.unsentBytes(this.id),
      MAX_BUFFER_BYTES - streams.bufferedBytes(this.id),
    );
  }

  #onReadOver(): void {
    this.#readOver = true;
    this.#checkOver();
  }

  #onWriteOver(): void {
    this.#writeOver = true;
    this.#checkOver();
  }

  #checkOver(): void {
    if (!this.#readOver || !this.#writeOver) return;
    this.#resolveClosed();
    this.#host.forget(this);
  }
}
