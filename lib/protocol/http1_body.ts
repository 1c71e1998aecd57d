import { MptError } from "../base/errors.ts";
import { contentLength, MAX_HEAD_BYTES, type RequestHead } from "./http1.ts";

/** The body of a message as it arrives: how much of it is payload, and where it ends. Nothing is kept. */
export interface Http1Body {
  /**
   * Takes what arrived next.
   *
   * @returns How many bytes of it are payload.
   * @throws {MptError} `ERR_PROTOCOL` when the framing is wrong.
   */
  take(bytes: Uint8Array): number;
  /** Null while the body goes on; then how many bytes of those last taken were its own. */
  readonly end: number | null;
}

/** The chunk that ends a chunked body, without trailer fields (RFC 9112 7.1). */
export const LAST_CHUNK: Uint8Array<ArrayBuffer> = new TextEncoder().encode("0\r\n\r\n");

/** Hexadecimal digits of a chunk's size, leading zeros with them. */
const MAX_SIZE_DIGITS = 16;

/** Chunk extensions of a whole body, in bytes (RFC 9112 7.1.1: there ought to be a limit). */
const MAX_EXTENSION_BYTES = 16_384;

const CR = 13;
const LF = 10;

/**
 * The body that a request announces.
 *
 * @returns Null when it announces none.
 * @throws {MptError} `ERR_PROTOCOL` when it cannot be told where the body ends, `ERR_NOT_SUPPORTED` for a
 * transfer coding other than chunked.
 */
export function requestBody(head: Pick<RequestHead, "version" | "headers">): Http1Body | null {
  const coding = head.headers.get("transfer-encoding");
  const length = contentLength(head.headers);
  if (coding === undefined) return length === null ? null : new LengthBody(length);
  // RFC 9112 6.1: both, or a coding in HTTP/1.0, are what request smuggling is made of.
  if (length !== null || head.version === "1.0") {
    throw new MptError("ERR_PROTOCOL", "Cannot read the HTTP body: its length is announced in two ways");
  }
  if (coding.toLowerCase() !== "chunked") {
    throw new MptError("ERR_NOT_SUPPORTED", "Cannot read the HTTP body: its transfer coding is not chunked");
  }
  return new ChunkedBody();
}

/** A body of known length (RFC 9112 6.2). */
export class LengthBody implements Http1Body {
  #left: number;
  #end: number | null;

  constructor(length: number) {
    this.#left = length;
    this.#end = length === 0 ? 0 : null;
  }

  get end(): number | null {
    return this.#end;
  }

  take(bytes: Uint8Array): number {
    const payload = Math.min(this.#left, bytes.length);
    this.#left -= payload;
    if (this.#left === 0) this.#end = payload;
    return payload;
  }
}

/** Where in a chunked body the next byte belongs, in the order of progress. */
type ChunkState =
  | "size"
  | "extension"
  | "size-lf"
  | "data"
  | "data-cr"
  | "data-lf"
  | "trailer"
  | "trailer-lf"
  | "end";

/** A chunked body (RFC 9112 7.1). Payload is skipped in one step; what is looked at byte by byte is bounded. */
export class ChunkedBody implements Http1Body {
  #state: ChunkState = "size";
  #size = 0;
  #digits = 0;
  #left = 0;
  #lineBytes = 0;
  #extensionBytes = 0;
  #trailerBytes = 0;
  #end: number | null = null;

  get end(): number | null {
    return this.#end;
  }

  take(bytes: Uint8Array): number {
    let payload = 0;
    let at = 0;
    while (at < bytes.length && this.#state !== "end") {
      if (this.#state !== "data") this.#step(bytes[at++]!);
      else {
        const length = Math.min(this.#left, bytes.length - at);
        at += length;
        payload += length;
        this.#left -= length;
        if (this.#left === 0) this.#state = "data-cr";
      }
    }
    if (this.#state === "end") this.#end = at;
    return payload;
  }

  /** RFC 9112 7.1: a line of the framing ends with CR LF. A lone LF is read differently by different programs. */
  #step(byte: number): void {
    switch (this.#state) {
      case "size":
        return this.#sizeByte(byte);
      case "extension":
        if (++this.#extensionBytes > MAX_EXTENSION_BYTES) {
          throw malformed("its chunk extensions are too long");
        }
        if (byte === CR) this.#state = "size-lf";
        else if (isControl(byte)) throw malformed("a chunk extension is malformed");
        return;
      case "size-lf":
        expect(byte, LF, "a chunk's size");
        this.#state = this.#size === 0 ? "trailer" : "data";
        this.#left = this.#size;
        this.#size = this.#digits = 0;
        return;
      case "data-cr":
        expect(byte, CR, "a chunk");
        this.#state = "data-lf";
        return;
      case "data-lf":
        expect(byte, LF, "a chunk");
        this.#state = "size";
        return;
      case "trailer":
        if (++this.#trailerBytes > MAX_HEAD_BYTES) throw malformed("its trailer is too long");
        if (byte === CR) this.#state = "trailer-lf";
        else if (isControl(byte)) throw malformed("a trailer field is malformed");
        else this.#lineBytes++;
        return;
      case "trailer-lf":
        expect(byte, LF, "a trailer field");
        this.#state = this.#lineBytes === 0 ? "end" : "trailer";
        this.#lineBytes = 0;
        return;
      case "data":
      case "end":
        return;
      default:
        this.#state satisfies never;
    }
  }

  #sizeByte(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#size = this.#size * 16 + digit;
      if (++this.#digits > MAX_SIZE_DIGITS || this.#size > Number.MAX_SAFE_INTEGER) {
        throw malformed("a chunk's size is too large");
      }
      return;
    }
    if (this.#digits === 0) throw malformed("a chunk's size is not a number");
    // RFC 9112 7.1.1: an extension begins with a semicolon, and some senders put blanks before it.
    if (byte === CR) this.#state = "size-lf";
    else if (byte === 0x3b || byte === 0x20 || byte === 0x09) this.#state = "extension";
    else throw malformed("a chunk's size is not a number");
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** RFC 9110 5.5: every control character but the tab. */
function isControl(byte: number): boolean {
  return (byte < 0x20 && byte !== 0x09) || byte === 0x7f;
}

function expect(byte: number, wanted: number, after: string): void {
  if (byte !== wanted) throw malformed(`${after} does not end with CR LF`);
}

function malformed(why: string): MptError {
  return new MptError("ERR_PROTOCOL", `Cannot read the HTTP body: ${why}`);
}
