/** Datagrams that wait to be sent beyond this are refused: they are worth nothing when they are late. */
const MAX_QUEUED_BYTES = 1_048_576;

/** Those that wait are moved down when so many have gone. */
const COMPACT_AT = 64;

interface Waiting {
  readonly bytes: Uint8Array;
  /** The path that has to carry it; -1 for any. */
  readonly pathId: number;
}

/** DATAGRAM frames that wait to be sent (RFC 9221 5): never sent twice. */
export class DatagramQueue {
  readonly #free = new Line();
  /** Those that wait for one path. */
  #bound: Map<number, Line> | null = null;
  #bytes = 0;

  /** Whether one is waiting that any path carries. */
  get hasData(): boolean {
    return this.#free.first !== undefined;
  }

  /** Whether one is waiting that only this path carries. */
  hasDataFor(pathId: number): boolean {
    return this.#bound?.get(pathId)?.first !== undefined;
  }

  /**
   * Adds one; its memory must stay as it is.
   *
   * @param pathId The path that has to carry it; -1 for any.
   * @returns False if too many are waiting.
   */
  push(bytes: Uint8Array, pathId: number = -1): boolean {
    if (this.#bytes + bytes.length > MAX_QUEUED_BYTES) return false;
    this.#bytes += bytes.length;
    let line = this.#free;
    if (pathId >= 0) {
      this.#bound ??= new Map();
      line = this.#bound.get(pathId) ?? new Line();
      this.#bound.set(pathId, line);
    }
    line.push({ bytes, pathId });
    return true;
  }

  /** The next one for a path, which stays: those that only it carries come first. */
  peek(pathId: number = -1, free: boolean = true): Uint8Array | undefined {
    const bound = this.#bound?.get(pathId)?.first;
    return (bound ?? (free ? this.#free.first : undefined))?.bytes;
  }

  /** Takes out the one that `peek()` gave. */
  shift(pathId: number = -1): void {
    const bound = this.#bound?.get(pathId);
    const line = bound?.first === undefined ? this.#free : bound;
    this.#bytes -= line.shift()?.bytes.length ?? 0;
  }

  /** A path does not work: any other one carries what waits for it. */
  releasePath(pathId: number): void {
    const line = this.#bound?.get(pathId);
    if (line === undefined) return;
    this.#bound?.delete(pathId);
    for (let next = line.shift(); next !== undefined; next = line.shift()) this.#free.push(next);
  }
}

/** First in, first out. */
class Line {
  readonly #waiting: Waiting[] = [];
  #head = 0;

  get first(): Waiting | undefined {
    return this.#waiting[this.#head];
  }

  push(waiting: Waiting): void {
    this.#waiting.push(waiting);
  }

  shift(): Waiting | undefined {
    const next = this.#waiting[this.#head];
    if (next === undefined) return undefined;
    this.#head++;
    if (this.#head >= COMPACT_AT || this.#head === this.#waiting.length) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
    return next;
  }
}
