import { attributeMap, attributeNumber, attributeText } from "./attribute.ts";
import { decodeMessages, encodeMessage, headOf, NLM_F_DUMP, NLM_F_REQUEST } from "./message.ts";

const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;

/** `sizeof(struct ifinfomsg)`: family u8, pad u8, type u16 @2, index i32 @4, flags u32 @8, change u32. */
const IFINFOMSG = 16;

/** `IFLA_*`. */
const IFNAME = 3;
const MTU = 4;
const QDISC = 6;
const LINKINFO = 18;

/** `IFLA_INFO_KIND`, inside `IFLA_LINKINFO`. */
const INFO_KIND = 1;

/** `IFF_*` of <linux/if.h>. */
const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
const IFF_LOWER_UP = 0x1_0000;

/** A network interface. */
export interface Link {
  /** The number that the kernel knows it by, from 1. */
  readonly index: number;
  /** The name, such as `eth0`. */
  readonly name: string;
  /** Somebody switched it on. */
  readonly up: boolean;
  /** It has a carrier: a cable, a radio association, or the other end of a veth pair. */
  readonly lowerUp: boolean;
  /** It leads to this host itself. */
  readonly loopback: boolean;
  /** The largest packet in bytes. */
  readonly mtu: number;
  /** The kind of hardware, `ARPHRD_*` of <linux/if_arp.h>: 1 Ethernet, 772 loopback, 65534 none. */
  readonly type: number;
  /** What made it when it is not hardware: `veth`, `bridge`, `wireguard`, `tun` ... */
  readonly kind?: string;
  /** The queueing discipline of what it sends, such as `fq` or `noqueue`. */
  readonly qdisc?: string;
}

/** The request for all interfaces. */
export function encodeLinkDump(): Uint8Array<ArrayBuffer> {
  return encodeMessage({
    type: RTM_GETLINK,
    flags: NLM_F_REQUEST | NLM_F_DUMP,
    sequence: 1,
    body: new Uint8Array(IFINFOMSG),
  });
}

/** Reads the answer to {@linkcode encodeLinkDump}. */
export function decodeLinks(parts: readonly Uint8Array[]): readonly Link[] {
  const links: Link[] = [];
  for (const message of decodeMessages(parts).messages) {
    if (message.type !== RTM_NEWLINK) continue;
    const head = headOf(message, IFINFOMSG);
    const found = attributeMap(message.body.subarray(IFINFOMSG));
    const name = found.get(IFNAME);
    const mtu = found.get(MTU);
    const qdisc = found.get(QDISC);
    const kind = attributeMap(found.get(LINKINFO) ?? new Uint8Array()).get(INFO_KIND);
    const flags = head.getUint32(8, true);
    links.push({
      index: head.getInt32(4, true),
      name: name === undefined ? "" : attributeText(name),
      up: (flags & IFF_UP) !== 0,
      lowerUp: (flags & IFF_LOWER_UP) !== 0,
      loopback: (flags & IFF_LOOPBACK) !== 0,
      mtu: mtu === undefined ? 0 : attributeNumber(mtu),
      type: head.getUint16(2, true),
      ...(kind === undefined ? {} : { kind: attributeText(kind) }),
      ...(qdisc === undefined ? {} : { qdisc: attributeText(qdisc) }),
    });
  }
  return links;
}
