import { Socket } from "node:net";
import { setBytes, SO_LINGER, SOL_SOCKET } from "../../ffi/mod.ts";
import type { MptError } from "../base/errors.ts";
import type { ByteStream } from "./byte_stream.ts";
import { DirectWriter } from "./direct_writer.ts";
import { busyError, cancelledError, closedError, closedSideError } from "./stream_errors.ts";
import { ioError } from "./system_error.ts";
import { turnIfDue } from "./turn.ts";

interface Reader {
  readonly resolve: (chunk: Uint8Array<ArrayBuffer> | null) => void;
  readonly reject: (error: unknown) => void;
}

type Sink = (chunk: Uint8Array<ArrayBuffer>) => void;

/** `struct linger { int on = 1; int seconds = 0 }`: close by reset. */
const LINGER_RESET = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** Most connections never need more; a bulk transfer grows its buffers in a few reads. */
const FIRST_BUFFER_BYTES = 16_384;

/**
 * A connected descriptor adopted by Deno's event loop. Deno owns the descriptor from here on and closes it.
 *
 * Reading uses two buffers in turn: one is with the reader while the kernel fills the other, then reading
 * pauses until the next `read()`. So memory is bounded and nothing is copied.
 */
export class NodeStream implements ByteStream {
  readonly closed: Promise<void>;
  /** Called before this side is closed and at the end: the last moments at which the kernel tells everything. */
  beforeClose: () => void = () => {};
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #peer: string;
  readonly #maxBufferBytes: number;
  readonly #buffers: Uint8Array<ArrayBuffer>[] = [];
  #bufferBytes: number;
  #turn = 0;
  #waiting: Reader | undefined;
  #pending: Uint8Array<ArrayBuffer> | undefined;
  #paused = false;
  #ended = false;
  #writeEnded = false;
  #failure: MptError | undefined;
  #sink: Sink | undefined;
  /** Writes until the first byte was received; see {@linkcode DirectWriter}. */
  readonly #direct: DirectWriter;
  #received = false;
  #writing: Promise<void> | undefined;

  /**
   * @param fd A connected stream socket.
   * @param peer The other end, for messages.
   * @param maxBufferBytes What each of the two read buffers may grow to.
   */
  constructor(fd: number, peer: string, maxBufferBytes: number) {
    this.#fd = fd;
    this.#peer = peer;
    this.#maxBufferBytes = maxBufferBytes;
    this.#bufferBytes = Math.min(FIRST_BUFFER_BYTES, maxBufferBytes);
    this.#socket = new Socket({
      fd,
      allowHalfOpen: true,
      readable: true,
      writable: true,
      onread: {
        buffer: () => this.#nextBuffer(),
        callback: (length, buffer) => this.#receive(length, buffer),
      },
    });
    this.#direct = new DirectWriter(fd, peer);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#socket.on("end", () => {
      if (this.#writeEnded) this.beforeClose();
      this.#ended = true;
      this.#waiting?.resolve(null);
      this.#waiting = undefined;
    });
    this.#socket.on("error", (error) => this.#fail(ioError(error, `exchange data with ${peer}`)));
    this.#socket.on("close", () => {
      this.#fail(closedError(peer));
      resolve();
    });
  }

  /** The descriptor while it is ours to inspect, or -1: after a close its number may be another socket's. */
  get fd(): number {
    return this.#socket.destroyed ? -1 : this.#fd;
  }

  /** True once both sides are closed: MPTCP then reports a finished connection like one that fell back. */
  get finished(): boolean {
    return this.#ended && this.#writeEnded;
  }

  read(): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#waiting !== undefined || this.#sink !== undefined) return Promise.reject(busyError("read"));
    const chunk = this.#pending;
    if (chunk !== undefined) {
      this.#pending = undefined;
      this.#resume();
      return Promise.resolve(chunk);
    }
    if (this.#ended) return Promise.resolve(null);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#resume();
    });
  }

  consume(sink: Sink): Promise<void> {
    if (this.#waiting !== undefined || this.#sink !== undefined) return Promise.reject(busyError("read"));
    const chunk = this.#pending;
    this.#pending = undefined;
    try {
      if (chunk !== undefined) sink(chunk);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve();
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#sink = sink;
    return new Promise((resolve, reject) => {
      this.#waiting = {
        resolve: () => {
          this.#sink = undefined;
          resolve();
        },
        reject,
      };
      this.#resume();
    });
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#writeEnded) return Promise.reject(closedSideError(this.#peer));
    if (this.#writing !== undefined) return Promise.reject(busyError("write"));
    if (bytes.length === 0) return Promise.resolve();
    const over = (): void => void (this.#writing = undefined);
    this.#writing = this.#send(bytes).then(turnIfDue);
    this.#writing.then(over, over);
    return this.#writing;
  }

  async closeWrite(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#writeEnded) return;
    this.beforeClose();
    this.#writeEnded = true;
    // Whoever waits for that write learns how it ended.
    await this.#writing?.catch(() => {});
    if (this.#failure !== undefined) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const failed = (): void => reject(this.#failure ?? closedSideError(this.#peer));
    this.#socket.once("close", failed);
    this.#socket.end(() => {
      this.#socket.off("close", failed);
      resolve();
    });
    await promise;
  }

  async close(): Promise<void> {
    if (this.#failure === undefined) await this.closeWrite().catch(() => {});
    if (!this.#socket.destroyed) this.beforeClose();
    this.#socket.destroy();
    await this.closed;
  }

  abort(): void {
    if (this.#socket.destroyed) return;
    this.beforeClose();
    // Best effort: without it the close is an orderly one, which the other end survives as well.
    setBytes(this.#fd, SOL_SOCKET, SO_LINGER, LINGER_RESET);
    this.#fail(cancelledError(this.#peer));
    this.#socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #send(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (!this.#received) return this.#sendDirectly(bytes);
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        if (error === null || error === undefined) return resolve();
        // A failed read ends the socket, and its reason comes after the news that the write is off.
        this.closed.then(() => reject(this.#failure ?? ioError(error, `send to ${this.#peer}`)));
      });
    });
  }

  async #sendDirectly(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.#direct.write(bytes);
    } catch (error) {
      this.#fail(ioError(error, `send to ${this.#peer}`));
      this.#socket.destroy();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #nextBuffer(): Uint8Array<ArrayBuffer> {
    const index = this.#turn++ % 2;
    const buffer = this.#buffers[index];
    if (buffer !== undefined && buffer.length === this.#bufferBytes) return buffer;
    return this.#buffers[index] = new Uint8Array(this.#bufferBytes);
  }

  #receive(length: number, buffer: Uint8Array): boolean {
    this.#received = true;
    // A full buffer means that more was waiting: fewer, larger reads from now on.
    if (length === this.#bufferBytes) {
      this.#bufferBytes = Math.min(this.#bufferBytes * 2, this.#maxBufferBytes);
    }
    const chunk = new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, length);
    if (this.#sink !== undefined) {
      try {
        this.#sink(chunk);
        return true;
      } catch (error) {
        this.#rejectReader(error);
        return this.#pause();
      }
    }
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      waiting.resolve(chunk);
      return true;
    }
    this.#pending = chunk;
    return this.#pause();
  }

  #pause(): false {
    this.#paused = true;
    return false;
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  #fail(error: MptError): void {
    this.#failure ??= error;
    // Its last write may still wait, although something was received since.
    this.#direct.stop();
    this.#rejectReader(this.#failure);
  }

  #rejectReader(error: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#sink = undefined;
    waiting?.reject(error);
  }
}
