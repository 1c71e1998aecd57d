import type { MptError } from "../../../lib/base/errors.ts";
import type { ByteStream } from "../../../lib/io/byte_stream.ts";

/** A stream that hands out given chunks, and spoils each one as soon as it is no longer valid. */
export class FakeStream implements ByteStream {
  readonly closed: Promise<void> = Promise.resolve();
  /** What was written. */
  written = "";
  readonly #chunks: Uint8Array<ArrayBuffer>[];
  readonly #failure: MptError | undefined;
  #lent: Uint8Array<ArrayBuffer> | undefined;

  /**
   * @param chunks What arrives.
   * @param failure What happens then. @default {the end of the stream}
   */
  constructor(chunks: readonly Uint8Array[], failure?: MptError) {
    this.#chunks = chunks.map((chunk) => Uint8Array.from(chunk));
    this.#failure = failure;
  }

  read(): Promise<Uint8Array<ArrayBuffer> | null> {
    this.#lent?.fill(0xee);
    this.#lent = this.#chunks.shift();
    if (this.#lent === undefined && this.#failure !== undefined) return Promise.reject(this.#failure);
    return Promise.resolve(this.#lent ?? null);
  }

  async consume(sink: (chunk: Uint8Array<ArrayBuffer>) => void): Promise<void> {
    for (let chunk = await this.read(); chunk !== null; chunk = await this.read()) {
      sink(chunk);
      chunk.fill(0xee);
    }
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.written += new TextDecoder("latin1").decode(bytes);
    return Promise.resolve();
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  abort(): void {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Bytes cut into chunks of the given lengths, again and again; 0 gives an empty chunk. */
export function chunksOf(bytes: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let index = 0; at < bytes.length; index++) {
    const length = lengths[index % lengths.length] ?? 1;
    // A list of zeros alone would never end.
    const step = length === 0 && index % lengths.length === lengths.length - 1 ? 1 : length;
    chunks.push(bytes.subarray(at, at + step));
    at += step;
  }
  return chunks;
}

/** Text to bytes, a character a byte. */
export function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
