/** Datagrams that wait to be sent beyond this are refused: they are worth nothing when they are late. */
const MAX_QUEUED_BYTES = 1_048_576;

/** DATAGRAM frames that wait to be sent (RFC 9221 5): never sent twice. */
export class DatagramQueue {
  readonly #queue: Uint8Array[] = [];
  #head = 0;
  #bytes = 0;

  /** Whether one is waiting. */
  get hasData(): boolean {
    return this.#head < this.#queue.length;
  }

  /** Adds one; its memory must stay as it is. @returns False if too many are waiting. */
  push(bytes: Uint8Array): boolean {
    if (this.#bytes + bytes.length > MAX_QUEUED_BYTES) return false;
    this.#queue.push(bytes);
    this.#bytes += bytes.length;
    return true;
  }

  /** The next one, which stays. */
  peek(): Uint8Array | undefined {
    return this.#queue[this.#head];
  }

  /** Takes the next one out. */
  shift(): void {
    const [bytes] = this.#queue.slice(this.#head, this.#head + 1);
    if (bytes === undefined) return;
    this.#bytes -= bytes.length;
    this.#head++;
    if (this.#head < 64 && this.#head < this.#queue.length) return;
    this.#queue.splice(0, this.#head);
    this.#head = 0;
  }
}
