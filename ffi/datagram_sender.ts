import {
  IP_PKTINFO,
  IP_TOS,
  IPV6_PKTINFO,
  IPV6_TCLASS,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SOL_IP,
  SOL_IPV6,
  SOL_UDP,
  UDP_SEGMENT,
} from "./constants.ts";
import { addressOf, controlSpace, DatagramHeaders } from "./datagram_memory.ts";
import { CMSGHDR_LAYOUT, IN6_PKTINFO_LAYOUT, IN_PKTINFO_LAYOUT } from "./layouts/message.ts";
import { SOCKADDR_IN6_LAYOUT, SOCKADDR_IN_LAYOUT } from "./layouts/sockaddr.ts";
import { libc, resultOrErrno } from "./library.ts";

/** `UDP_MAX_SEGMENTS` before Linux 6.9; later ones take 128. */
export const MAX_SEGMENTS = 64;

const FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL;
const HEADER = CMSGHDR_LAYOUT.size;
const V4 = SOCKADDR_IN_LAYOUT.fields;
const V6 = SOCKADDR_IN6_LAYOUT.fields;
const INFO4 = IN_PKTINFO_LAYOUT;
const INFO6 = IN6_PKTINFO_LAYOUT;

/**
 * Sends datagrams to one address at a time out of any buffer. Address and control messages stay as they are
 * until they change, so that the next batch to the same peer costs one call.
 */
export class DatagramSender {
  readonly #headers: DatagramHeaders = new DatagramHeaders(MAX_SEGMENTS, true);
  readonly #nameLength: number;
  readonly #controlLength: number;
  // The kernel reads this buffer in the call; a reference that the collector sees keeps it until the next one.
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #address = 0;
  #v4 = true;

  /** Takes memory. */
  constructor() {
    this.#nameLength = this.#headers.word(0, "nameLength");
    this.#controlLength = this.#headers.word(0, "controlLength");
  }

  /**
   * The address of the datagrams that follow.
   *
   * @param sockaddr A `struct sockaddr_in` or `sockaddr_in6`.
   * @param v4 Whether the packets are IPv4, those to a mapped address included.
   */
  setRemote(sockaddr: Uint8Array<ArrayBuffer>, v4: boolean): void {
    this.#headers.bytes.set(sockaddr, this.#headers.name(0));
    this.#headers.words[this.#nameLength] = sockaddr.length;
    this.#v4 = v4;
  }

  /**
   * The control messages of the datagrams that follow; call it after `setRemote`, whose family decides.
   *
   * @param ecn The mark, 0 to 3; 0 is the kernel's own and adds nothing.
   * @param from The sockaddr to send from, or null for the socket's own.
   * @param segmentBytes Where the kernel is to cut a batch, or 0 for one datagram.
   */
  setControl(ecn: number, from: Uint8Array<ArrayBuffer> | null, segmentBytes: number): void {
    const start = this.#headers.control(0);
    let at = start;
    if (from !== null) at = this.#v4 ? this.#writeInfo4(at, from) : this.#writeInfo6(at, from);
    if (ecn !== 0) {
      at = this.#v4
        ? this.#write(at, SOL_IP, IP_TOS, 4, ecn)
        : this.#write(at, SOL_IPV6, IPV6_TCLASS, 4, ecn);
    }
    if (segmentBytes !== 0) at = this.#write(at, SOL_UDP, UDP_SEGMENT, 2, segmentBytes);
    this.#headers.words[this.#controlLength] = at - start;
  }

  /** Sends `[start, end)`: how many bytes were taken, all of them, or minus an errno. */
  send(fd: number, buffer: Uint8Array<ArrayBuffer>, start: number, end: number): number {
    this.#headers.pointIovec(0, this.#addressOf(buffer) + start, end - start);
    return resultOrErrno(libc().sendmsg(fd, this.#headers.pointer, FLAGS));
  }

  /**
   * Sends `[start, end)` as one datagram each `segmentBytes`, at most {@linkcode MAX_SEGMENTS} of them, without
   * the kernel's help: how many datagrams were taken, or minus an errno when not even the first was.
   */
  sendEach(
    fd: number,
    buffer: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    segmentBytes: number,
  ): number {
    const headers = this.#headers;
    const words = headers.words;
    const address = this.#addressOf(buffer);
    let count = 0;
    for (let at = start; at < end && count < MAX_SEGMENTS; at += segmentBytes, count++) {
      headers.pointIovec(count, address + at, Math.min(segmentBytes, end - at));
      words[headers.word(count, "nameLength")] = words[this.#nameLength]!;
      words[headers.word(count, "controlLength")] = words[this.#controlLength]!;
    }
    return resultOrErrno(libc().sendmmsg(fd, headers.pointer, count, FLAGS));
  }

  #addressOf(buffer: Uint8Array<ArrayBuffer>): number {
    if (buffer !== this.#buffer) {
      this.#address = buffer.length === 0 ? 0 : addressOf(buffer);
      this.#buffer = buffer;
    }
    return this.#address;
  }

  #write(at: number, level: number, type: number, bytes: number, value: number): number {
    const words = this.#headers.words;
    words[at >> 2] = HEADER + bytes;
    words[(at >> 2) + 1] = 0;
    words[(at + CMSGHDR_LAYOUT.fields.level.offset) >> 2] = level;
    words[(at + CMSGHDR_LAYOUT.fields.type.offset) >> 2] = type;
    words[(at + HEADER) >> 2] = value;
    return at + controlSpace(bytes);
  }

  #writeInfo4(at: number, from: Uint8Array<ArrayBuffer>): number {
    const end = this.#write(at, SOL_IP, IP_PKTINFO, INFO4.size, 0);
    const { local, destination } = INFO4.fields;
    // A mapped address has its IPv4 address at its end.
    const address = from.length === SOCKADDR_IN_LAYOUT.size ? V4.address.offset : V6.address.offset + 12;
    const bytes = from.subarray(address, address + local.size);
    this.#headers.bytes.set(bytes, at + HEADER + local.offset);
    this.#headers.bytes.fill(0, at + HEADER + destination.offset, end);
    return end;
  }

  #writeInfo6(at: number, from: Uint8Array<ArrayBuffer>): number {
    const end = this.#write(at, SOL_IPV6, IPV6_PKTINFO, INFO6.size, 0);
    const { address, interface: index } = INFO6.fields;
    const bytes = from.subarray(V6.address.offset, V6.address.offset + address.size);
    const scope = from.subarray(V6.scopeId.offset, V6.scopeId.offset + index.size);
    this.#headers.bytes.set(bytes, at + HEADER + address.offset);
    this.#headers.bytes.set(scope, at + HEADER + index.offset);
    return end;
  }
}
