import { cString, libc, resultOrErrno } from "./library.ts";
import { MSG_DONTWAIT, MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_NONBLOCK } from "./constants.ts";

// Every function here returns a value >= 0, or minus an errno. None blocks, none throws.

/** A new non-blocking, close-on-exec socket: its descriptor, or minus an errno. */
export function socket(family: number, type: number, protocol: number): number {
  return resultOrErrno(libc().socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}

/** Binds to a sockaddr. */
export function bind(fd: number, address: Uint8Array<ArrayBuffer>): number {
  return resultOrErrno(libc().bind(fd, address, address.length));
}

/** Listens with room for `backlog` connections that nobody accepted yet. */
export function listen(fd: number, backlog: number): number {
  return resultOrErrno(libc().listen(fd, backlog));
}

/** Starts a connect; `-EINPROGRESS` is the normal answer. */
export function connect(fd: number, address: Uint8Array<ArrayBuffer>): number {
  return resultOrErrno(libc().connect(fd, address, address.length));
}

/** The descriptor of one waiting connection, or `-EAGAIN`. */
export function accept(fd: number): number {
  return resultOrErrno(libc().accept4(fd, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

/** Ends the sending side only (`SHUT_WR`). */
export function shutdownWrite(fd: number): number {
  return resultOrErrno(libc().shutdown(fd, 1));
}

/** Closes a descriptor. Never call it for one that Deno has adopted. */
export function close(fd: number): number {
  return resultOrErrno(libc().close(fd));
}

/** Sends without blocking. */
export function send(fd: number, bytes: Uint8Array<ArrayBuffer>): number {
  return resultOrErrno(libc().send(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL));
}

/** Receives what is there without blocking; `extraFlags` may hold MSG_PEEK. */
export function receive(fd: number, into: Uint8Array<ArrayBuffer>, extraFlags: number = 0): number {
  return resultOrErrno(libc().recv(fd, into, into.length, MSG_DONTWAIT | extraFlags));
}

const nameBuffer = new Uint8Array(128);
const nameLength = new Uint32Array(1);

/** The sockaddr of this side as a copy, or minus an errno. */
export function localName(fd: number): Uint8Array<ArrayBuffer> | number {
  nameLength[0] = nameBuffer.length;
  const result = resultOrErrno(libc().getsockname(fd, nameBuffer, nameLength));
  return result < 0 ? result : nameBuffer.slice(0, nameLength[0]);
}

/** The sockaddr of the other side as a copy, or minus an errno. */
export function peerName(fd: number): Uint8Array<ArrayBuffer> | number {
  nameLength[0] = nameBuffer.length;
  const result = resultOrErrno(libc().getpeername(fd, nameBuffer, nameLength));
  return result < 0 ? result : nameBuffer.slice(0, nameLength[0]);
}

/** Reads at most `limit` bytes of a file, which may be one of /proc or /sys; minus an errno on failure. */
export function readFile(path: string, limit: number): Uint8Array<ArrayBuffer> | number {
  const fd = resultOrErrno(libc().open(cString(path), SOCK_CLOEXEC));
  if (fd < 0) return fd;
  try {
    const bytes = new Uint8Array(limit);
    let length = 0;
    while (length < limit) {
      const count = resultOrErrno(libc().read(fd, bytes.subarray(length), limit - length));
      if (count < 0) return count;
      if (count === 0) break;
      length += count;
    }
    return bytes.subarray(0, length);
  } finally {
    close(fd);
  }
}

/** The index of an interface, or 0 when there is none of that name. */
export function interfaceIndex(name: string): number {
  return libc().if_nametoindex(cString(name));
}

/** The name of an interface, or null when there is none with that index. */
export function interfaceName(index: number): string | null {
  const buffer = new Uint8Array(16);
  if (libc().if_indextoname(index, buffer) === null) return null;
  return new TextDecoder().decode(buffer.subarray(0, buffer.indexOf(0)));
}
