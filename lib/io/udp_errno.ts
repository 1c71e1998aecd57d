import { ERRNO } from "../../ffi/mod.ts";
import type { DatagramReport, SendOutcome } from "./datagram_socket.ts";

/** What an errno of a send means, or null for one that is no matter of the network. */
export function sendOutcome(errno: number): SendOutcome | null {
  switch (errno) {
    case ERRNO.EAGAIN:
      return "blocked";
    case ERRNO.EMSGSIZE:
      return "too-large";
    case ERRNO.ENETUNREACH:
    case ERRNO.EHOSTUNREACH:
    case ERRNO.ENETDOWN:
    case ERRNO.EHOSTDOWN:
    // No route from this source, such as one from 127.0.0.1 to another host.
    case ERRNO.EINVAL:
      return "unreachable";
    case ERRNO.EADDRNOTAVAIL:
    case ERRNO.ENODEV:
    case ERRNO.ENXIO:
      return "bad-source";
    case ERRNO.EPERM:
    case ERRNO.EACCES:
      return "denied";
    case ERRNO.ENOBUFS:
    case ERRNO.ENOMEM:
      return "dropped";
    default:
      return null;
  }
}

/** What an errno that came back for an earlier datagram means, or null for one that means nothing. */
export function reportOf(errno: number): DatagramReport | null {
  switch (errno) {
    case ERRNO.ECONNREFUSED:
      return "refused";
    case ERRNO.ENETUNREACH:
    case ERRNO.EHOSTUNREACH:
    case ERRNO.EHOSTDOWN:
    case ERRNO.ENOPROTOOPT:
      return "unreachable";
    case ERRNO.EPERM:
    case ERRNO.EACCES:
      return "denied";
    default:
      return null;
  }
}
