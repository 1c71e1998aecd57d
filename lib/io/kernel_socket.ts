import {
  accept as acceptFd,
  AF_INET,
  AF_INET6,
  bind,
  close,
  connect,
  ERRNO,
  errnoName,
  getInt,
  listen,
  localName,
  peerName,
  POLLHUP,
  POLLIN,
  POLLOUT,
  SO_ERROR,
  SOCK_STREAM,
  socket,
  SOL_SOCKET,
  SOL_TCP,
  TCP_DEFER_ACCEPT,
} from "../../ffi/mod.ts";
import { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import { abortedError, deadline, timedOutError } from "./deadline.ts";
import { requireFfi } from "./ffi_access.ts";
import { requireNet } from "./net_permission.ts";
import { waitReady } from "./poller.ts";
import { keepSyns } from "./saved_syn.ts";
import { decodeSockaddr, encodeSockaddr } from "./sockaddr.ts";
import { applyListenOptions, applySocketOptions, type SocketOptions } from "./socket_options.ts";
import { noSourceError, systemError } from "./system_error.ts";
import { readTcpInfo } from "./tcp_path.ts";

/** What {@linkcode connectSocket} needs. */
export interface ConnectSocketOptions extends SocketOptions {
  /** IPPROTO_TCP or IPPROTO_MPTCP. */
  readonly protocol: number;
  /** Local address to bind to. */
  readonly localAddress?: Ip;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** A connected descriptor and its two ends. */
export interface ConnectedSocket {
  readonly fd: number;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** How long the handshake took, in milliseconds; null for an accepted connection. */
  readonly connectMs: number | null;
}

/** Opens a socket of a protocol, or throws what `explain` makes of the errno. */
export function openSocket(
  family: 4 | 6,
  protocol: number,
  explain: (errno: number) => MptError,
): number {
  const fd = socket(family === 4 ? AF_INET : AF_INET6, SOCK_STREAM, protocol);
  if (fd < 0) throw explain(-fd);
  return fd;
}

/**
 * Connects without blocking the event loop.
 *
 * @throws {MptError} Permission, local, and network errors; `ERR_TIMED_OUT` after `timeoutMs`; `ERR_ABORTED`.
 */
export async function connectSocket(
  remote: Ip,
  port: number,
  options: ConnectSocketOptions,
  explain: (errno: number) => MptError,
): Promise<ConnectedSocket> {
  const target = Endpoint.of(remote, port);
  const action = `connect to ${target.address}`;
  requireFfi(action);
  requireNet(target, action);
  if (options.signal?.aborted) throw abortedError(action, options.signal);
  const fd = openSocket(remote.family, options.protocol, explain);
  try {
    applySocketOptions(fd, options);
    if (options.localAddress !== undefined) bindLocal(fd, options.localAddress, remote, action);
    const started = performance.now();
    await establish(fd, remote, port, action, options);
    return ends(fd, target, handshakeMs(fd) ?? performance.now() - started);
  } catch (error) {
    close(fd);
    throw error;
  }
}

async function establish(
  fd: number,
  remote: Ip,
  port: number,
  action: string,
  options: ConnectSocketOptions,
): Promise<void> {
  const started = connect(fd, encodeSockaddr(remote, port));
  if (started >= 0) return;
  if (started === -ERRNO.EADDRNOTAVAIL) throw noSourceError(action);
  if (started !== -ERRNO.EINPROGRESS) throw systemError(started, action);
  // On this host the handshake is over before connect() returns: do not wait for a thread to say so.
  if (isConnected(fd, action)) return;
  using limit = deadline(options.timeoutMs, options.signal);
  for (;;) {
    const ready = await waitReady(fd, POLLOUT, limit.signal);
    if (ready === 0) {
      throw limit.expired ? timedOutError(action, options.timeoutMs) : abortedError(action, options.signal);
    }
    if (isConnected(fd, action)) return;
    // Over, without a reason: waiting on would never end.
    if ((ready & POLLHUP) !== 0) throw systemError(ERRNO.ECONNABORTED, action);
  }
}

/**
 * The time from the SYN to its answer as the kernel measured it: right after the connect it is the one RTT
 * sample there is. This program would add its own wake-up. Null when a SYN was sent more than once: then only
 * the wait tells.
 */
function handshakeMs(fd: number): number | null {
  const info = readTcpInfo(fd);
  if (typeof info === "number" || info.totalRetrans !== 0 || !info.rtt) return null;
  return info.rtt / 1000;
}

/** Whether the handshake is done; throws why it failed. The kernel tells that once: SO_ERROR clears itself. */
function isConnected(fd: number, action: string): boolean {
  const error = getInt(fd, SOL_SOCKET, SO_ERROR);
  if (error !== 0) throw answeredError(error, action);
  return typeof peerName(fd) !== "number";
}

/** What routers say by ICMP reaches the socket as an errno that, from a system call, is about this host. */
const SAID_BY_ROUTERS: ReadonlyMap<number, string> = new Map([
  [ERRNO.EACCES, "a router on the way prohibits it"],
  [ERRNO.ENETUNREACH, "a router on the way has no route to it"],
]);

function answeredError(errno: number, action: string): MptError {
  const said = SAID_BY_ROUTERS.get(Math.abs(errno));
  if (said === undefined) return systemError(errno, action);
  return new MptError("ERR_UNREACHABLE", `Cannot ${action}: ${said}`, { data: { errno: errnoName(errno) } });
}

function bindLocal(fd: number, local: Ip, remote: Ip, action: string): void {
  if (local.family !== remote.family) {
    const reason = `the local address ${local} is of another address family`;
    throw new MptError("ERR_INVALID_VALUE", `Cannot ${action}: ${reason}`);
  }
  const bound = bind(fd, encodeSockaddr(local, 0));
  if (bound < 0) throw systemError(bound, `bind to ${local}`);
}

function ends(fd: number, fallbackRemote: Endpoint, connectMs: number | null): ConnectedSocket {
  return {
    fd,
    connectMs,
    local: nameOf(localName(fd)) ?? Endpoint.of(fallbackRemote.ip!.family === 4 ? "0.0.0.0" : "::", 0),
    // A peer that has already reset has no name any more; what we asked for is still true.
    remote: nameOf(peerName(fd)) ?? fallbackRemote,
  };
}

function nameOf(name: Uint8Array<ArrayBuffer> | number): Endpoint | null {
  return typeof name === "number" ? null : decodeSockaddr(new DataView(name.buffer));
}

/** What {@linkcode ListeningSocket.open} needs. */
export interface ListenSocketOptions extends SocketOptions {
  readonly protocol: number;
  /** Connections that wait to be accepted. */
  readonly backlog: number;
  /** Whether a listener on an IPv6 address also takes IPv4 clients. */
  readonly dualStack: boolean;
  /** Whether to keep the SYN of each connection, for `savedSyn()`. TCP only. */
  readonly saveSyn?: boolean;
}

/** A listening descriptor. */
export class ListeningSocket {
  readonly #fd: number;
  readonly local: Endpoint;
  readonly #closing = new AbortController();
  #waits = 0;
  #idle: (() => void) | undefined;

  private constructor(fd: number, local: Endpoint) {
    this.#fd = fd;
    this.local = local;
  }

  /**
   * Listens.
   *
   * @throws {MptError} Permission and local errors: port in use, address not on this host.
   */
  static open(
    ip: Ip,
    port: number,
    options: ListenSocketOptions,
    explain: (errno: number) => MptError,
  ): ListeningSocket {
    const wanted = Endpoint.of(ip, port);
    const action = `listen on ${wanted.address}`;
    requireFfi(action);
    requireNet(wanted, action);
    const fd = openSocket(ip.family, options.protocol, explain);
    try {
      applyListenOptions(fd, ip.family, options.dualStack);
      applySocketOptions(fd, options);
      if (options.saveSyn) keepSyns(fd);
      const bound = bind(fd, encodeSockaddr(ip, port));
      if (bound < 0) throw systemError(bound, action);
      const listening = listen(fd, options.backlog);
      if (listening < 0) throw systemError(listening, action);
      return new ListeningSocket(fd, nameOf(localName(fd)) ?? wanted);
    } catch (error) {
      close(fd);
      throw error;
    }
  }

  /** Whether TCP_DEFER_ACCEPT is set; null once the listener is closed, and where the kernel does not tell. */
  deferAccept(): boolean | null {
    if (this.#closing.signal.aborted) return null;
    const seconds = getInt(this.#fd, SOL_TCP, TCP_DEFER_ACCEPT);
    return seconds < 0 ? null : seconds > 0;
  }

  /** The next connection, or null once the listener is closed. */
  async accept(): Promise<ConnectedSocket | null> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const fd = acceptFd(this.#fd);
      if (fd >= 0) return ends(fd, this.local, null);
      switch (-fd) {
        case ERRNO.EAGAIN:
          await this.#waitForOne();
          break;
        // The connection died in the queue; the next one may be well.
        case ERRNO.ECONNABORTED:
        case ERRNO.EINTR:
          break;
        default:
          throw systemError(fd, `accept a connection on ${this.local.address}`);
      }
    }
    return null;
  }

  async #waitForOne(): Promise<void> {
    this.#waits++;
    try {
      await waitReady(this.#fd, POLLIN, this.#closing.signal);
    } finally {
      if (--this.#waits === 0) this.#idle?.();
    }
  }

  /** Stops listening; connections that nobody accepted are refused by the kernel. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const idle = new Promise<void>((resolve) => this.#idle = resolve);
    const waits = this.#waits;
    this.#closing.abort();
    if (waits > 0) await idle;
    close(this.#fd);
  }
}
