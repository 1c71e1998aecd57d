import {
  AF_INET,
  AF_INET6,
  bind,
  close,
  connect,
  DatagramReceiver,
  ERRNO,
  localName,
  POLLIN,
  POLLOUT,
  SOCK_DGRAM,
  socket,
} from "../../ffi/mod.ts";
import { Endpoint } from "../base/endpoint.ts";
import { checkRemote, closedError, fit, nestedError } from "./datagram_remote.ts";
import type {
  DatagramBackend,
  DatagramFeatures,
  DatagramHandler,
  DatagramReport,
  DatagramSendOptions,
  DatagramSocket,
  DatagramSocketOptions,
  SendOutcome,
} from "./datagram_socket.ts";
import { DEFAULT_WAKE_INTERVAL_US } from "./datagram_socket.ts";
import { requireFfi } from "./ffi_access.ts";
import { requireNet } from "./net_permission.ts";
import { waitReady, waitUntil } from "./poller.ts";
import { decodeSockaddr, encodeSockaddr } from "./sockaddr.ts";
import { SockaddrCache } from "./sockaddr_cache.ts";
import { systemError } from "./system_error.ts";
import { turnIfDue } from "./turn.ts";
import { reportOf } from "./udp_errno.ts";
import { applyUdpOptions, droppedDatagrams, hasSegmentation, receiveBufferBytes } from "./udp_options.ts";
import { UdpSender } from "./udp_sender.ts";
import { WakeModeration } from "./wake_moderation.ts";

/** Messages of one system call; each may hold many datagrams. */
const SLOTS = 16;

/** The same while they do hold many: what a call brings should still be in the processor's cache when it is read. */
const BATCH_SLOTS = 4;

/** Messages with so many datagrams on average are batches. */
const BATCH_DATAGRAMS = 8;

/**
 * Calls of one `receive`: with batches some 350 datagrams. A flood must not keep the program from everything
 * else, such as acknowledging what it got.
 */
const MAX_CALLS = 2;

/** Room for the addresses of a socket with one peer. */
const FEW_ADDRESSES = 4;

/** A datagram socket made by system calls: batches both ways, marks, packet info, no fragments. Linux only. */
export class UdpSocket implements DatagramSocket {
  readonly backend: DatagramBackend = "ffi";
  readonly backendReason = null;
  readonly local: Endpoint;
  readonly #fd: number;
  readonly #sender: UdpSender;
  readonly #receiver: DatagramReceiver;
  readonly #remotes: SockaddrCache;
  readonly #locals: SockaddrCache;
  readonly #moderation: WakeModeration;
  readonly #connected: boolean;
  readonly #whole: boolean;
  readonly #closing = new AbortController();
  #report: DatagramReport | null = null;
  /** Messages of the next call. */
  #slots = SLOTS;
  #received = 0;
  #handling = false;
  #waits = 0;
  #idle: (() => void) | undefined;
  #signal: AbortSignal | undefined;
  #eitherSignal: AbortSignal = this.#closing.signal;

