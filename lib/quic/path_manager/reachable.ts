import type { Ip } from "../../base/ip.ts";
import type { AddressPair } from "./pair.ts";

/** Why a pair of addresses cannot be a path. */
export type Unreachable =
  | "family"
  /** One of them names no single host. */
  | "not-unicast"
  /** Loopback addresses reach only each other. */
  | "loopback"
  /** Link-local addresses reach only each other, on the same link (RFC 4007 4, RFC 3927 2.7). */
  | "link-local";

/**
 * Whether datagrams can go between two addresses, as far as the addresses tell.
 *
 * @returns Why not; null if they can.
 */
export function unreachable({ local, remote }: AddressPair): Unreachable | null {
  const from = local.ip.unmapped();
  const to = remote.ip.unmapped();
  if (from.family !== to.family) return "family";
  if (!isUnicast(from) || !isUnicast(to)) return "not-unicast";
  if (from.isLoopback !== to.isLoopback) return "loopback";
  if (from.isLinkLocal !== to.isLinkLocal) return "link-local";
  // RFC 4007 6: a zone is an interface here, by name or by number, which cannot be compared with a name
  const zone = remote.ip.zone;
  if (to.isLinkLocal && zone !== undefined && !/^\d+$/.test(zone) && zone !== local.interface) {
    return "link-local";
  }
  return null;
}

function isUnicast(ip: Ip): boolean {
  return !ip.isUnspecified && !ip.isMulticast;
}
