import { errnoName } from "../../ffi/mod.ts";
import { Endpoint } from "../base/endpoint.ts";
import { toHex } from "../base/hex.ts";
import { Ip } from "../base/ip.ts";
import { attributeNumber, attributes } from "./attribute.ts";
import { GENERIC_HEADER } from "./generic.ts";
import { decodeMessages, headOf, type NetlinkMessage } from "./message.ts";

/** The name of the multicast group with the path manager's events. */
export const MPTCP_EVENTS_GROUP = "mptcp_pm_events";

/** What happened to an MPTCP connection, a subflow or a listener. */
export type PathManagerEventKind =
  /** A connection began. */
  | "created"
  /** A connection may have further subflows now. */
  | "established"
  /** A connection is over; also one that fell back, or never came to be. */
  | "closed"
  /** The other end announced an address. */
  | "announced"
  /** The other end withdrew an address. */
  | "removed"
  /** A further subflow came up. This end believes so: the other may not have its last acknowledgement yet. */
  | "subflow-established"
  /** A subflow is over. */
  | "subflow-closed"
  /** A subflow became a backup, or is one no more. */
  | "subflow-priority"
  /** Somebody listens for MPTCP. */
  | "listener-created"
  /** Somebody listens no more. */
  | "listener-closed"
  /** The kernel dropped events because they were not read in time. */
  | "lost"
  /** Something that this version does not know. */
  | "unknown";

/** An attribute that is not known here, or has another size than it should. */
export interface UnknownAttribute {
  /** Its number. */
  readonly type: number;
  /** What it holds, in hexadecimal digits. */
  readonly hex: string;
}

/** One event of the kernel's MPTCP path manager. What an event does not tell is absent. */
export interface PathManagerEvent {
  /** What happened. */
  readonly kind: PathManagerEventKind;
  /** The kernel's number for it; 0 for `lost`. */
  readonly command: number;
  /** The token of the connection, as in `mptcp_info`. */
  readonly token?: number;
  /** This end; port 0 when the event has none. */
  readonly local?: Endpoint;
  /** The other end, or the announced address; port 0 when the event has none. */
  readonly remote?: Endpoint;
  /** The id of the local address. */
  readonly idLocal?: number;
  /** The id of the remote address. */
  readonly idRemote?: number;
  /** Whether the subflow is a backup. */
  readonly backup?: boolean;
  /** Why the subflow ended, such as `ECONNREFUSED`. */
  readonly error?: string;
  /** RFC 8684 3.1, the C flag: the other end takes no subflows to its first address. */
  readonly denyJoinId0?: boolean;
  /** Whether this end is the server. */
  readonly serverSide?: boolean;
  /** The interface. */
  readonly interfaceIndex?: number;
  /** The timeout in seconds. */
  readonly timeout?: number;
  /** RFC 8684 3.6: the reason code of the reset that ended the subflow. */
  readonly resetReason?: number;
  /** The flags of that reset. */
  readonly resetFlags?: number;
  /** Attributes that are not known here. */
  readonly unknown: readonly UnknownAttribute[];
}

/** `MPTCP_EVENT_*`. */
const KINDS: ReadonlyMap<number, PathManagerEventKind> = new Map([
  [1, "created"],
  [2, "established"],
  [3, "closed"],
  [6, "announced"],
  [7, "removed"],
  [10, "subflow-established"],
  [11, "subflow-closed"],
  [13, "subflow-priority"],
  [15, "listener-created"],
  [16, "listener-closed"],
]);

