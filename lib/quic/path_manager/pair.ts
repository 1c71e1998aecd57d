import type { Ip } from "../../base/ip.ts";
import { sameAddress, type SocketAddress } from "../connection/tuple.ts";
import type { PathStatus } from "../../base/path.ts";

/** An address of this machine that paths can start from. */
export interface LocalAddress {
  /** The address. */
  readonly ip: Ip;
  /** The name of its interface. */
  readonly interface: string;
  /** How paths from here are to be used. @default {"available"} */
  readonly status?: PathStatus;
}

/** From where to where a path could go. */
export interface AddressPair {
  /** From where. */
  readonly local: LocalAddress;
  /** To where. */
  readonly remote: SocketAddress;
}

/** Whether both go the same way. */
export function samePair(a: AddressPair, b: AddressPair): boolean {
  return sameLocal(a.local, b.local) && sameAddress(a.remote, b.remote);
}

/** Whether both are the same address of the same interface. */
export function sameLocal(a: LocalAddress, b: LocalAddress): boolean {
  return a.interface === b.interface && a.ip.equals(b.ip);
}

/** A pair in words, such as `192.0.2.1 (eth0) -> 198.51.100.2:443`. */
export function pairText({ local, remote }: AddressPair): string {
  const host = remote.ip.family === 6 ? `[${remote.ip}]` : String(remote.ip);
  return `${local.ip} (${local.interface}) -> ${host}:${remote.port}`;
}
