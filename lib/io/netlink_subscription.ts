import {
  close,
  ERRNO,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_GENERIC,
  NETLINK_ROUTE,
  netlinkSubscription,
  POLLIN,
  receive,
  setInt,
  SOL_NETLINK,
} from "../../ffi/mod.ts";
import { requireFfi } from "./ffi_access.ts";
import { waitReady } from "./poller.ts";
import { systemError } from "./system_error.ts";

/** More than any message that the kernel sends to a group. */
const RECEIVE_BYTES = 65_536;

/** `RTNLGRP_*` of linux/rtnetlink.h: links, and the addresses and routes of both families. */
const ROUTE_GROUPS = { LINK: 1, IPV4_IFADDR: 5, IPV4_ROUTE: 7, IPV6_IFADDR: 9, IPV6_ROUTE: 11 } as const;

/** Multicast groups of netlink that are listened to. */
export class NetlinkSubscription implements AsyncDisposable {
  readonly #fd: number;
  readonly #closing = new AbortController();
  #waiting: Promise<unknown> = Promise.resolve();

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Joins a group of generic netlink; what happens from now on is kept until it is read.
   *
   * @param group The group's number.
   * @param action What it is for, such as `watch the path manager`.
   * @throws {MptError} `ERR_PERMISSION` when the group needs CAP_NET_ADMIN; `ERR_NOT_LINUX`,
   *   `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`, or what the kernel said.
   */
  static join(group: number, action: string): NetlinkSubscription {
    requireFfi(action);
    const fd = netlinkSubscription(NETLINK_GENERIC, group);
    if (fd < 0) throw systemError(fd, action);
    return new NetlinkSubscription(fd);
  }

  /**
   * Listens to changes of links, addresses and routes. Needs no privilege.
   *
   * @param action What it is for, such as `watch the network`.
   * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`, or what the kernel said.
   */
  static joinRoutes(action: string): NetlinkSubscription {
    requireFfi(action);
    const { LINK, ...others } = ROUTE_GROUPS;
    const fd = netlinkSubscription(NETLINK_ROUTE, LINK);
    if (fd < 0) throw systemError(fd, action);
    for (const group of Object.values(others)) {
      const joined = setInt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
      if (joined >= 0) continue;
      close(fd);
      throw systemError(joined, action);
    }
    return new NetlinkSubscription(fd);
  }

  /**
   * What the kernel sent next. One call at a time.
   *
   * @returns A datagram of whole messages; `"lost"` when messages came faster than they were read, so that the
   *   kernel dropped some; null once this is closed.
   */
  async next(): Promise<Uint8Array<ArrayBuffer> | "lost" | null> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const buffer = new Uint8Array(RECEIVE_BYTES);
      const count = receive(this.#fd, buffer);
      if (count >= 0) return buffer.subarray(0, count);
      switch (-count) {
        case ERRNO.EAGAIN:
          await (this.#waiting = waitReady(this.#fd, POLLIN, signal));
          break;
        case ERRNO.EINTR:
          break;
        case ERRNO.ENOBUFS:
          return "lost";
        default:
          throw systemError(count, "read from the kernel by netlink");
      }
    }
    return null;
  }

  /** Leaves the group; a call of `next` that waits resolves with null. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#waiting;
    close(this.#fd);
  }

  /** As {@linkcode close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
