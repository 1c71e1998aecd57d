import type { ByteWriter } from "../../base/byte_writer.ts";
import { MptError } from "../../base/errors.ts";
import { DnsName, MAX_NAME_BYTES } from "./name.ts";

/** RFC 1035 4.1.4: the two high bits of an octet that begins a pointer. */
const POINTER = 0xc0;

/** RFC 1035 4.1.4: what 14 bits can point to. */
const MAX_POINTER = 0x3fff;

/** A name that was read, and where what follows it begins. */
export interface ReadName {
  readonly name: DnsName;
  readonly end: number;
}

/**
 * Reads a name (RFC 1035 3.1 and 4.1.4):
 *
 * ```
 * +--+--+--+--+--+--+--+--+      +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 * | 0  0|     LENGTH      | or   | 1  1|                OFFSET                   |
 * +--+--+--+--+--+--+--+--+      +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 * ```
 *
 * Each pointer has to lead before the place where the last one led, so that there is no loop.
 *
 * @param bytes The whole message.
 * @param start Where the name begins.
 * @param pointers Whether it may be compressed; RFC 9460 2.2 forbids it in SVCB.
 * @throws {MptError} `ERR_PROTOCOL` when it is none.
 */
export function readName(bytes: Uint8Array, start: number, pointers: boolean = true): ReadName {
  const labels: Uint8Array[] = [];
  let length = 1;
  let at = start;
  let from = start;
  let end = -1;
  for (;;) {
    const head = octet(bytes, at);
    if (head === 0) return { name: DnsName.fromLabels(labels), end: end < 0 ? at + 1 : end };
    if ((head & POINTER) === POINTER) {
      const target = ((head & ~POINTER) << 8) | octet(bytes, at + 1);
      if (!pointers) throw malformed("a name is compressed where it may not be");
      if (target >= from) throw malformed(`the pointer at offset ${at} does not lead back`);
      if (end < 0) end = at + 2;
      at = target;
      from = target;
      continue;
    }
    // RFC 6891 5: the other two kinds of labels are not in use
    if ((head & POINTER) !== 0) throw malformed(`the label at offset ${at} is of an unknown kind`);
    length += 1 + head;
    if (length > MAX_NAME_BYTES) throw malformed(`a name takes more than ${MAX_NAME_BYTES} octets`);
    if (at + 1 + head > bytes.length) throw malformed(`a label goes past the end of the message`);
    labels.push(bytes.subarray(at + 1, at + 1 + head));
    at += 1 + head;
  }
}

/** Writes names, those that were written before as pointers. */
export class NameWriter {
  readonly #writer: ByteWriter;
  readonly #written = new Map<string, number>();

  /** @param writer What the names are written to; its first byte is the first of the message. */
  constructor(writer: ByteWriter) {
    this.#writer = writer;
  }

  /** Writes a name; its end becomes a pointer where the same text was written before, case included. */
  compressed(name: DnsName): void {
    const { labels } = name;
    for (const [index, label] of labels.entries()) {
      const rest = DnsName.fromLabels(labels.slice(index)).toString();
      const known = this.#written.get(rest);
      if (known !== undefined) {
        this.#writer.u16((POINTER << 8) | known);
        return;
      }
      if (this.#writer.length <= MAX_POINTER) this.#written.set(rest, this.#writer.length);
      this.#writer.u8(label.length);
      this.#writer.bytes(label);
    }
    this.#writer.u8(0);
  }

  /** Writes a name in full. */
  plain(name: DnsName): void {
    for (const label of name.labels) {
      this.#writer.u8(label.length);
      this.#writer.bytes(label);
    }
    this.#writer.u8(0);
  }
}

function octet(bytes: Uint8Array, at: number): number {
  const value = bytes[at];
  if (value === undefined) throw malformed("a name goes past the end of the message");
  return value;
}

/** The error for bytes that are no DNS message. */
export function malformed(reason: string): MptError {
  return new MptError("ERR_PROTOCOL", `Cannot read the DNS message: ${reason}`);
}
