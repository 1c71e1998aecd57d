import {
  AF_INET6,
  ERRNO,
  getBytes,
  getInt,
  IP_MTU_DISCOVER,
  IP_PKTINFO,
  IP_RECVTOS,
  IPV6_MTU_DISCOVER,
  IPV6_RECVPKTINFO,
  IPV6_RECVTCLASS,
  IPV6_V6ONLY,
  PMTUDISC_DONT,
  PMTUDISC_PROBE,
  setBytes,
  setInt,
  SO_BINDTODEVICE,
  SO_MEMINFO,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  SOL_UDP,
  UDP_GRO,
  UDP_SEGMENT,
} from "../../ffi/mod.ts";
import { type DatagramSocketOptions, DEFAULT_BUFFER_BYTES } from "./datagram_socket.ts";
import { requireOption } from "./socket_options.ts";

/** `SK_MEMINFO_DROPS` of linux/sock_diag.h: the ninth number of SO_MEMINFO. */
const MEMINFO_DROPS = 8;
const MEMINFO_NUMBERS = 9;

/**
 * Prepares a UDP socket that is not bound yet.
 *
 * @throws {MptError} `ERR_OPTION_REFUSED`.
 */
export function applyUdpOptions(fd: number, family: number, options: DatagramSocketOptions): void {
  const require = (level: number, name: number, value: number, text: string): void =>
    requireOption(setInt(fd, level, name, value), text, "");
  if (options.interface !== undefined) {
    const name = new TextEncoder().encode(options.interface);
    requireOption(setBytes(fd, SOL_SOCKET, SO_BINDTODEVICE, name), "interface", options.interface);
  }
  const discover = options.fragment ? PMTUDISC_DONT : PMTUDISC_PROBE;
  if (family === AF_INET6) {
    require(SOL_IPV6, IPV6_V6ONLY, options.dualStack ?? true ? 0 : 1, "IPV6_V6ONLY");
    // RFC 9000 14: datagrams are not fragmented at the IP layer. PROBE: the path's MTU is ours to find.
    require(SOL_IPV6, IPV6_MTU_DISCOVER, discover, "IPV6_MTU_DISCOVER");
    require(SOL_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
    require(SOL_IPV6, IPV6_RECVTCLASS, 1, "IPV6_RECVTCLASS");
  }
  // An IPv6 socket takes these for its IPv4 peers.
  require(SOL_IP, IP_MTU_DISCOVER, discover, "IP_MTU_DISCOVER");
  require(SOL_IP, IP_RECVTOS, 1, "IP_RECVTOS");
  if (family !== AF_INET6) require(SOL_IP, IP_PKTINFO, 1, "IP_PKTINFO");
  setBufferSizes(fd, options);
  // Before Linux 5.0 there is none, and everything works without.
  setInt(fd, SOL_UDP, UDP_GRO, 1);
}

/** Whether the kernel cuts batches (UDP_SEGMENT, Linux 4.18). What a network card makes of it shows later. */
export function hasSegmentation(fd: number): boolean {
  if (setInt(fd, SOL_UDP, UDP_SEGMENT, 1200) < 0) return false;
  // Back to none: a segment size of the socket would cut single datagrams too.
  return setInt(fd, SOL_UDP, UDP_SEGMENT, 0) >= 0;
}

/** Asks for buffers of a size. @returns What the kernel gives, in bytes of payload and overhead. */
export function setBufferSizes(
  fd: number,
  options: Pick<DatagramSocketOptions, "receiveBufferBytes" | "sendBufferBytes">,
): { readonly receive: number; readonly send: number } {
  setBufferSize(fd, SO_RCVBUFFORCE, SO_RCVBUF, options.receiveBufferBytes ?? DEFAULT_BUFFER_BYTES);
  setBufferSize(fd, SO_SNDBUFFORCE, SO_SNDBUF, options.sendBufferBytes ?? DEFAULT_BUFFER_BYTES);
  return { receive: bufferBytes(fd, SO_RCVBUF) ?? 0, send: bufferBytes(fd, SO_SNDBUF) ?? 0 };
}

/** The size of the receive buffer in bytes of payload and overhead, or null. */
export function receiveBufferBytes(fd: number): number | null {
  return bufferBytes(fd, SO_RCVBUF);
}

function bufferBytes(fd: number, option: number): number | null {
  // socket(7): the kernel doubles what was set, for its own overhead.
  const doubled = getInt(fd, SOL_SOCKET, option);
  return doubled < 0 ? null : doubled / 2;
}

/** How many datagrams found no room in the receive buffer, or null when the kernel does not tell. */
export function droppedDatagrams(fd: number): number | null {
  const numbers = new Uint8Array(MEMINFO_NUMBERS * 4);
  const length = getBytes(fd, SOL_SOCKET, SO_MEMINFO, numbers);
  if (length < numbers.length) return null;
  return new DataView(numbers.buffer).getUint32(MEMINFO_DROPS * 4, true);
}

function setBufferSize(fd: number, force: number, plain: number, bytes: number): void {
  const forced = setInt(fd, SOL_SOCKET, force, bytes);
  // Beyond net.core.rmem_max only with CAP_NET_ADMIN; without it the kernel gives what it may.
  if (forced === -ERRNO.EPERM) setInt(fd, SOL_SOCKET, plain, bytes);
}
