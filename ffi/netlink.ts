import { AF_NETLINK, NETLINK_ADD_MEMBERSHIP, SOCK_RAW, SOL_NETLINK } from "./constants.ts";
import { ERRNO } from "./errno.ts";
import { bind, close, receive, send, socket } from "./socket.ts";
import { setInt } from "./sockopt.ts";

/** The largest answer the kernel writes in one read of a dump. */
const RECEIVE_BYTES = 65536;

/** A netlink dump larger than this is not what mpt asked for. */
const MAX_ANSWER_BYTES = 64 << 20;

/**
 * Sends one request and gathers everything the kernel answers. Dumps and lookups are answered while the
 * request is being sent or read, so nothing here waits: when the queue is empty, the answer is over.
 *
 * @param protocol NETLINK_ROUTE, NETLINK_SOCK_DIAG or NETLINK_GENERIC.
 * @param request A whole netlink message.
 * @returns The answer's messages, one after the other, or minus an errno.
 */
export function netlinkRequest(protocol: number, request: Uint8Array<ArrayBuffer>): Uint8Array[] | number {
  const fd = boundSocket(protocol);
  if (fd < 0) return fd;
  try {
    const sent = send(fd, request);
    if (sent < 0) return sent;
    const parts: Uint8Array[] = [];
    let total = 0;
    for (;;) {
      const buffer = new Uint8Array(RECEIVE_BYTES);
      const count = receive(fd, buffer);
      if (count === -ERRNO.EAGAIN || count === 0) return parts;
      if (count === -ERRNO.EINTR) continue;
      if (count < 0) return count;
      total += count;
      if (total > MAX_ANSWER_BYTES) return -ERRNO.ENOBUFS;
      parts.push(buffer.subarray(0, count));
    }
  } finally {
    close(fd);
  }
}

/**
 * A socket to which the kernel sends what happens in a multicast group.
 *
 * @param protocol NETLINK_ROUTE or NETLINK_GENERIC.
 * @param group The group's number.
 * @returns The descriptor, or minus an errno: EPERM for a group that needs CAP_NET_ADMIN.
 */
export function netlinkSubscription(protocol: number, group: number): number {
  const fd = boundSocket(protocol);
  if (fd < 0) return fd;
  const joined = setInt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
  if (joined >= 0) return fd;
  close(fd);
  return joined;
}

function boundSocket(protocol: number): number {
  const fd = socket(AF_NETLINK, SOCK_RAW, protocol);
  if (fd < 0) return fd;
  // struct sockaddr_nl: family, then port 0, by which the kernel chooses one.
  const address = new Uint8Array(12);
  address[0] = AF_NETLINK;
  const bound = bind(fd, address);
  if (bound >= 0) return fd;
  close(fd);
  return bound;
}
