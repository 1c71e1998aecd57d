import { TlsError } from "./alerts.ts";

/** No message of an honest peer is longer; a chain of certificates is some kilobytes. */
const MAX_MESSAGE_BYTES = 131_072;

const HEADER_BYTES = 4;

const NOTHING = new Uint8Array(0);

/** A handshake message with its header, as it goes into the transcript. */
export interface HandshakeMessage {
  readonly type: number;
  /** Type, length and body. */
  readonly raw: Uint8Array;
  readonly body: Uint8Array;
}

/** Cuts the bytes of CRYPTO frames of one level into handshake messages. */
export class HandshakeReader {
  #memory: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;

  /** Whether part of a message waits for the rest. */
  get hasPartialMessage(): boolean {
    return this.#end > this.#start;
  }

  /** Appends bytes, in order. */
  push(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#memory.length) this.#grow(bytes.length);
    this.#memory.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /**
   * The next whole message, or undefined.
   *
   * @throws {TlsError} If it says that it is longer than any message is.
   */
  next(): HandshakeMessage | undefined {
    const bytes = this.#memory.subarray(this.#start, this.#end);
    if (bytes.length < HEADER_BYTES) return undefined;
    const length = bytes[1]! * 0x1_0000 + bytes[2]! * 0x100 + bytes[3]!;
    if (length > MAX_MESSAGE_BYTES) {
      throw new TlsError("illegal_parameter", `Cannot read a handshake message of ${length} bytes: too long`);
    }
    const end = HEADER_BYTES + length;
    if (bytes.length < end) return undefined;
    this.#start += end;
    if (this.#start === this.#end) {
      // Nothing waits: the memory belongs to those who have the messages
      this.#memory = NOTHING;
      this.#start = this.#end = 0;
    }
    return { type: bytes[0]!, raw: bytes.subarray(0, end), body: bytes.subarray(HEADER_BYTES, end) };
  }

  /**
   * Makes room, for as much again when a message comes in many pieces: whoever sends it byte by byte must not
   * have all of it copied each time. The memory before stays as it is: messages that were given out lie in it.
   */
  #grow(bytes: number): void {
    const waiting = this.#memory.subarray(this.#start, this.#end);
    const grown = new Uint8Array(waiting.length === 0 ? bytes : 2 * (waiting.length + bytes));
    grown.set(waiting);
    this.#memory = grown;
    this.#start = 0;
    this.#end = waiting.length;
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
