import {
  AF_INET,
  AF_INET6,
  close,
  connect,
  localName,
  setBytes,
  SO_BINDTODEVICE,
  SOCK_DGRAM,
  socket,
  SOL_SOCKET,
} from "../../ffi/mod.ts";
import type { Ip } from "../base/ip.ts";
import { requireFfi } from "./ffi_access.ts";
import { decodeSockaddr, encodeSockaddr } from "./sockaddr.ts";

/** Any port: nothing is sent. */
const DISCARD_PORT = 9;

/**
 * The address that the kernel would send from: a datagram socket is connected and asked for its name. Nothing
 * is sent.
 *
 * @param destination Where to.
 * @param interfaceName Over which interface; null for any.
 * @returns The address without a zone; null when there is no route, or no address.
 * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`.
 */
export function sourceAddress(destination: Ip, interfaceName: string | null): Ip | null {
  requireFfi(`find the source address for ${destination}`);
  const fd = socket(destination.family === 4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
  if (fd < 0) return null;
  try {
    if (interfaceName !== null) {
      const bound = setBytes(fd, SOL_SOCKET, SO_BINDTODEVICE, new TextEncoder().encode(interfaceName));
      if (bound < 0) return null;
    }
    if (connect(fd, encodeSockaddr(destination, DISCARD_PORT)) < 0) return null;
    const name = localName(fd);
    if (typeof name === "number") return null;
    return decodeSockaddr(new DataView(name.buffer))?.ip?.withZone(undefined) ?? null;
  } finally {
    close(fd);
  }
}
