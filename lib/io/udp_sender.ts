import {
  AF_INET,
  bind,
  close,
  DatagramSender,
  ERRNO,
  MAX_SEGMENTS,
  SOCK_DGRAM,
  socket,
} from "../../ffi/mod.ts";
import type { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import { checkRange, checkRemote, fit, type Reach } from "./datagram_remote.ts";
import type { DatagramSendOptions, SendOutcome } from "./datagram_socket.ts";
import { addressFamily, encodeSockaddr } from "./sockaddr.ts";
import type { SockaddrCache } from "./sockaddr_cache.ts";
import { systemError } from "./system_error.ts";
import { sendOutcome } from "./udp_errno.ts";

/** The most that one call takes as a batch: an IP packet, with room for the headers of both families. */
const MAX_BATCH_BYTES = 65_000;

/** What {@linkcode UdpSender} is made with. */
export interface UdpSenderOptions {
  /** The socket's own address. */
  readonly local: Endpoint;
  readonly reach: Reach;
  /** Whether the kernel cuts batches. */
  readonly segmentation: boolean;
  /** Takes an errno that came back for an earlier datagram, on a connected socket. */
  readonly note: ((errno: number) => void) | null;
}

/** Whether an address is one of this host's. */
function isHere(ip: Ip): boolean {
  const fd = socket(addressFamily(ip), SOCK_DGRAM, 0);
  if (fd < 0) return true;
  const bound = bind(fd, encodeSockaddr(ip, 0));
  close(fd);
  return bound !== -ERRNO.EADDRNOTAVAIL;
}

/** The sending side of a UDP socket of the kernel. */
export class UdpSender {
  /** How many bytes the last send handed over. */
  sentBytes = 0;
  /** Whether the kernel cuts batches; false once a network card refused to. */
  segmentation: boolean;
  readonly #fd: number;
  readonly #remotes: SockaddrCache;
  readonly #locals: SockaddrCache;
  readonly #local: Endpoint;
  readonly #reach: Reach;
  readonly #note: ((errno: number) => void) | null;
  readonly #sender = new DatagramSender();
  #remote: Endpoint | undefined;
  #from: Endpoint | undefined;
  #ecn = 0;
  #cut = 0;

  constructor(fd: number, remotes: SockaddrCache, locals: SockaddrCache, options: UdpSenderOptions) {
    this.#fd = fd;
    this.#remotes = remotes;
    this.#locals = locals;
    this.#local = options.local;
    this.#reach = options.reach;
    this.#note = options.note;
    this.segmentation = options.segmentation;
  }

  /** As `DatagramSocket.send`. */
  send(
    buffer: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    remote: Endpoint,
    options?: DatagramSendOptions,
  ): SendOutcome {
    this.sentBytes = 0;
    const segmentBytes = options?.segmentBytes ?? 0;
    checkRange(buffer, start, end, segmentBytes);
    const ecn = options?.ecn ?? 0;
    const from = options?.from;
    if (remote !== this.#remote || from !== this.#from || ecn !== this.#ecn) this.#aim(remote, from, ecn);
    const length = end - start;
    const datagram = segmentBytes > 0 ? Math.min(segmentBytes, length) : length;
    if (datagram === length) return this.#sendOne(buffer, start, end);
    return this.#sendBatch(buffer, start, end, datagram);
  }

  #sendOne(buffer: Uint8Array<ArrayBuffer>, start: number, end: number): SendOutcome {
    this.#cutAt(0);
    const result = this.#try(buffer, start, end, 0);
    if (result < 0) return this.#outcome(result);
    this.sentBytes = end - start;
    return "sent";
  }

  #sendBatch(buffer: Uint8Array<ArrayBuffer>, start: number, end: number, datagram: number): SendOutcome {
    const together = Math.min(MAX_SEGMENTS, Math.floor(MAX_BATCH_BYTES / datagram));
    for (let at = start; at < end;) {
      let taken = 0;
      if (this.segmentation && together > 1) {
        const stop = Math.min(end, at + together * datagram);
        this.#cutAt(stop - at > datagram ? datagram : 0);
        taken = this.#try(buffer, at, stop, 0);
        // A kernel or a network card that cannot, or a datagram above the MTU: one by one it shows which.
        if (taken === -ERRNO.EIO || taken === -ERRNO.EINVAL) {
          taken = this.#sendEach(buffer, at, stop, datagram);
          if (taken > 0) this.segmentation = false;
        }
      } else {
        taken = this.#sendEach(buffer, at, end, datagram);
      }
      if (taken < 0) return this.#outcome(taken);
      at += taken;
      this.sentBytes = at - start;
    }
    return "sent";
  }

  /** Sends datagrams without the kernel's cutting: how many bytes were taken, or minus an errno. */
  #sendEach(buffer: Uint8Array<ArrayBuffer>, start: number, end: number, datagram: number): number {
    this.#cutAt(0);
    const count = this.#try(buffer, start, end, datagram);
    return count < 0 ? count : Math.min(count * datagram, end - start);
  }

  /** One call. On a connected socket it may fail with what an earlier datagram met; the next one then tells. */
  #try(buffer: Uint8Array<ArrayBuffer>, start: number, end: number, datagram: number): number {
    const result = this.#call(buffer, start, end, datagram);
    if (result >= 0 || this.#note === null || result === -ERRNO.EAGAIN) return result;
    const again = this.#call(buffer, start, end, datagram);
    if (again !== result) this.#note(-result);
    return again;
  }

  #call(buffer: Uint8Array<ArrayBuffer>, start: number, end: number, datagram: number): number {
    return datagram === 0
      ? this.#sender.send(this.#fd, buffer, start, end)
      : this.#sender.sendEach(this.#fd, buffer, start, end, datagram);
  }

  #aim(remote: Endpoint, from: Endpoint | undefined, ecn: number): void {
    const sockaddr = this.#remotes.encoded(remote) ?? this.#meet(remote);
    const source = from === undefined ? null : this.#locals.encoded(from) ?? this.#encodeSource(from);
    this.#remote = undefined;
    this.#sender.setRemote(sockaddr, sockaddr[0] === AF_INET || remote.ip!.unmapped().family === 4);
    this.#sender.setControl(ecn, source, this.#cut);
    this.#remote = remote;
    this.#from = from;
    this.#ecn = ecn;
  }

  #cutAt(segmentBytes: number): void {
    if (segmentBytes === this.#cut) return;
    const source = this.#from === undefined ? null : this.#locals.encoded(this.#from)!;
    this.#sender.setControl(this.#ecn, source, segmentBytes);
    this.#cut = segmentBytes;
  }

  #meet(remote: Endpoint): Uint8Array<ArrayBuffer> {
    const { ip, port } = checkRemote(remote, this.#reach);
    const sockaddr = encodeSockaddr(ip, port);
    this.#remotes.remember(remote, sockaddr);
    return sockaddr;
  }

  #encodeSource(from: Endpoint): Uint8Array<ArrayBuffer> {
    const ip = from.ip === undefined ? null : fit(from.ip, this.#reach);
    if (ip === null) {
      throw new MptError("ERR_INVALID_ADDRESS", `Cannot send from ${from}: it is no address of the socket`);
    }
    const sockaddr = encodeSockaddr(ip, from.port ?? 0);
    this.#locals.remember(from, sockaddr);
    return sockaddr;
  }

  #outcome(result: number): SendOutcome {
    const outcome = sendOutcome(-result);
    // The kernel has the same errno for no route there and for no such address here.
    if (outcome === "unreachable" && !isHere((this.#from ?? this.#local).ip!)) return "bad-source";
    if (outcome !== null) return outcome;
    throw systemError(result, `send to ${this.#remote!.address}`);
  }
}
