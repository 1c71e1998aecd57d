import { ReceiveBuffer } from "../streams/receive_buffer.ts";
import { SendBuffer } from "../streams/send_buffer.ts";
import { QUIC_ERROR } from "../wire/error_codes.ts";
import { QuicError } from "../wire/quic_error.ts";

/** RFC 9000 7.5: at least 4096; a handshake with a long chain of certificates takes 20 KB. */
const MAX_BUFFERED_BYTES = 65_536;

/** A peer that leaves more gaps than this wants our memory. */
const MAX_GAPS = 128;

/**
 * The stream of handshake bytes of one encryption level (RFC 9000 7.5): no flow control, but a bound. Before and
 * after the handshake there is nothing in it, and its buffers are not there.
 */
export class CryptoStream {
  #send: SendBuffer | null = null;
  /** What came in order and was not read. */
  #inOrder: Uint8Array<ArrayBuffer> | null = null;
  #readOffset = 0;
  /** From the first bytes on that came too early, everything. */
  #received: ReceiveBuffer | null = null;

  /** What is sent. */
  get send(): SendBuffer {
    return this.#send ??= new SendBuffer();
  }

  /** Whether there is something to send. */
  get hasData(): boolean {
    return this.#send !== null && (this.#send.hasRetransmissions || this.#send.unsentBytes > 0);
  }

  /** Whether something sent is not acknowledged. */
  get isUnderWay(): boolean {
    return this.#send?.isAcked === false;
  }

  /**
   * Takes the data of a CRYPTO frame.
   *
   * @throws {QuicError} `CRYPTO_BUFFER_EXCEEDED`.
   */
  insert(offset: number, bytes: Uint8Array, start: number, end: number): void {
    const until = offset + end - start;
    if (this.#received === null && this.#inOrder === null && offset <= this.#readOffset) {
      if (until <= this.#readOffset) return;
      this.#inOrder = new Uint8Array(bytes.subarray(start + this.#readOffset - offset, end));
      this.#readOffset = until;
      return;
    }
    const received = this.#received ??= new ReceiveBuffer(this.#readOffset);
    received.insert(offset, bytes, start, end);
    if (until - received.readOffset <= MAX_BUFFERED_BYTES && received.gaps <= MAX_GAPS) return;
    throw new QuicError(
      QUIC_ERROR.CRYPTO_BUFFER_EXCEEDED,
      "Cannot take handshake bytes: they are too far ahead",
    );
  }

  /** The next bytes in order; null while they are missing. */
  read(): Uint8Array<ArrayBuffer> | null {
    const bytes = this.#inOrder;
    this.#inOrder = null;
    return bytes ?? this.#received?.read() ?? null;
  }

  /** Frees what it holds: its keys are gone. */
  forget(): void {
    this.#send = this.#inOrder = this.#received = null;
  }

  /** Sends everything again that is not acknowledged: a probe, or a Retry. */
  sendAgain(): void {
    const send = this.#send;
    if (send !== null && send.sentOffset > 0) send.onLost({ offset: 0, length: send.sentOffset });
  }
}
