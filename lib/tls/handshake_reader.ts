import { TlsError } from "./alerts.ts";

/** No message of an honest peer is longer; a chain of certificates is some kilobytes. */
const MAX_MESSAGE_BYTES = 131_072;

const HEADER_BYTES = 4;

/** A handshake message with its header, as it goes into the transcript. */
export interface HandshakeMessage {
  readonly type: number;
  /** Type, length and body. */
  readonly raw: Uint8Array;
  readonly body: Uint8Array;
}

/** Cuts the bytes of CRYPTO frames of one level into handshake messages. */
export class HandshakeReader {
  #pending: Uint8Array = new Uint8Array(0);

  /** Whether part of a message waits for the rest. */
  get hasPartialMessage(): boolean {
    return this.#pending.length > 0;
  }

  /** Appends bytes, in order. */
  push(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#pending.length + bytes.length);
    all.set(this.#pending);
    all.set(bytes, this.#pending.length);
    this.#pending = all;
  }

  /**
   * The next whole message, or undefined.
   *
   * @throws {TlsError} If it says that it is longer than any message is.
   */
  next(): HandshakeMessage | undefined {
    const bytes = this.#pending;
    if (bytes.length < HEADER_BYTES) return undefined;
    const length = bytes[1]! * 0x1_0000 + bytes[2]! * 0x100 + bytes[3]!;
    if (length > MAX_MESSAGE_BYTES) {
      throw new TlsError("illegal_parameter", `Cannot read a handshake message of ${length} bytes: too long`);
    }
    const end = HEADER_BYTES + length;
    if (bytes.length < end) return undefined;
    this.#pending = bytes.subarray(end);
    return { type: bytes[0]!, raw: bytes.subarray(0, end), body: bytes.subarray(HEADER_BYTES, end) };
  }
}

/** A handshake message with its header in front. */
export function handshakeMessage(type: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(HEADER_BYTES + body.length);
  message[0] = type;
  message[1] = body.length >>> 16;
  message[2] = body.length >>> 8;
  message[3] = body.length;
  message.set(body, HEADER_BYTES);
  return message;
}
