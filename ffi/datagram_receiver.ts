import {
  AF_INET,
  AF_INET6,
  IP_PKTINFO,
  IP_TOS,
  IPV6_PKTINFO,
  IPV6_TCLASS,
  MSG_DONTWAIT,
  SOL_IP,
  SOL_IPV6,
  SOL_UDP,
  UDP_GRO,
} from "./constants.ts";
import { addressOf, CONTROL_BYTES, DatagramHeaders, NAME_BYTES } from "./datagram_memory.ts";
import { CMSGHDR_LAYOUT, IN6_PKTINFO_LAYOUT, IN_PKTINFO_LAYOUT, MMSGHDR_LAYOUT } from "./layouts/message.ts";
import { SOCKADDR_IN6_LAYOUT, SOCKADDR_IN_LAYOUT } from "./layouts/sockaddr.ts";
import { libc, resultOrErrno } from "./library.ts";

/** What the kernel joins with UDP_GRO is never longer than an IP packet. */
const SLOT_BYTES = 65536;

const HEADER_WORDS = MMSGHDR_LAYOUT.size >> 2;
const CONTROL_HEADER = CMSGHDR_LAYOUT.size;
const LEVEL = CMSGHDR_LAYOUT.fields.level.offset >> 2;
const TYPE = CMSGHDR_LAYOUT.fields.type.offset >> 2;
const NAME_LENGTH = MMSGHDR_LAYOUT.fields.nameLength.offset >> 2;
const CONTROL_LENGTH = MMSGHDR_LAYOUT.fields.controlLength.offset >> 2;
const LENGTH = MMSGHDR_LAYOUT.fields.length.offset >> 2;

const V4 = SOCKADDR_IN_LAYOUT.fields;
const V6 = SOCKADDR_IN6_LAYOUT.fields;
const INFO4 = IN_PKTINFO_LAYOUT.fields;
const INFO6 = IN6_PKTINFO_LAYOUT.fields;

/** RFC 4291 2.5.6: link-local addresses mean something on one interface only. */
const LINK_LOCAL_MASK = 0xc0ff;
const LINK_LOCAL = 0x80fe;

/** RFC 3168 5: the mark is in the two lowest bits of the traffic class. */
const ECN_MASK = 3;

/** The memory of a receiver. */
interface Memory {
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly headers: DatagramHeaders;
}

/**
 * Memory of receivers that are freed. A client has a socket for each connection: without this, most of what a
 * short one costs is to clear, fault in and collect megabytes.
 */
const spare: Memory[] = [];
const MAX_SPARE = 4;

/**
 * Receives up to `slots` messages in one call into memory that is made once, and reads what the kernel tells
 * about each in place: no allocation and no pointer per message.
 */
export class DatagramReceiver {
  /** The payloads. Message `i` begins at {@linkcode DatagramReceiver.start}; valid until the next `run`. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** The addresses as 32-bit words, for {@linkcode DatagramReceiver.nameAt} and `localAt`. */
  readonly words: Int32Array<ArrayBuffer>;
  /** The mark of the message looked at last, 0 to 3, or -1 when the kernel did not tell. */
  ecn: -1 | 0 | 1 | 2 | 3 = -1;
  /** The interface it came by, or 0 when the kernel did not tell. */
  interfaceIndex = 0;
  /** How long each datagram in it is, but the last one; 0 when it is one datagram. */
  segmentBytes = 0;
  /** Where the sockaddr stands that it was sent to, in words, or -1 when the kernel did not tell. */
  localAt = -1;
  readonly #headers: DatagramHeaders;
  #slots: number;
  readonly #local4: number;
  readonly #local6: number;
  #used: number;

  /** Takes memory; `localPort` completes the addresses that datagrams were sent to. */
  constructor(slots: number, localPort: number) {
    this.#slots = slots;
    this.#used = slots;
    const memory = spare.at(-1)?.payload.length === slots * SLOT_BYTES ? spare.pop()! : makeMemory(slots);
    this.payload = memory.payload;
    this.#headers = memory.headers;
    this.words = this.#headers.words;
    this.#local4 = this.#writeLocal(slots, AF_INET, localPort);
    this.#local6 = this.#writeLocal(slots + 1, AF_INET6, localPort);
  }

