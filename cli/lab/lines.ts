import { MptError } from "../../lib/base/errors.ts";

const NEWLINE = 0x0a;

/** Cuts bytes into lines, however they arrive; a line has a limit. */
export class LineSplitter {
  readonly #limit: number;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #pending: Uint8Array[] = [];
  #length = 0;

  /** Lines may have so many bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes the next bytes; they may be overwritten afterwards.
   *
   * @returns The lines that they complete, without line ends.
   * @throws {MptError} `ERR_LIMIT` for a line that is too long, `ERR_PROTOCOL` when it is not UTF-8.
   */
  push(bytes: Uint8Array): readonly string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#add(bytes.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    this.#add(bytes.slice(start));
    return lines;
  }

  #add(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#length > this.#limit) {
      throw new MptError("ERR_LIMIT", `Cannot read a line: it has more than ${this.#limit} bytes`);
    }
    if (bytes.length > 0) this.#pending.push(bytes);
  }

  #take(): string {
    const line = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#pending) {
      line.set(part, at);
      at += part.length;
    }
    this.#pending = [];
    this.#length = 0;
    try {
      return this.#decoder.decode(line);
    } catch (error) {
      throw new MptError("ERR_PROTOCOL", "Cannot read a line: it is not UTF-8", { cause: error });
    }
  }
}

/** What lines travel over. */
export interface ByteChannel {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** Lines of text over a connection, in both directions. */
export class LineChannel implements Disposable {
  readonly #channel: ByteChannel;
  readonly #splitter: LineSplitter;
  readonly #lines: string[] = [];
  readonly #buffer = new Uint8Array(16_384);
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  /** Incoming lines may have `limit` bytes. */
  constructor(channel: ByteChannel, limit: number) {
    this.#channel = channel;
    this.#splitter = new LineSplitter(limit);
  }

  /**
   * The next line.
   *
   * @returns Null at the end.
   * @throws {MptError} As {@linkcode LineSplitter.push}.
   */
  async read(): Promise<string | null> {
    while (this.#lines.length === 0) {
      const count = await this.#channel.read(this.#buffer).catch((error: unknown) => {
        if (this.#closed || error instanceof Deno.errors.ConnectionReset) return null;
        throw error;
      });
      if (count === null) return null;
      this.#lines.push(...this.#splitter.push(this.#buffer.subarray(0, count)));
    }
    return this.#lines.shift() ?? null;
  }

  /** Sends a line. Lines of several callers do not mix. */
  write(line: string): Promise<void> {
    const sent = this.#writing.then(() => this.#send(new TextEncoder().encode(`${line}\n`)));
    this.#writing = sent.catch(() => {});
    return sent;
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#channel.write(bytes.subarray(at));
  }

  /** Closes the connection; a pending read ends. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#channel.close();
  }
}
