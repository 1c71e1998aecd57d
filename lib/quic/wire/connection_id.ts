import { toHex } from "../../base/bytes.ts";
import { MptError } from "../../base/errors.ts";

/** RFC 9000 17.2: the longest connection id of QUIC versions 1 and 2. */
export const MAX_CONNECTION_ID_BYTES = 20;

/** A connection id: 0 to 20 bytes that never change. */
export class ConnectionId {
  /** The id of a peer that needs none. */
  static readonly EMPTY: ConnectionId = new ConnectionId("");

  /** A character for each byte: connections have a dozen ids, and typed arrays take ten times the memory. */
  readonly #bytes: string;
  #hex: string | undefined;

  private constructor(bytes: string) {
    this.#bytes = bytes;
  }

  /**
   * A connection id from bytes, which are copied.
   *
   * @throws {MptError} `ERR_INVALID_VALUE` for more than 20 bytes.
   */
  static from(bytes: Uint8Array, start: number = 0, end: number = bytes.length): ConnectionId {
    if (!(start >= 0 && start <= end && end <= bytes.length && end - start <= MAX_CONNECTION_ID_BYTES)) {
      throw new MptError("ERR_INVALID_VALUE", `Cannot make a connection id of ${end - start} bytes`);
    }
    return start === end
      ? ConnectionId.EMPTY
      : new ConnectionId(String.fromCharCode(...bytes.subarray(start, end)));
  }

  /** How many bytes it has. */
  get length(): number {
    return this.#bytes.length;
  }

  /** A copy of the bytes. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.length);
    this.writeTo(bytes, 0);
    return bytes;
  }

  /** Whether both have the same bytes. */
  equals(other: ConnectionId): boolean {
    return this.#bytes === other.#bytes;
  }

  /** Whether the bytes from `start` to `end` are this id; without making an object. */
  matches(bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#bytes;
    if (end - start !== own.length) return false;
    for (let at = 0; at < own.length; at++) {
      if (own.charCodeAt(at) !== bytes[start + at]) return false;
    }
    return true;
  }

  /** Writes the bytes and returns the place behind them. */
  writeTo(bytes: Uint8Array, at: number): number {
    const own = this.#bytes;
    for (let i = 0; i < own.length; i++) bytes[at + i] = own.charCodeAt(i);
    return at + own.length;
  }

  /** The bytes in hexadecimal digits, which may serve as the key of a map. */
  toString(): string {
    return this.#hex ??= toHex(this.toBytes());
  }
}