  /** Receives what is there without waiting, at most `most` messages: how many, or minus an errno. */
  run(fd: number, most: number = this.#slots): number {
    // What the last call wrote: the lengths are both input and output.
    for (let i = 0; i < this.#used; i++) {
      const header = i * HEADER_WORDS;
      this.words[header + NAME_LENGTH] = NAME_BYTES;
      this.words[header + CONTROL_LENGTH] = CONTROL_BYTES;
    }
    const slots = Math.min(most, this.#slots);
    const count = resultOrErrno(libc().recvmmsg(fd, this.#headers.pointer, slots, MSG_DONTWAIT, null));
    this.#used = Math.max(0, count);
    return count;
  }

  /** Gives the memory to the next receiver. Nothing is received any more, and nobody may look at what was. */
  free(): void {
    if (this.#slots === 0) return;
    this.#slots = this.#used = 0;
    if (spare.length < MAX_SPARE) spare.push({ payload: this.payload, headers: this.#headers });
  }

  /** Where message `i` begins in the payload. */
  start(i: number): number {
    return i * SLOT_BYTES;
  }

  /** How long message `i` is. */
  length(i: number): number {
    return this.words[i * HEADER_WORDS + LENGTH]!;
  }

  /** Where the sender's sockaddr of message `i` stands, in words. */
  nameAt(i: number): number {
    return this.#headers.name(i) >> 2;
  }

  /** Reads the control messages of message `i` into the fields of this object. */
  look(i: number): void {
    this.ecn = -1;
    this.interfaceIndex = 0;
    this.segmentBytes = 0;
    this.localAt = -1;
    const words = this.words;
    const start = this.#headers.control(i);
    const end = start + Math.min(CONTROL_BYTES, words[i * HEADER_WORDS + CONTROL_LENGTH]!);
    for (let at = start; at + CONTROL_HEADER <= end;) {
      const length = words[at >> 2]!;
      if (length < CONTROL_HEADER || at + length > end) return;
      this.#read(at >> 2, (at + CONTROL_HEADER) >> 2, length - CONTROL_HEADER);
      at += (length + 7) & ~7;
    }
  }

  #read(header: number, data: number, bytes: number): void {
    const level = this.words[header + LEVEL]!;
    const type = this.words[header + TYPE]!;
    if (level === SOL_UDP && type === UDP_GRO && bytes >= 4) this.segmentBytes = this.words[data]!;
    // The one is a byte, the other an int: in the machine's order the mark is in the first byte of both.
    else if (level === SOL_IP && type === IP_TOS && bytes >= 1) this.#readMark(data);
    else if (level === SOL_IPV6 && type === IPV6_TCLASS && bytes >= 4) this.#readMark(data);
    else if (level === SOL_IP && type === IP_PKTINFO && bytes >= IN_PKTINFO_LAYOUT.size) {
      this.#readInfo4(data);
    } else if (level === SOL_IPV6 && type === IPV6_PKTINFO && bytes >= IN6_PKTINFO_LAYOUT.size) {
      this.#readInfo6(data);
    }
  }

  #readMark(data: number): void {
    this.ecn = (this.words[data]! & ECN_MASK) as 0 | 1 | 2 | 3;
  }

  #readInfo4(data: number): void {
    const words = this.words;
    this.interfaceIndex = words[data + (INFO4.interface.offset >> 2)]!;
    // The address to answer from: for a broadcast it differs from the one that the datagram was sent to.
    const local = words[data + (INFO4.local.offset >> 2)]!;
    words[this.#local4 + (V4.address.offset >> 2)] = local !== 0
      ? local
      : words[data + (INFO4.destination.offset >> 2)]!;
    this.localAt = this.#local4;
  }

  #readInfo6(data: number): void {
    const words = this.words;
    const from = data + (INFO6.address.offset >> 2);
    const to = this.#local6 + (V6.address.offset >> 2);
    for (let i = 0; i < 4; i++) words[to + i] = words[from + i]!;
    this.interfaceIndex = words[data + (INFO6.interface.offset >> 2)]!;
    const linkLocal = (words[from]! & LINK_LOCAL_MASK) === LINK_LOCAL;
    words[this.#local6 + (V6.scopeId.offset >> 2)] = linkLocal ? this.interfaceIndex : 0;
    this.localAt = this.#local6;
  }

  /** Begins a sockaddr in a spare place: family and port, which stay. */
  #writeLocal(index: number, family: number, port: number): number {
    const at = this.#headers.name(index) >> 2;
    // In the machine's order: the family in the lower half, the port in network order in the upper.
    this.words[at] = family | (port & 0xff) << 24 | (port >> 8) << 16;
    return at;
  }
}

function makeMemory(slots: number): Memory {
  const payload = new Uint8Array(new ArrayBuffer(slots * SLOT_BYTES));
  // Two headers more than are used: their addresses are where local addresses are put together.
  const headers = new DatagramHeaders(slots + 2, false);
  const base = addressOf(payload);
  for (let i = 0; i < slots; i++) headers.pointIovec(i, base + i * SLOT_BYTES, SLOT_BYTES);
  return { payload, headers };
}
