import type { MptError } from "../base/errors.ts";
import type { ByteStream } from "./byte_stream.ts";
import { OneReader } from "./one_reader.ts";
import { cancelledError, closedError, closedSideError } from "./stream_errors.ts";
import { ioError } from "./system_error.ts";
import { turnIfDue } from "./turn.ts";

/** A stream over Deno's own TCP connection: every platform, no system calls, fewer details. */
export class DenoStream implements ByteStream {
  readonly closed: Promise<void>;
  readonly #connection: Deno.TcpConn;
  readonly #peer: string;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  readonly #resolveClosed: () => void;
  readonly #reader = new OneReader(() => this.#next());
  #open = true;
  #ended = false;
  #writeEnded = false;
  #failure: MptError | undefined;

  constructor(connection: Deno.TcpConn, peer: string, bufferBytes: number) {
    this.#connection = connection;
    this.#peer = peer;
    this.#buffer = new Uint8Array(bufferBytes);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#resolveClosed = resolve;
  }

  read(): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#reader.read();
  }

  consume(sink: (chunk: Uint8Array<ArrayBuffer>) => void): Promise<void> {
    return this.#reader.consume(sink);
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#writeEnded) throw closedSideError(this.#peer);
    try {
      for (let sent = 0; sent < bytes.length;) sent += await this.#connection.write(bytes.subarray(sent));
      await turnIfDue();
    } catch (error) {
      throw this.#failed(error, `send to ${this.#peer}`);
    }
  }

  async closeWrite(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#writeEnded) return;
    this.#writeEnded = true;
    try {
      await this.#connection.closeWrite();
    } catch (error) {
      throw this.#failed(error, `close the sending side to ${this.#peer}`);
    }
    if (this.#ended) this.#end(closedError(this.#peer));
  }

  async close(): Promise<void> {
    if (this.#open) await this.closeWrite().catch(() => {});
    this.#end(closedError(this.#peer));
    await this.closed;
  }

  abort(): void {
    this.#end(cancelledError(this.#peer));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#ended) return null;
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const length = await this.#connection.read(this.#buffer);
      if (length !== null) return this.#buffer.subarray(0, length);
    } catch (error) {
      throw this.#failed(error, `receive from ${this.#peer}`);
    }
    this.#ended = true;
    if (this.#writeEnded) this.#end(closedError(this.#peer));
    return null;
  }

  #failed(error: unknown, action: string): MptError {
    const failure = this.#failure ?? ioError(error, action);
    this.#end(failure);
    return failure;
  }

  #end(failure: MptError): void {
    this.#failure ??= failure;
    if (!this.#open) return;
    this.#open = false;
    this.#connection.close();
    this.#resolveClosed();
  }
}
