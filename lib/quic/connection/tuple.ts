import type { Ip } from "../../base/ip.ts";

/** An IP address and a UDP port. */
export interface SocketAddress {
  /** The address. */
  readonly ip: Ip;
  /** The port, 1 to 65535. */
  readonly port: number;
}

/** Between which addresses datagrams travel: what a path is made of, and what changes when it migrates. */
export interface Tuple {
  /** Our address; null where the system chooses it and does not tell. */
  readonly local: SocketAddress | null;
  /** The peer's address. */
  readonly remote: SocketAddress;
}

/** Whether both are the same address and port. */
export function sameAddress(a: SocketAddress, b: SocketAddress): boolean {
  return a === b || (a.port === b.port && a.ip.equals(b.ip));
}

/** Whether datagrams of both travel the same way, as far as that is known. */
export function sameTuple(a: Tuple, b: Tuple): boolean {
  if (a === b) return true;
  if (!sameAddress(a.remote, b.remote)) return false;
  return a.local === null || b.local === null || sameAddress(a.local, b.local);
}

/** Whether only the port of the peer differs, as after the rebinding of a NAT (RFC 9000 9.4). */
export function differsInPortOnly(a: Tuple, b: Tuple): boolean {
  const sameLocal = a.local === null || b.local === null || sameAddress(a.local, b.local);
  return sameLocal && a.remote.ip.equals(b.remote.ip);
}
