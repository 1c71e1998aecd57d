import { SendWindow } from "./flow_control.ts";
import { type Piece, SendBuffer } from "./send_buffer.ts";

/** A part of a stream for one STREAM frame. */
export interface StreamPiece extends Piece {
  readonly fin: boolean;
}

/** A STREAM frame to write, with its stream. */
export interface StreamFrame extends StreamPiece {
  readonly stream: SendStream;
}

/** RFC 9000 3.1, in the order of progress. */
export type SendState = "open" | "finished" | "reset" | "acknowledged";

/** The sending part of a stream (RFC 9000 3.1). */
export class SendStream {
  readonly id: number;
  readonly window: SendWindow;
  readonly #buffer = new SendBuffer();
  /** Larger is more urgent; streams of the same priority take turns. */
  priority = 0;
  /** The path that carries it as long as that works; -1 for any. */
  pathId = -1;
  /** Whether it stands in the scheduler's queue. */
  queued = false;
  #state: SendState = "open";
  #finPending = false;
  #finAcked = false;
  #resetCode: number | null = null;

  /** @param limit The peer's first limit for this stream. */
  constructor(id: number, limit: number) {
    this.id = id;
    this.window = new SendWindow(limit);
  }

  get state(): SendState {
    return this.#state;
  }

  /** Bytes that were written and are not acknowledged. */
  get bufferedBytes(): number {
    return this.#buffer.unackedBytes;
  }

  /** Bytes that were never sent. */
  get unsentBytes(): number {
    return this.#buffer.unsentBytes;
  }

  /** Bytes that wait to be sent, new or again, flow control aside. */
  get queuedBytes(): number {
    return this.#buffer.unsentBytes + this.#buffer.againBytes;
  }

  /** How many bytes the peer may have: what a RESET_STREAM names as the final size. */
  get finalSize(): number {
    return this.#buffer.sentOffset;
  }

  /** The code of the reset; null without one. */
  get resetCode(): number | null {
    return this.#resetCode;
  }

  /** Whether there is something to send, flow control aside. */
  get wantsToSend(): boolean {
    if (this.#state === "reset" || this.#state === "acknowledged") return false;
    return this.#buffer.hasRetransmissions || this.#buffer.unsentBytes > 0 || this.#finPending;
  }

  /** Appends bytes, whose memory must stay as it is until they are acknowledged. */
  write(bytes: Uint8Array): void {
    this.#requireOpen();
    this.#buffer.write(bytes);
  }

  /** Appends a copy of bytes. */
  writeCopy(bytes: Uint8Array): void {
    this.#requireOpen();
    this.#buffer.writeCopy(bytes);
  }

  /** Ends the stream after what was written. */
  finish(): void {
    if (this.#state !== "open") return;
    this.#state = "finished";
    this.#finPending = true;
  }

  /**
   * Gives the stream up.
   *
   * @returns Whether a RESET_STREAM has to be sent.
   */
  reset(code: number): boolean {
    if (this.#state === "reset" || this.#state === "acknowledged") return false;
    this.#state = "reset";
    this.#resetCode = code;
    return true;
  }

  /**
   * The next part to send.
   *
   * @param maxBytes Room for data.
   * @param connectionBytes How many new bytes the connection's flow control allows.
   */
  next(maxBytes: number, connectionBytes: number): StreamFrame | null {
    if (!this.wantsToSend) return null;
    const buffer = this.#buffer;
    const limit = Math.min(this.window.limit, buffer.sentOffset + connectionBytes);
    const length = buffer.nextLength(maxBytes, limit);
    if (length > 0) {
      const offset = buffer.nextOffset;
      const last = offset + length === buffer.writtenBytes;
      return { stream: this, offset, length, fin: last && this.#state === "finished" };
    }
    // The end alone, when all bytes are under way.
    const onlyEnd = this.#finPending && buffer.unsentBytes === 0 && !buffer.hasRetransmissions;
    return onlyEnd ? { stream: this, offset: buffer.writtenBytes, length: 0, fin: true } : null;
  }

  /**
   * What of a part that was sent is still worth a copy.
   *
   * @returns Null if all of it is acknowledged, or the stream is given up.
   */
  unacked(piece: StreamPiece): StreamPiece | null {
    if (this.#state === "reset" || this.#state === "acknowledged") return null;
    const start = Math.max(piece.offset, this.#buffer.ackedPrefix);
    const end = piece.offset + piece.length;
    if (start < end) return { offset: start, length: end - start, fin: piece.fin };
    return piece.fin && !this.#finAcked ? { offset: end, length: 0, fin: true } : null;
  }

  /** Copies a part into a packet. */
  copy(piece: StreamPiece, target: Uint8Array, at: number): void {
    if (piece.length > 0) this.#buffer.copy(piece, target, at);
  }

  /**
   * Notes that a part was put into a packet.
   *
   * @returns How many of its bytes were new, for the connection's flow control.
   */
  onSent(piece: StreamPiece): number {
    const before = this.#buffer.sentOffset;
    if (piece.length > 0) this.#buffer.onSent(piece);
    const fresh = this.#buffer.sentOffset - before;
    this.window.onSent(fresh);
    if (piece.fin) this.#finPending = false;
    return fresh;
  }

  /**
   * Notes that a part was acknowledged.
   *
   * @returns How many bytes the buffer gave up.
   */
  onAcked(piece: StreamPiece): number {
    const released = piece.length > 0 ? this.#buffer.onAcked(piece) : 0;
    if (piece.fin) {
      this.#finAcked = true;
      this.#finPending = false;
    }
    if (this.#finAcked && this.#buffer.isAcked && this.#state === "finished") this.#state = "acknowledged";
    return released;
  }

  /** Notes that a part was lost. */
  onLost(piece: StreamPiece): void {
    if (this.#state === "reset" || this.#state === "acknowledged") return;
    if (piece.length > 0) this.#buffer.onLost(piece);
    if (piece.fin && !this.#finAcked) this.#finPending = true;
  }

  /** Notes that the RESET_STREAM was acknowledged. */
  onResetAcked(): void {
    if (this.#state === "reset") this.#state = "acknowledged";
  }

  #requireOpen(): void {
    if (this.#state === "open") return;
    throw new RangeError(`Cannot write to stream ${this.id}: it is ${this.#state}`);
  }
}
