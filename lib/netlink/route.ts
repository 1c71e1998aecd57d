import { AF_INET, AF_INET6 } from "../../ffi/mod.ts";
import { type AddressFamily, Ip } from "../base/ip.ts";
import { MptError } from "../base/errors.ts";
import { attributeMap, attributeNumber, AttributeWriter } from "./attribute.ts";
import { decodeMessages, encodeMessage, headOf, NLM_F_DUMP, NLM_F_REQUEST } from "./message.ts";

const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;

/**
 * `sizeof(struct rtmsg)`: family u8, dst_len u8 @1, src_len u8 @2, tos u8, table u8 @4, protocol u8,
 * scope u8, type u8 @7, flags u32 @8.
 */
const RTMSG = 12;

/** A route of the cache, made for one packet from one of the tables. */
const RTM_F_CLONED = 0x200;

/** `RTA_*` attributes. */
const DST = 1;
const SRC = 2;
const OIF = 4;
const GATEWAY = 5;
const PRIORITY = 6;
const PREFSRC = 7;
const MULTIPATH = 9;
const TABLE = 15;
const VIA = 18;

/** `sizeof(struct rtnexthop)`: length u16, flags u8, hops u8, ifindex i32 @4. */
const RTNEXTHOP = 8;

/** What happens to a packet on a route, `RTN_*`; a number for kinds that mpt does not know. */
export type RouteType =
  | "unicast"
  | "local"
  | "broadcast"
  | "anycast"
  | "multicast"
  | "blackhole"
  | "unreachable"
  | "prohibit"
  | "throw"
  | number;

const TYPES: readonly RouteType[] = [
  0,
  "unicast",
  "local",
  "broadcast",
  "anycast",
  "multicast",
  "blackhole",
  "unreachable",
  "prohibit",
  "throw",
];

/** One way out of this host. */
export interface NextHop {
  /** The interface. */
  readonly interfaceIndex?: number;
  /** The router; absent when the destination is on the link. */
  readonly gateway?: Ip;
}

/** A route, as `ip route` shows it. */
export interface Route extends NextHop {
  /** The address family. */
  readonly family: AddressFamily;
  /** The network; absent for the default route. */
  readonly destination?: Ip;
  /** How many leading bits of the network count; 0 for the default route. */
  readonly prefixLength: number;
  /** The source address that the kernel chooses on this route. */
  readonly preferredSource?: Ip;
  /** The number of the table: 254 main, 255 local. */
  readonly table: number;
  /** The metric; the lowest wins. */
  readonly priority: number;
  /** What happens to a packet. */
  readonly type: RouteType;
  /** The ways of a multipath route; empty for any other. */
  readonly nextHops: readonly NextHop[];
}

/** What {@linkcode encodeRouteGet} asks about. */
export interface RouteQuery {
  /** Where a packet is to go. */
  readonly to: Ip;
  /** The address it comes from; one of this host. @default {undefined} the kernel chooses */
  readonly from?: Ip;
  /** The interface that the socket is bound to. @default {undefined} none */
  readonly interfaceIndex?: number;
}

/** The request for the routes of all tables and both families. */
export function encodeRouteDump(): Uint8Array<ArrayBuffer> {
  return encodeRoute(NLM_F_DUMP, new Uint8Array(RTMSG), new AttributeWriter());
}

/** The request for the route that one packet would take. */
export function encodeRouteGet(query: RouteQuery): Uint8Array<ArrayBuffer> {
  const { to, from, interfaceIndex } = query;
  if (from !== undefined && from.family !== to.family) {
    throw new MptError("ERR_INVALID_ADDRESS", `Cannot look up a route from ${from} to ${to}: two families`);
  }
  const bits = to.family === 4 ? 32 : 128;
  const head = new Uint8Array(RTMSG);
  head[0] = to.family === 4 ? AF_INET : AF_INET6;
  head[1] = bits;
  const attributes = new AttributeWriter().bytes(DST, to.bytes);
  if (from !== undefined) {
    head[2] = bits;
    attributes.bytes(SRC, from.bytes);
  }
  if (interfaceIndex !== undefined) attributes.u32(OIF, interfaceIndex);
  return encodeRoute(0, head, attributes);
}

/**
 * Reads the answer to either request; other families than IP are left out.
 *
 * @param parts The datagrams of the answer.
 * @param cached Whether to take routes from the cache: the answer to a look-up is one, while a dump of the
 *   tables has those of learnt MTUs besides. @default {true}
 */
export function decodeRoutes(parts: readonly Uint8Array[], cached: boolean = true): readonly Route[] {
  const routes: Route[] = [];
  for (const message of decodeMessages(parts).messages) {
    if (message.type !== RTM_NEWROUTE) continue;
    const head = headOf(message, RTMSG);
    if (!cached && (head.getUint32(8, true) & RTM_F_CLONED) !== 0) continue;
    const family = head.getUint8(0);
    if (family !== AF_INET && family !== AF_INET6) continue;
    const found = attributeMap(message.body.subarray(RTMSG));
    const prefixLength = head.getUint8(1);
    const destination = found.get(DST);
    const source = found.get(PREFSRC);
    const table = found.get(TABLE);
    const priority = found.get(PRIORITY);
    routes.push({
      family: family === AF_INET ? 4 : 6,
      ...(destination === undefined ? {} : { destination: Ip.fromBytes(destination) }),
      prefixLength,
      ...nextHop(found),
      ...(source === undefined ? {} : { preferredSource: Ip.fromBytes(source) }),
      table: table === undefined ? head.getUint8(4) : attributeNumber(table),
      priority: priority === undefined ? 0 : attributeNumber(priority),
      type: TYPES[head.getUint8(7)] ?? head.getUint8(7),
      nextHops: nextHops(found.get(MULTIPATH)),
    });
  }
  return routes;
}

function encodeRoute(flags: number, head: Uint8Array, attributes: AttributeWriter): Uint8Array<ArrayBuffer> {
  const tail = attributes.finish();
  const body = new Uint8Array(head.length + tail.length);
  body.set(head);
  body.set(tail, head.length);
  return encodeMessage({ type: RTM_GETROUTE, flags: NLM_F_REQUEST | flags, sequence: 1, body });
}

function nextHop(found: ReadonlyMap<number, Uint8Array>): NextHop {
  const oif = found.get(OIF);
  const gateway = found.get(GATEWAY);
  const via = found.get(VIA);
  return {
    ...(oif === undefined ? {} : { interfaceIndex: attributeNumber(oif) }),
    ...(gateway === undefined ? {} : { gateway: Ip.fromBytes(gateway) }),
    // struct rtvia: u16 family, then the address; an IPv4 route by way of an IPv6 router
    ...(via === undefined ? {} : { gateway: Ip.fromBytes(via.subarray(2)) }),
  };
}

function nextHops(payload: Uint8Array | undefined): readonly NextHop[] {
  const hops: NextHop[] = [];
  if (payload === undefined) return hops;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  let at = 0;
  while (at < payload.length) {
    const left = payload.length - at;
    const length = left < RTNEXTHOP ? 0 : view.getUint16(at, true);
    if (length < RTNEXTHOP || length > left) {
      throw new MptError("ERR_PROTOCOL", `Cannot read a next hop at offset ${at}: its length is ${length}`);
    }
    const { gateway } = nextHop(attributeMap(payload.subarray(at + RTNEXTHOP, at + length)));
    const interfaceIndex = view.getInt32(at + 4, true);
    hops.push({ interfaceIndex, ...(gateway === undefined ? {} : { gateway }) });
    // RTNH_ALIGN
    at += (length + 3) & ~3;
  }
  return hops;
}
