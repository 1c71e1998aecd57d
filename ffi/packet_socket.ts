import { AF_PACKET, ETH_P_ALL, SOCK_DGRAM } from "./constants.ts";
import { libc, resultOrErrno } from "./library.ts";
import { socket } from "./socket.ts";

/** `SIOCGSTAMPNS_OLD` of asm-generic/sockios.h. */
const SIOCGSTAMPNS = 0x8907;

/** A timespec of 64-bit systems: seconds, then nanoseconds. */
const time = new Uint8Array(16);
const timeView = new DataView(time.buffer);

/**
 * A socket that gets a copy of every packet of this network namespace, from its IP header on, and the time at
 * which the kernel had it: its descriptor, or minus an errno. It needs CAP_NET_RAW.
 */
export function packetSocket(): number {
  // The protocol stands in network order
  const fd = socket(AF_PACKET, SOCK_DGRAM, (ETH_P_ALL & 0xff) << 8 | ETH_P_ALL >> 8);
  if (fd < 0) return fd;
  // The first question switches the stamps on; it fails as nothing has come yet
  packetTime(fd);
  return fd;
}

/** When the packet that was received last had come, in milliseconds since 1970; minus an errno on failure. */
export function packetTime(fd: number): number {
  const result = resultOrErrno(libc().ioctl(fd, SIOCGSTAMPNS, time));
  if (result < 0) return result;
  return Number(timeView.getBigInt64(0, true)) * 1000 + Number(timeView.getBigInt64(8, true)) / 1e6;
}
