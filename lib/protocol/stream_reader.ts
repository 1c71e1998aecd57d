import { MptError } from "../base/errors.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import { findHeadEnd, MAX_HEAD_BYTES } from "./http1.ts";

/** What ends a `consume` from inside its sink. Nobody else sees it. */
const ENOUGH = new Error("enough");

/** Reads a stream in pieces that a protocol wants, not in those that the network delivers. */
export class StreamReader {
  readonly #stream: ByteStream;
  #held: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #ended = false;

  /** Takes over the reading side of a stream. */
  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** The first byte without taking it, or null at the end of the stream. */
  async peekByte(): Promise<number | null> {
    while (this.#held.length === 0) {
      if (!await this.#more()) return null;
    }
    return this.#held[0]!;
  }

  /**
   * An HTTP/1 head including its empty line, or null when the stream ended before the first byte.
   *
   * @throws {MptError} `ERR_LIMIT` when it is longer than allowed, `ERR_CLOSED` when it is cut short.
   */
  async readHead(): Promise<Uint8Array<ArrayBuffer> | null> {
    for (;;) {
      const end = findHeadEnd(this.#held);
      if (end > MAX_HEAD_BYTES || (end < 0 && this.#held.length > MAX_HEAD_BYTES)) {
        throw new MptError(
          "ERR_LIMIT",
          `Cannot read the HTTP head: it is longer than ${MAX_HEAD_BYTES} bytes`,
        );
      }
      if (end >= 0) return this.#take(end);
      if (await this.#more()) continue;
      if (this.#held.length === 0) return null;
      throw new MptError("ERR_CLOSED", "Cannot read the HTTP head: the connection ended inside it");
    }
  }

  /**
   * Exactly `length` bytes.
   *
   * @throws {MptError} `ERR_CLOSED` when the stream ends before them.
   */
  async readExactly(length: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#held.length < length) {
      if (!await this.#more()) {
        throw new MptError(
          "ERR_CLOSED",
          `Cannot read ${length} bytes: the stream ended after ${this.#held.length}`,
        );
      }
    }
    return this.#take(length);
  }

  /** What is there, at most `limit` bytes, or null at the end of the stream. */
  async readSome(limit: number): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#held.length === 0 && !await this.#more()) return null;
    return this.#take(Math.min(limit, this.#held.length));
  }

  /** Hands everything that is left to `sink`, until the end of the stream. */
  async consume(sink: (chunk: Uint8Array<ArrayBuffer>) => void): Promise<void> {
    if (this.#held.length > 0) sink(this.#take(this.#held.length));
    if (!this.#ended) await this.#stream.consume(sink);
    this.#ended = true;
  }

  /**
   * Hands what arrives to `sink` until that says where its part ends; what is behind stays to be read.
   *
   * @param sink Takes a chunk, which is valid only inside the call, and returns null to go on, or how many
   * bytes of the chunk were its own.
   * @returns False when the stream ended first.
   */
  async consumeUntil(sink: (chunk: Uint8Array<ArrayBuffer>) => number | null): Promise<boolean> {
    if (this.#held.length > 0) {
      const chunk = this.#take(this.#held.length);
      const end = sink(chunk);
      if (end !== null) {
        this.#held = chunk.subarray(end);
        return true;
      }
    }
    if (this.#ended) return false;
    try {
      await this.#stream.consume((chunk) => {
        const end = sink(chunk);
        if (end === null) return;
        this.#held = chunk.slice(end);
        throw ENOUGH;
      });
    } catch (error) {
      if (error === ENOUGH) return true;
      throw error;
    }
    this.#ended = true;
    return false;
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const chunk = await this.#stream.read();
    if (chunk === null) {
      this.#ended = true;
      return false;
    }
    // The chunk is the stream's until the next read: keep a copy.
    const joined = new Uint8Array(this.#held.length + chunk.length);
    joined.set(this.#held);
    joined.set(chunk, this.#held.length);
    this.#held = joined;
    return true;
  }

  #take(length: number): Uint8Array<ArrayBuffer> {
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }
}
