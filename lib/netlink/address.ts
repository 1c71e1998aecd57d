import { AF_INET, AF_INET6 } from "../../ffi/mod.ts";
import { Ip } from "../base/ip.ts";
import { attributeMap, attributeNumber, attributeText } from "./attribute.ts";
import { decodeMessages, encodeMessage, headOf, NLM_F_DUMP, NLM_F_REQUEST } from "./message.ts";

const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;

/** `sizeof(struct ifaddrmsg)`: family u8, prefix length u8 @1, flags u8 @2, scope u8 @3, index u32 @4. */
const IFADDRMSG = 8;

/** `IFA_*` attributes. */
const ADDRESS = 1;
const LOCAL = 2;
const LABEL = 3;
const FLAGS = 8;

/** `IFA_F_*`. */
const F_DADFAILED = 0x08;
const F_DEPRECATED = 0x20;
const F_TENTATIVE = 0x40;

/** How far an address counts, as `ip address` names it; a number for scopes of the administrator's own. */
export type AddressScope = "global" | "site" | "link" | "host" | "nowhere" | number;

/** An address of this host. */
export interface InterfaceAddress {
  /** The address, without a zone. */
  readonly ip: Ip;
  /** How many leading bits its network has. */
  readonly prefixLength: number;
  /** The interface that holds it. */
  readonly interfaceIndex: number;
  /** The name it was given, mostly that of the interface; IPv4 only. */
  readonly label?: string;
  /** How far it counts. */
  readonly scope: AddressScope;
  /** Duplicate address detection is not done, or found a duplicate: it cannot be used. */
  readonly tentative: boolean;
  /** New connections prefer another one. */
  readonly deprecated: boolean;
}

/** The request for all addresses of both families. */
export function encodeAddressDump(): Uint8Array<ArrayBuffer> {
  return encodeMessage({
    type: RTM_GETADDR,
    flags: NLM_F_REQUEST | NLM_F_DUMP,
    sequence: 1,
    body: new Uint8Array(IFADDRMSG),
  });
}

/** Reads the answer to {@linkcode encodeAddressDump}; other families than IP are left out. */
export function decodeAddresses(parts: readonly Uint8Array[]): readonly InterfaceAddress[] {
  const addresses: InterfaceAddress[] = [];
  for (const message of decodeMessages(parts).messages) {
    if (message.type !== RTM_NEWADDR) continue;
    const head = headOf(message, IFADDRMSG);
    const family = head.getUint8(0);
    if (family !== AF_INET && family !== AF_INET6) continue;
    const found = attributeMap(message.body.subarray(IFADDRMSG));
    // On a point-to-point link IFA_ADDRESS is the other end
    const bytes = found.get(LOCAL) ?? found.get(ADDRESS);
    if (bytes === undefined) continue;
    const label = found.get(LABEL);
    const wide = found.get(FLAGS);
    const flags = wide === undefined ? head.getUint8(2) : attributeNumber(wide);
    addresses.push({
      ip: Ip.fromBytes(bytes),
      prefixLength: head.getUint8(1),
      interfaceIndex: head.getUint32(4, true),
      ...(label === undefined ? {} : { label: attributeText(label) }),
      scope: scopeOf(head.getUint8(3)),
      tentative: (flags & (F_TENTATIVE | F_DADFAILED)) !== 0,
      deprecated: (flags & F_DEPRECATED) !== 0,
    });
  }
  return addresses;
}

/** `RT_SCOPE_*` of <linux/rtnetlink.h>. */
function scopeOf(scope: number): AddressScope {
  switch (scope) {
    case 0:
      return "global";
    case 200:
      return "site";
    case 253:
      return "link";
    case 254:
      return "host";
    case 255:
      return "nowhere";
    default:
      return scope;
  }
}
