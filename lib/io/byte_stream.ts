/**
 * Bytes both ways with back-pressure and half-close: the one stream of a TCP or MPTCP connection.
 * At most one read and one write may be under way at a time.
 */
export interface ByteStream extends AsyncDisposable {
  /**
   * The next bytes, or null when the other end has closed its side. The view is valid until the next read.
   *
   * @throws {MptError} `ERR_RESET`, `ERR_ABORTED`, `ERR_CLOSED` or `ERR_TIMED_OUT`.
   */
  read(): Promise<Uint8Array<ArrayBuffer> | null>;

  /**
   * Hands every chunk to `sink` as it arrives, until the other end closes its side. The chunk is valid
   * only inside the call. The fastest way to read.
   *
   * @param sink Takes a chunk; it cannot push back.
   * @throws {MptError} As `read`.
   */
  consume(sink: (chunk: Uint8Array<ArrayBuffer>) => void): Promise<void>;

  /**
   * Writes; resolves when the kernel has taken all of it, so that awaiting each write is back-pressure.
   * The bytes must not change until then.
   *
   * @throws {MptError} `ERR_RESET`, `ERR_ABORTED` or `ERR_CLOSED`.
   */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;

  /** Half-close: no more will be written; reading goes on. */
  closeWrite(): Promise<void>;

  /** Closes both sides in order. What was written is still delivered. */
  close(): Promise<void>;

  /** Ends the connection at once with a reset; pending reads and writes fail with `ERR_ABORTED`. */
  abort(): void;

  /** Resolves when the connection is over, for whatever reason. Never rejects. */
  readonly closed: Promise<void>;
}

/** The bytes that can still be read as a web stream. Reading it ends `stream.read()` for everybody else. */
export function readableOf(stream: ByteStream): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const chunk = await stream.read();
      if (chunk === null) controller.close();
      else controller.enqueue(chunk.slice());
    },
    cancel(): void {
      stream.abort();
    },
  }, { highWaterMark: 0 });
}

/** The writing side as a web stream with true back-pressure; closing it half-closes the connection. */
export function writableOf(stream: ByteStream): WritableStream<Uint8Array<ArrayBuffer>> {
  return new WritableStream({
    write: (chunk) => stream.write(chunk),
    close: () => stream.closeWrite(),
    abort: () => stream.abort(),
  });
}
