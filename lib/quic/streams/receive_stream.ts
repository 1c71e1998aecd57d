import { QUIC_ERROR } from "../wire/error_codes.ts";
import { QuicError } from "../wire/quic_error.ts";
import type { ReceiveWindow } from "./flow_control.ts";
import { ReceiveBuffer } from "./receive_buffer.ts";

/** A peer that leaves more gaps than this in one stream wants our memory (RFC 9000 21.6). */
const MAX_GAPS = 4096;

/** RFC 9000 3.2, in the order of progress. */
export type ReceiveState = "open" | "size-known" | "reset" | "read";

/** The receiving part of a stream (RFC 9000 3.2). */
export class ReceiveStream {
  readonly id: number;
  readonly window: ReceiveWindow;
  readonly #buffer = new ReceiveBuffer();
  #state: ReceiveState = "open";
  #finalSize = -1;
  #resetCode: number | null = null;
  #stopped = false;
  #released = 0;

  constructor(id: number, window: ReceiveWindow) {
    this.id = id;
    this.window = window;
  }

  get state(): ReceiveState {
    return this.#state;
  }

  /** Bytes that can be read now. */
  get readableBytes(): number {
    return this.#state === "reset" ? 0 : this.#buffer.readableBytes;
  }

  /** The code with which the peer gave the stream up; null if it did not. */
  get resetCode(): number | null {
    return this.#resetCode;
  }

  /** Whether everything that will ever come has arrived: no more credit is needed. */
  get needsNoCredit(): boolean {
    return this.#state !== "open" || this.#stopped;
  }

  /** Whether the user gave the stream up. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /**
   * Takes the data of a STREAM frame.
   *
   * @param limit How many bytes beyond the farthest one the connection's flow control allows.
   * @returns How much farther the stream reaches now.
   * @throws {QuicError} `FINAL_SIZE_ERROR`, `FLOW_CONTROL_ERROR`.
   */
  onData(
    offset: number,
    source: Uint8Array,
    start: number,
    end: number,
    fin: boolean,
    limit: number,
  ): number {
    const until = offset + end - start;
    this.#checkSize(until, fin);
    const farther = this.#extend(until, limit);
    if (fin && this.#finalSize < 0) {
      this.#finalSize = until;
      if (this.#state === "open") this.#state = "size-known";
    }
    if (this.#state === "reset" || this.#state === "read" || this.#stopped) return farther;
    this.#buffer.insert(offset, source, start, end);
    if (this.#buffer.gaps > MAX_GAPS) {
      throw new QuicError(
        QUIC_ERROR.INTERNAL_ERROR,
        `Cannot put stream ${this.id} in order: it has too many gaps`,
      );
    }
    return farther;
  }

  /**
   * Takes a RESET_STREAM frame.
   *
   * @returns How much farther the stream reaches now.
   */
  onReset(code: number, finalSize: number, limit: number): number {
    this.#checkSize(finalSize, true);
    const farther = this.#extend(finalSize, limit);
    this.#finalSize = finalSize;
    // RFC 9000 3.2: when all data is there the reset may be passed over.
    const complete = this.#state === "size-known" && !this.#stopped && this.#hasAll;
    if (this.#state === "read" || this.#state === "reset" || complete) return farther;
    this.#state = "reset";
    this.#resetCode = code;
    return farther;
  }

  /** The next bytes in order, or null. */
  read(maxBytes?: number): Uint8Array<ArrayBuffer> | null {
    if (this.#state === "reset") return null;
    const chunk = this.#buffer.read(maxBytes);
    this.window.onConsumed(chunk?.length ?? 0);
    return chunk;
  }

  /** Takes back the memory that reads gave: see {@linkcode ReceiveBuffer.reuse}. */
  reuse(): void {
    this.#buffer.reuse();
  }

  /** Whether all data was read, or the reset; it is over then. */
  get atEnd(): boolean {
    return this.#finalSize >= 0 && this.#buffer.readOffset === this.#finalSize;
  }

  /**
   * The reader knows of the end or the reset, or wants no more.
   *
   * @returns How many bytes of the connection's window are free because of it.
   */
  close(): number {
    if (this.#state === "read") return 0;
    const unread = this.window.receivedBytes - this.#buffer.readOffset - this.#released;
    this.#released += unread;
    this.#buffer.clear();
    if (this.#finalSize >= 0) this.#state = "read";
    return unread;
  }

  /**
   * The user wants no more: what still comes is passed over.
   *
   * @returns Whether the peer has to know: something is still to come.
   */
  stop(): boolean {
    const complete = this.#state === "reset" || this.#state === "read" || this.#hasAll;
    if (this.#stopped || complete) return false;
    this.#stopped = true;
    return true;
  }

  /** Whether every byte up to the end is there. */
  get #hasAll(): boolean {
    return this.#finalSize >= 0 && this.#buffer.readOffset + this.#buffer.readableBytes === this.#finalSize;
  }

  /** RFC 9000 4.5 */
  #checkSize(until: number, final: boolean): void {
    const known = this.#finalSize;
    const wrong = known >= 0
      ? until > known || (final && until !== known)
      : final && until < this.window.receivedBytes;
    if (wrong) {
      throw new QuicError(QUIC_ERROR.FINAL_SIZE_ERROR, `Cannot take stream ${this.id}: its size changed`);
    }
  }

  #extend(until: number, limit: number): number {
    const farther = Math.max(0, until - this.window.receivedBytes);
    // RFC 9000 4.1
    if (!this.window.onReceived(farther) || farther > limit) {
      throw new QuicError(
        QUIC_ERROR.FLOW_CONTROL_ERROR,
        `Cannot take stream ${this.id}: it is beyond the limit`,
      );
    }
    return farther;
  }
}
