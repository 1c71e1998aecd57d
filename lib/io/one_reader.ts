import { busyError } from "./stream_errors.ts";

/** The next bytes of a stream; null at its end. */
type Next = () => Promise<Uint8Array<ArrayBuffer> | null>;

/** Reading a stream chunk by chunk or all of it, by one reader at a time. */
export class OneReader {
  readonly #next: Next;
  #reading = false;

  constructor(next: Next) {
    this.#next = next;
  }

  /** The next bytes. @throws {MptError} `ERR_USAGE` while another reader waits. */
  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#reading) throw busyError("read");
    this.#reading = true;
    try {
      return await this.#next();
    } finally {
      this.#reading = false;
    }
  }

  /** Hands every chunk to `sink`, until the end. @throws {MptError} `ERR_USAGE` while another reader waits. */
  async consume(sink: (chunk: Uint8Array<ArrayBuffer>) => void): Promise<void> {
    if (this.#reading) throw busyError("read");
    this.#reading = true;
    try {
      for (let chunk = await this.#next(); chunk !== null; chunk = await this.#next()) sink(chunk);
    } finally {
      this.#reading = false;
    }
  }
}
