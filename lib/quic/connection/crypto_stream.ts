import { ReceiveBuffer } from "../streams/receive_buffer.ts";
import { SendBuffer } from "../streams/send_buffer.ts";
import { QUIC_ERROR } from "../wire/error_codes.ts";
import { QuicError } from "../wire/quic_error.ts";

/** RFC 9000 7.5: at least 4096; a handshake with a long chain of certificates takes 20 KB. */
const MAX_BUFFERED_BYTES = 65_536;

/** A peer that leaves more gaps than this wants our memory. */
const MAX_GAPS = 128;

/** The stream of handshake bytes of one encryption level (RFC 9000 7.5): no flow control, but a bound. */
export class CryptoStream {
  send: SendBuffer = new SendBuffer();
  readonly #received = new ReceiveBuffer();

  /** Whether there is something to send. */
  get hasData(): boolean {
    return this.send.hasRetransmissions || this.send.unsentBytes > 0;
  }

  /** Whether something sent is not acknowledged. */
  get isUnderWay(): boolean {
    return !this.send.isAcked;
  }

  /**
   * Takes the data of a CRYPTO frame.
   *
   * @throws {QuicError} `CRYPTO_BUFFER_EXCEEDED`.
   */
  insert(offset: number, bytes: Uint8Array, start: number, end: number): void {
    const until = offset + end - start;
    this.#received.insert(offset, bytes, start, end);
    if (until - this.#received.readOffset <= MAX_BUFFERED_BYTES && this.#received.gaps <= MAX_GAPS) return;
    throw new QuicError(
      QUIC_ERROR.CRYPTO_BUFFER_EXCEEDED,
      "Cannot take handshake bytes: they are too far ahead",
    );
  }

  /** The next bytes in order; null while they are missing. */
  read(): Uint8Array<ArrayBuffer> | null {
    return this.#received.read();
  }

  /** Frees what it holds: its keys are gone. */
  forget(): void {
    this.send = new SendBuffer();
    this.#received.clear();
  }

  /** Sends everything again that is not acknowledged: a probe, or a Retry. */
  sendAgain(): void {
    if (this.send.sentOffset > 0) this.send.onLost({ offset: 0, length: this.send.sentOffset });
  }
}