  private constructor(fd: number, local: Endpoint, options: DatagramSocketOptions) {
    this.#fd = fd;
    this.local = local;
    this.#connected = options.remote !== undefined;
    this.#whole = !(options.fragment ?? false);
    // A connected socket has one peer, and one address of its own
    const entries = this.#connected ? FEW_ADDRESSES : undefined;
    this.#remotes = new SockaddrCache(entries);
    this.#locals = new SockaddrCache(entries);
    this.#receiver = new DatagramReceiver(SLOTS, local.port!);
    this.#moderation = new WakeModeration(options.wakeIntervalUs ?? DEFAULT_WAKE_INTERVAL_US);
    const reach = { family: options.address.family, dualStack: options.dualStack ?? true };
    this.#sender = new UdpSender(fd, this.#remotes, this.#locals, {
      local,
      reach,
      segmentation: hasSegmentation(fd),
      note: this.#connected ? (errno) => this.#note(errno) : null,
    });
  }

  /**
   * Opens a socket.
   *
   * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`, `ERR_NET_PERMISSION`,
   *   `ERR_OPTION_REFUSED`, `ERR_ADDRESS_IN_USE`, `ERR_ADDRESS_NOT_LOCAL` and what else the kernel says.
   */
  static open(options: DatagramSocketOptions): UdpSocket {
    const { address, port = 0, remote } = options;
    const wanted = Endpoint.of(address, port);
    const action = `open a datagram socket on ${wanted.address}`;
    requireFfi(action);
    const reach = { family: address.family, dualStack: options.dualStack ?? true };
    const target = remote === undefined ? undefined : checkRemote(remote, reach);
    // Like a TCP client, a socket with one peer needs leave to talk to that peer only.
    if (target === undefined || port !== 0) requireNet(wanted, action);
    const family = address.family === 4 ? AF_INET : AF_INET6;
    const fd = socket(family, SOCK_DGRAM, 0);
    if (fd < 0) throw systemError(fd, action);
    try {
      applyUdpOptions(fd, family, options);
      const bound = bind(fd, encodeSockaddr(fit(address, reach) ?? address, port));
      if (bound < 0) throw systemError(bound, action);
      if (target !== undefined) {
        const connected = connect(fd, encodeSockaddr(target.ip, target.port));
        if (connected < 0) throw systemError(connected, `connect a datagram socket to ${remote!.address}`);
      }
      const name = localName(fd);
      const local = typeof name === "number" ? null : decodeSockaddr(new DataView(name.buffer));
      return new UdpSocket(fd, local ?? wanted, options);
    } catch (error) {
      close(fd);
      throw error;
    }
  }

  get features(): DatagramFeatures {
    return {
      segmentation: this.#sender.segmentation,
      ecn: true,
      packetInfo: true,
      dontFragment: this.#whole,
      reports: this.#connected,
    };
  }

  get receiveBufferBytes(): number | null {
    return this.#closing.signal.aborted ? null : receiveBufferBytes(this.#fd);
  }

  get dropped(): number | null {
    return this.#closing.signal.aborted ? null : droppedDatagrams(this.#fd);
  }

  get sentBytes(): number {
    return this.#sender.sentBytes;
  }

  receive(onDatagram: DatagramHandler): number {
    if (this.#handling) throw nestedError();
    let total = 0;
    for (let call = 0; call < MAX_CALLS && !this.#closing.signal.aborted; call++) {
      const slots = this.#slots;
      const count = this.#receiver.run(this.#fd, slots);
      if (count === -ERRNO.EAGAIN) break;
      if (count < 0) {
        this.#failed(count);
        continue;
      }
      this.#handling = true;
      const before = total;
      try {
        for (let i = 0; i < count; i++) total += this.#hand(i, onDatagram);
      } finally {
        this.#handling = false;
      }
      this.#slots = total - before >= BATCH_DATAGRAMS * count ? BATCH_SLOTS : SLOTS;
      // A call that was not filled has emptied the queue, but for what came just now.
      if (count < slots) break;
    }
    this.#received += total;
    return total;
  }

  /** Hands over the datagrams of message `i`: how many. */
  #hand(i: number, onDatagram: DatagramHandler): number {
    const receiver = this.#receiver;
    const remote = this.#remotes.decode(receiver.words, receiver.nameAt(i));
    if (remote === null || this.#closing.signal.aborted) return 0;
    receiver.look(i);
    const local = receiver.localAt < 0
      ? this.local
      : this.#locals.decode(receiver.words, receiver.localAt) ?? this.local;
    const { ecn, interfaceIndex } = receiver;
    const start = receiver.start(i);
    const end = start + receiver.length(i);
    const step = receiver.segmentBytes > 0 ? receiver.segmentBytes : Math.max(1, end - start);
    let count = 0;
    let at = start;
    do {
      const stop = Math.min(at + step, end);
      onDatagram(receiver.payload, at, stop, remote, local, ecn, interfaceIndex);
      count++;
      at = stop;
    } while (at < end && !this.#closing.signal.aborted);
    return count;
  }

  async readable(signal?: AbortSignal): Promise<boolean> {
    const { signal: closing } = this.#closing;
    if (closing.aborted || signal?.aborted) return false;
    const ending = this.#endOf(signal);
    this.#waits++;
    try {
      await turnIfDue();
      const until = this.#moderation.sleepUntil(this.#received);
      this.#received = 0;
      if (until > performance.now()) await waitUntil(until, ending);
      else await waitReady(this.#fd, POLLIN, ending);
      this.#moderation.woke(performance.now());
    } finally {
      if (--this.#waits === 0) this.#idle?.();
    }
    return !ending.aborted;
  }

  send(
    buffer: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    remote: Endpoint,
    options?: DatagramSendOptions,
  ): SendOutcome {
    if (this.#closing.signal.aborted) throw closedError(this.local);
    return this.#sender.send(buffer, start, end, remote, options);
  }

  async writable(signal?: AbortSignal): Promise<boolean> {
    if (this.#closing.signal.aborted || signal?.aborted) return false;
    const ending = this.#endOf(signal);
    this.#waits++;
    try {
      await turnIfDue();
      await waitReady(this.#fd, POLLOUT, ending);
    } finally {
      if (--this.#waits === 0) this.#idle?.();
    }
    return !ending.aborted;
  }

  takeReport(): DatagramReport | null {
    const report = this.#report;
    this.#report = null;
    return report;
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const idle = new Promise<void>((resolve) => this.#idle = resolve);
    const waits = this.#waits;
    // With a reason of its own: to make the usual one, with its stack, takes longer than to close a socket
    this.#closing.abort("closed");
    if (waits > 0) await idle;
    close(this.#fd);
    // Else whoever closes it is looking at a datagram
    if (!this.#handling) this.#receiver.free();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What ends a wait: closing, or the caller's signal too. The same signal mostly comes again. */
  #endOf(signal: AbortSignal | undefined): AbortSignal {
    if (signal !== this.#signal) {
      const closing = this.#closing.signal;
      this.#signal = signal;
      this.#eitherSignal = signal === undefined ? closing : AbortSignal.any([closing, signal]);
    }
    return this.#eitherSignal;
  }

  /** A receive failed: with what came back for an earlier datagram, or for good. */
  #failed(result: number): void {
    if (result === -ERRNO.EINTR) return;
    if (this.#connected && this.#note(-result)) return;
    throw systemError(result, `receive on ${this.local.address}`);
  }

  /** Keeps what came back for an earlier datagram; whether it was such an errno. */
  #note(errno: number): boolean {
    // ICMP "fragmentation needed": whoever probes the MTU learns it from the loss.
    if (errno === ERRNO.EMSGSIZE) return true;
    const report = reportOf(errno);
    if (report === null) return false;
    this.#report = report;
    return true;
  }
}
