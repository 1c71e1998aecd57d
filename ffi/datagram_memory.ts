import { CMSGHDR_LAYOUT, MMSGHDR_LAYOUT } from "./layouts/message.ts";
import { IOVEC_LAYOUT } from "./layouts/poll.ts";
import { pointerTo } from "./pointers.ts";

/** Room for a sockaddr of either family, rounded up. */
export const NAME_BYTES = 32;

/** Room for the control messages of one datagram: packet info, two marks, segment size, with some to spare. */
export const CONTROL_BYTES = 192;

const HEADER_BYTES = MMSGHDR_LAYOUT.size;
const IOVEC_BYTES = IOVEC_LAYOUT.size;

/** Bytes of a control message of so many bytes of data, padded so that the next one is aligned. */
export function controlSpace(dataBytes: number): number {
  return CMSGHDR_LAYOUT.size + ((dataBytes + 7) & ~7);
}

/**
 * The headers of a batch of messages: `struct mmsghdr[]`, and the iovecs, addresses and control messages that
 * they point to, in one piece of memory. The addresses in the structs are numbers to V8, so whoever makes this
 * keeps it, and what it points to, as long as it makes calls with it.
 */
export class DatagramHeaders {
  /** All of it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same memory as 32-bit words: every member that is read or written often is one or two of them. */
  readonly words: Int32Array<ArrayBuffer>;
  /** To the first header. */
  readonly pointer: Deno.PointerObject;
  readonly #iovecs: number;
  readonly #names: number;
  readonly #controls: number;

  /**
   * Lays out `count` headers. Each has its own iovec; they share one address and one control area where
   * `shared` is set, as when sending a batch to one peer.
   */
  constructor(count: number, shared: boolean) {
    const areas = shared ? 1 : count;
    this.#iovecs = count * HEADER_BYTES;
    this.#names = this.#iovecs + count * IOVEC_BYTES;
    this.#controls = this.#names + areas * NAME_BYTES;
    this.bytes = new Uint8Array(new ArrayBuffer(this.#controls + areas * CONTROL_BYTES));
    this.words = new Int32Array(this.bytes.buffer);
    this.pointer = pointerTo(this.bytes);
    const base = addressOf(this.bytes);
    const fields = MMSGHDR_LAYOUT.fields;
    for (let i = 0; i < count; i++) {
      const header = i * HEADER_BYTES;
      this.writeAddress(header + fields.name.offset, base + this.name(shared ? 0 : i));
      this.writeAddress(header + fields.iovec.offset, base + this.iovec(i));
      this.words[(header + fields.iovecs.offset) >> 2] = 1;
      this.writeAddress(header + fields.control.offset, base + this.control(shared ? 0 : i));
    }
  }

  /** Where a member of a header stands, in words. */
  word(index: number, member: keyof typeof MMSGHDR_LAYOUT.fields): number {
    return (index * HEADER_BYTES + MMSGHDR_LAYOUT.fields[member].offset) >> 2;
  }

  /** Where an iovec stands, in bytes. */
  iovec(index: number): number {
    return this.#iovecs + index * IOVEC_BYTES;
  }

  /** Where an address stands, in bytes. */
  name(index: number): number {
    return this.#names + index * NAME_BYTES;
  }

  /** Where a control area stands, in bytes. */
  control(index: number): number {
    return this.#controls + index * CONTROL_BYTES;
  }

  /** Points an iovec to memory. */
  pointIovec(index: number, address: number, length: number): void {
    const at = this.iovec(index);
    this.writeAddress(at + IOVEC_LAYOUT.fields.base.offset, address);
    this.words[(at + IOVEC_LAYOUT.fields.length.offset) >> 2] = length;
  }

  /** Writes an address of memory at a byte offset. */
  writeAddress(at: number, address: number): void {
    this.words[at >> 2] = address % 0x1_0000_0000;
    this.words[(at >> 2) + 1] = address / 0x1_0000_0000;
  }
}

/** The address of a buffer as a number: user space ends below 2^52. Valid as long as the buffer is kept. */
export function addressOf(buffer: Uint8Array<ArrayBuffer>): number {
  return Number(Deno.UnsafePointer.value(pointerTo(buffer)));
}
