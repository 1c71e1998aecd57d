import type { Ip } from "../../base/ip.ts";

/** RFC 4291 2.7: the scopes that unicast addresses can have, as the numbers of the multicast scopes. */
const LINK_LOCAL = 0x2;
const SITE_LOCAL = 0x5;
const GLOBAL = 0xe;

/**
 * How far an address counts (RFC 6724 3.1 to 3.4), from 0 to 15; a smaller one is nearer.
 */
export function scopeOf(ip: Ip): number {
  const bytes = ip.bytes;
  const [first = 0, second = 0] = bytes;
  // RFC 6724 3.2: loopback and 169.254/16 are link-local, private addresses are global
  if (ip.family === 4) return ip.isLoopback || ip.isLinkLocal ? LINK_LOCAL : GLOBAL;
  // RFC 6724 3.3: an address with an IPv4 address in it is global
  if (ip.isV4Mapped) return ip.isLoopback || ip.isLinkLocal ? LINK_LOCAL : GLOBAL;
  if (first === 0xff) return second & 0xf;
  // RFC 6724 3.4
  if (ip.isLoopback || ip.isLinkLocal) return LINK_LOCAL;
  return first === 0xfe && (second & 0xc0) === 0xc0 ? SITE_LOCAL : GLOBAL;
}
