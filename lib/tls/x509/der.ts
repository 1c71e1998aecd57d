import { TlsError } from "../alerts.ts";

/** The tags that certificates are made of (X.690 8). */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

/** The tag of a context-specific item. */
export function contextTag(number: number, constructed: boolean): number {
  return 0x80 | (constructed ? 0x20 : 0) | number;
}

/** An item of DER. */
export interface DerItem {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly raw: Uint8Array;
}

/** Reads DER items one after another. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  /** @param bytes The content of the item around. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether everything was read. */
  get atEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  /** The tag of the next item; -1 at the end. */
  get nextTag(): number {
    return this.#bytes[this.#offset] ?? -1;
  }

  /**
   * The next item.
   *
   * @param tag What it must be.
   * @throws {TlsError} `bad_certificate` if it is something else, cut short or not in the one allowed form.
   */
  next(tag?: number): DerItem {
    const start = this.#offset;
    const found = this.#byte();
    if (tag !== undefined && found !== tag) throw malformed(`tag ${found} where ${tag} belongs`);
    if ((found & 0x1f) === 0x1f) throw malformed("a tag of several bytes");
    const length = this.#length();
    const from = this.#offset;
    if (length > this.#bytes.length - from) throw malformed("it is cut short");
    this.#offset = from + length;
    return {
      tag: found,
      content: this.#bytes.subarray(from, this.#offset),
      raw: this.#bytes.subarray(start, this.#offset),
    };
  }

  /** The next item if it has this tag. */
  optional(tag: number): DerItem | undefined {
    return this.nextTag === tag ? this.next(tag) : undefined;
  }

  /** A reader of the next item's content. */
  enter(tag: number): DerReader {
    return new DerReader(this.next(tag).content);
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    // X.690 10.1: the definite form, as short as it can be.
    if (count === 0 || count > 3) throw malformed("a length of a form that is not allowed");
    let length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + this.#byte();
    if (length < 0x80 || length < 256 ** (count - 1)) throw malformed("a length that is longer than need be");
    return length;
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw malformed("it is cut short");
    this.#offset++;
    return byte;
  }
}

/** An item of DER with its length. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [tag, ...lengthBytes(length)];
  const item = new Uint8Array(head.length + length);
  item.set(head);
  let at = head.length;
  for (const part of parts) {
    item.set(part, at);
    at += part.length;
  }
  return item;
}

/** An object identifier from its dotted form. */
export function encodeOid(dotted: string): Uint8Array<ArrayBuffer> {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift(0x80 | (left & 0x7f));
    }
    bytes.push(...groups);
  }
  return der(TAG.oid, Uint8Array.from(bytes));
}

/** The dotted form of an object identifier's content. */
export function decodeOid(content: Uint8Array): string {
  if (content.length === 0 || content.length > 32) {
    throw malformed("an object identifier of no or too many bytes");
  }
  const arcs: number[] = [];
  let arc = 0;
  for (const [index, byte] of content.entries()) {
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) throw malformed("an object identifier beyond 2^53");
    if ((byte & 0x80) !== 0) {
      if (index === content.length - 1) throw malformed("an object identifier that does not end");
      continue;
    }
    if (arcs.length === 0) {
      const first = Math.min(2, Math.floor(arc / 40));
      arcs.push(first, arc - 40 * first);
    } else {
      arcs.push(arc);
    }
    arc = 0;
  }
  return arcs.join(".");
}

/** What is wrong with a certificate's bytes. */
export function malformed(why: string): TlsError {
  return new TlsError("bad_certificate", `Cannot read the certificate: ${why}`);
}

function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return [0x80 | bytes.length, ...bytes];
}
