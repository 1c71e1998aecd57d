import { getBytes, SO_ORIGINAL_DST, SOL_IP, SOL_IPV6 } from "../../ffi/mod.ts";
import type { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import { decodeSockaddr } from "./sockaddr.ts";
import { systemError } from "./system_error.ts";

/** `sizeof(struct sockaddr_in)` and `sockaddr_in6`: the kernel takes no other length. */
const SOCKADDR_BYTES = { 4: 16, 6: 28 } as const;

/**
 * Where the client of a redirected connection wanted to go, before the `redirect` of netfilter.
 *
 * @param fd An accepted TCP socket.
 * @param family Its address family.
 * @returns The address and port; the socket's own when it was not redirected.
 * @throws {MptError} `ERR_NOT_SUPPORTED` or `ERR_SYSTEM`, when the kernel does not track connections.
 */
export function originalDestination(fd: number, family: 4 | 6): Endpoint {
  const action = "find out where a connection was meant to go";
  const sockaddr = new Uint8Array(SOCKADDR_BYTES[family]);
  const length = getBytes(fd, family === 4 ? SOL_IP : SOL_IPV6, SO_ORIGINAL_DST, sockaddr);
  if (length < 0) throw systemError(length, action);
  const found = decodeSockaddr(new DataView(sockaddr.buffer));
  if (found !== null) return found;
  throw new MptError("ERR_PROTOCOL", `Cannot ${action}: the kernel's answer is no address`);
}
