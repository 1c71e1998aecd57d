import { MptError } from "../base/errors.ts";

/** One netlink attribute (`struct nlattr`): a type and its payload, which is a view and not a copy. */
export interface Attribute {
  /** The type, without the flag bits of the two highest positions. */
  readonly type: number;
  readonly payload: Uint8Array;
}

/** `NLA_F_NESTED`: the payload is a list of attributes. */
const NESTED = 0x8000;

/** `NLA_TYPE_MASK`: the type without `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`. */
const TYPE_MASK = 0x3fff;

/** `sizeof(struct nlattr)`: a length that counts itself, then the type, each u16. */
const HEADER = 4;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The attributes of a message or of a nested attribute, in order.
 *
 * @param bytes Where they stand, from the first byte to the last.
 * @throws {MptError} `ERR_PROTOCOL` when a length points outside `bytes`.
 */
export function* attributes(bytes: Uint8Array): Generator<Attribute, void, undefined> {
  let at = 0;
  while (at < bytes.length) {
    const left = bytes.length - at;
    const length = left < HEADER ? 0 : u16(bytes, at);
    if (length < HEADER || length > left) {
      throw new MptError(
        "ERR_PROTOCOL",
        `Cannot read a netlink attribute at offset ${at}: its length is ${length} and ${left} bytes are left`,
      );
    }
    yield { type: u16(bytes, at + 2) & TYPE_MASK, payload: bytes.subarray(at + HEADER, at + length) };
    // The last attribute may come without its padding
    at += align(length);
  }
}

/** The attributes by type; of several with the same type, the last. */
export function attributeMap(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const map = new Map<number, Uint8Array>();
  for (const { type, payload } of attributes(bytes)) map.set(type, payload);
  return map;
}

/**
 * The unsigned number in a payload of 1, 2 or 4 bytes, in the machine's order.
 *
 * @throws {MptError} `ERR_PROTOCOL` for another length.
 */
export function attributeNumber(payload: Uint8Array): number {
  const [first = 0, second = 0, third = 0, fourth = 0] = payload;
  switch (payload.length) {
    case 1:
      return first;
    case 2:
      return first | second << 8;
    case 4:
      return (first | second << 8 | third << 16 | fourth << 24) >>> 0;
    default:
      throw new MptError(
        "ERR_PROTOCOL",
        `Cannot read a netlink attribute as a number: it has ${payload.length} bytes`,
      );
  }
}

/** The text in a payload, up to its NUL. */
export function attributeText(payload: Uint8Array): string {
  const end = payload.indexOf(0);
  return decoder.decode(end < 0 ? payload : payload.subarray(0, end));
}

/** The length with the padding to the next multiple of 4. */
export function align(length: number): number {
  return (length + 3) & ~3;
}

/** Puts attributes one after the other, each padded to a multiple of 4 bytes. */
export class AttributeWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** Adds an attribute of any payload up to 65531 bytes. */
  bytes(type: number, payload: Uint8Array): this {
    const part = new Uint8Array(align(HEADER + payload.length));
    const view = new DataView(part.buffer);
    view.setUint16(0, HEADER + payload.length, true);
    view.setUint16(2, type, true);
    part.set(payload, HEADER);
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }

  /** Adds a u32. */
  u32(type: number, value: number): this {
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, value, true);
    return this.bytes(type, payload);
  }

  /** Adds a text with its NUL. */
  text(type: number, value: string): this {
    return this.bytes(type, encoder.encode(`${value}\0`));
  }

  /** Adds a list of attributes. */
  nested(type: number, inner: AttributeWriter): this {
    return this.bytes(type | NESTED, inner.finish());
  }

  /** The attributes written so far. */
  finish(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8;
}
