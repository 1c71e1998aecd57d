import { MptError } from "../../base/errors.ts";
import { QUIC_ERROR } from "./error_codes.ts";
import { QuicError } from "./quic_error.ts";
import { MAX_VARINT, varintAt, varintSizeOf } from "./varint.ts";

const NOTHING = new Uint8Array(0);

/**
 * Reads what came from a peer, front to back, between two bounds. It is made once and used again for each
 * packet. A read past the end throws a {@linkcode QuicError} with the code that was given.
 */
export class WireReader {
  #bytes: Uint8Array = NOTHING;
  #offset = 0;
  #end = 0;
  #lastVarint = 0;
  readonly #errorCode: number;

  /** What is being read, as in `a STREAM frame`. */
  subject: string;
  /** The code point of the frame that is being read. */
  frameType: number | null = null;

  /**
   * A reader of nothing.
   *
   * @param subject What is being read, as in `a STREAM frame`.
   * @param errorCode The transport error that stands for bytes that end too early.
   */
  constructor(subject: string, errorCode: number) {
    this.subject = subject;
    this.#errorCode = errorCode;
  }

  /** Starts over. */
  reset(bytes: Uint8Array, start: number, end: number): void {
    if (!(start >= 0 && start <= end && end <= bytes.length)) {
      throw new MptError("ERR_INVALID_VALUE", `Cannot read from ${start} to ${end} of ${bytes.length} bytes`);
    }
    this.#bytes = bytes;
    this.#offset = start;
    this.#end = end;
    this.frameType = null;
  }

  /** What is read from. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The place of the next byte. */
  get offset(): number {
    return this.#offset;
  }

  /** The place behind the last byte. */
  get end(): number {
    return this.#end;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#end - this.#offset;
  }

  /** Reads one byte. */
  u8(): number {
    return this.#bytes[this.skip(1)]!;
  }

  /** Reads two bytes, the high one first. */
  u16(): number {
    const at = this.skip(2);
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  /** Reads four bytes, the high one first. */
  u32(): number {
    return this.u16() * 0x10000 + this.u16();
  }

  /**
   * Reads a varint.
   *
   * @param beyond The transport error that a number beyond 2^53 - 1 amounts to: no honest peer can have
   * got that far, so it is for the caller to say what limit was exceeded.
   */
  varint(beyond: number = QUIC_ERROR.PROTOCOL_VIOLATION): number {
    const value = this.#varint();
    if (value > MAX_VARINT) throw this.fault(`a number in it is beyond 2^53 - 1`, beyond);
    return value;
  }

  /** Reads a varint of which RFC 9000 allows every value: 2^53 - 1 stands for all that is larger. */
  clampedVarint(): number {
    const value = this.#varint();
    return value > MAX_VARINT ? MAX_VARINT : value;
  }

  /** Whether the varint just read was larger than 2^60, near which numbers are 256 apart. */
  get lastExceedsTwoTo60(): boolean {
    const at = this.#lastVarint;
    const first = this.#bytes[at] ?? 0;
    // 0xc0 marks eight bytes, 0x10 is 2^60
    if (first !== 0xd0) return first > 0xd0;
    return this.#bytes.subarray(at + 1, at + 8).some((byte) => byte !== 0);
  }

  /** Passes over bytes and returns where they begin. */
  skip(length: number): number {
    const start = this.#offset;
    if (!(length <= this.#end - start)) throw this.fault("it ends in the middle", this.#errorCode);
    this.#offset = start + length;
    return start;
  }

  /** Reads a copy of some bytes. */
  copy(length: number): Uint8Array<ArrayBuffer> {
    const start = this.skip(length);
    return new Uint8Array(this.#bytes.subarray(start, start + length));
  }

  /** Passes over all bytes of one value and returns how many there were. */
  skipRun(value: number): number {
    const start = this.#offset;
    const bytes = this.#bytes;
    const end = this.#end;
    let at = start;
    while (at < end && bytes[at] === value) at++;
    this.#offset = at;
    return at - start;
  }

  /** The error to throw for what is being read. */
  fault(reason: string, errorCode: number = this.#errorCode): QuicError {
    return new QuicError(errorCode, `Cannot read ${this.subject}: ${reason}`, this.frameType);
  }

  #varint(): number {
    const at = this.#offset;
    if (at < this.#end) {
      const behind = at + varintSizeOf(this.#bytes[at]!);
      if (behind <= this.#end) {
        this.#offset = behind;
        this.#lastVarint = at;
        return varintAt(this.#bytes, at);
      }
    }
    throw this.fault("it ends in the middle", this.#errorCode);
  }
}