/** `MPTCP_ATTR_*` and the bytes that each has. */
const TOKEN = 1;
const FAMILY = 2;
const LOC_ID = 3;
const REM_ID = 4;
const SADDR4 = 5;
const SADDR6 = 6;
const DADDR4 = 7;
const DADDR6 = 8;
const SPORT = 9;
const DPORT = 10;
const BACKUP = 11;
const ERROR = 12;
const FLAGS = 13;
const TIMEOUT = 14;
const IF_IDX = 15;
const RESET_REASON = 16;
const RESET_FLAGS = 17;
const SERVER_SIDE = 18;
const SIZES: ReadonlyMap<number, number> = new Map([
  [TOKEN, 4],
  [FAMILY, 2],
  [LOC_ID, 1],
  [REM_ID, 1],
  [SADDR4, 4],
  [SADDR6, 16],
  [DADDR4, 4],
  [DADDR6, 16],
  [SPORT, 2],
  [DPORT, 2],
  [BACKUP, 1],
  [ERROR, 1],
  [FLAGS, 2],
  [TIMEOUT, 4],
  [IF_IDX, 4],
  [RESET_REASON, 4],
  [RESET_FLAGS, 4],
  [SERVER_SIDE, 1],
]);

/** `MPTCP_PM_EV_FLAG_*`. */
const FLAG_DENY_JOIN_ID0 = 0x1;
const FLAG_SERVER_SIDE = 0x2;

/**
 * Reads what the kernel sent to the group of events.
 *
 * @param parts What each read from the socket returned.
 * @param family The number of the path manager's family; messages of others are passed over.
 * @returns The events in order.
 * @throws {MptError} `ERR_PROTOCOL` when a length points outside a message.
 */
export function decodeEvents(parts: readonly Uint8Array[], family: number): readonly PathManagerEvent[] {
  return decodeMessages(parts).messages.filter(({ type }) => type === family).map(decodeEvent);
}

function decodeEvent(message: NetlinkMessage): PathManagerEvent {
  const command = headOf(message, GENERIC_HEADER).getUint8(0);
  const known = new Map<number, Uint8Array>();
  const unknown: UnknownAttribute[] = [];
  for (const { type, payload } of attributes(message.body.subarray(GENERIC_HEADER))) {
    if (SIZES.get(type) === payload.length) known.set(type, payload);
    else unknown.push({ type, hex: toHex(payload) });
  }
  const number = (type: number): number | undefined => {
    const payload = known.get(type);
    return payload === undefined ? undefined : attributeNumber(payload);
  };
  const error = number(ERROR);
  const flags = number(FLAGS);
  // Linux 6.18 moved it into the flags; before, it was an attribute of its own.
  const serverSide = number(SERVER_SIDE) ?? (flags === undefined ? undefined : flags & FLAG_SERVER_SIDE);
  return {
    kind: KINDS.get(command) ?? "unknown",
    command,
    ...given("token", number(TOKEN)),
    ...given("local", endpoint(known, SADDR4, SADDR6, SPORT)),
    ...given("remote", endpoint(known, DADDR4, DADDR6, DPORT)),
    ...given("idLocal", number(LOC_ID)),
    ...given("idRemote", number(REM_ID)),
    ...given("backup", truth(number(BACKUP))),
    ...given("error", error === undefined || error === 0 ? undefined : errnoName(error)),
    ...given("denyJoinId0", flags === undefined ? undefined : (flags & FLAG_DENY_JOIN_ID0) !== 0),
    ...given("serverSide", truth(serverSide)),
    ...given("interfaceIndex", number(IF_IDX)),
    ...given("timeout", number(TIMEOUT)),
    ...given("resetReason", number(RESET_REASON)),
    ...given("resetFlags", number(RESET_FLAGS)),
    unknown,
  };
}

/** Announcements come without a family: which address there is says it as well. */
function endpoint(
  known: ReadonlyMap<number, Uint8Array>,
  four: number,
  six: number,
  portType: number,
): Endpoint | undefined {
  const bytes = known.get(four) ?? known.get(six);
  if (bytes === undefined) return undefined;
  // Ports are in network order.
  const [high = 0, low = 0] = known.get(portType) ?? [];
  return Endpoint.of(Ip.fromBytes(bytes).unmapped(), high << 8 | low);
}

function truth(value: number | undefined): boolean | undefined {
  return value === undefined ? undefined : value !== 0;
}

function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : { [key]: value } as { readonly [P in K]: V };
}
