import type { Ip } from "../base/ip.ts";
import { zoneFault } from "../base/ip_parse.ts";
import { routeRequest } from "../io/netlink.ts";
import { type AddressScope, decodeAddresses, encodeAddressDump } from "./address.ts";
import { decodeLinks, encodeLinkDump, type Link } from "./link.ts";

/** An address of this host together with the interface that holds it. */
export interface LocalAddress {
  /** The address; a link-local one of IPv6 with its zone. */
  readonly ip: Ip;
  /** How many leading bits its network has. */
  readonly prefixLength: number;
  /** The name of the interface. */
  readonly interface: string;
  /** The number of the interface. */
  readonly index: number;
  /** Whether the interface is switched on and has a carrier. */
  readonly up: boolean;
  /** The interface's largest packet in bytes. */
  readonly mtu: number;
  /** Whether the interface leads to this host itself. */
  readonly loopback: boolean;
  /** How far the address counts. */
  readonly scope: AddressScope;
  /** It cannot be used (yet): duplicate address detection is not done or failed. */
  readonly tentative: boolean;
  /** New connections prefer another address. */
  readonly deprecated: boolean;
}

/**
 * The network interfaces of this host.
 *
 * @returns All of them in this network namespace, in the order of their numbers.
 * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`, or what the kernel said.
 *
 * @example Find the loopback interface
 * ```ts
 * import assert from "node:assert/strict";
 * import { links } from "@multipath/mpt/netlink";
 *
 * if (Deno.build.os === "linux") assert(links().some((link) => link.loopback));
 * ```
 */
export function links(): readonly Link[] {
  return decodeLinks(routeRequest(encodeLinkDump()));
}

/**
 * The addresses of this host and the interfaces that hold them.
 *
 * @returns All addresses of this network namespace, loopback and link-local ones included.
 * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`, or what the kernel said.
 *
 * @example Find the interface of an address
 * ```ts
 * import assert from "node:assert/strict";
 * import { localAddresses } from "@multipath/mpt/netlink";
 *
 * if (Deno.build.os === "linux") {
 *   const loopback = localAddresses().find((each) => each.ip.toString() === "127.0.0.1");
 *   assert(loopback === undefined || loopback.loopback);
 * }
 * ```
 */
export function localAddresses(): readonly LocalAddress[] {
  const byIndex = new Map(links().map((link) => [link.index, link]));
  const addresses: LocalAddress[] = [];
  for (const address of decodeAddresses(routeRequest(encodeAddressDump()))) {
    const link = byIndex.get(address.interfaceIndex);
    // The interface came or went between the two requests
    if (link === undefined) continue;
    const { ip, prefixLength, scope, tentative, deprecated } = address;
    addresses.push({
      ip: ip.family === 6 && ip.isLinkLocal ? ip.withZone(zoneOf(link, ip)) : ip,
      prefixLength,
      interface: link.name,
      index: link.index,
      up: link.up && link.lowerUp,
      mtu: link.mtu,
      loopback: link.loopback,
      scope,
      tentative,
      deprecated,
    });
  }
  return addresses;
}

/** The kernel allows more names than a zone can be. */
function zoneOf(link: Link, ip: Ip): string {
  return zoneFault(link.name, ip.bytes) === undefined ? link.name : String(link.index);
}
