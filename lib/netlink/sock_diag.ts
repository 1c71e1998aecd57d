import {
  AF_INET,
  AF_INET6,
  INET_DIAG_MSG_LAYOUT,
  INET_DIAG_REQ_LAYOUT,
  IPPROTO_MPTCP,
  IPPROTO_TCP,
  MPTCP_INFO_LAYOUT,
  type MptcpInfoKey,
  readStruct,
  TCP_INFO_LAYOUT,
  type TcpInfoKey,
} from "../../ffi/mod.ts";
import { Endpoint } from "../base/endpoint.ts";
import { type AddressFamily, Ip } from "../base/ip.ts";
import { MptError } from "../base/errors.ts";
import { attributeMap, AttributeWriter } from "./attribute.ts";
import {
  decodeMessages,
  encodeMessage,
  headOf,
  isNotFound,
  type NetlinkMessage,
  NLM_F_DUMP,
  NLM_F_REQUEST,
} from "./message.ts";
import { readUlp, type UlpInfo } from "./ulp.ts";

export { ULP_FLAGS, ulpFlagLetters, type UlpInfo } from "./ulp.ts";

/** `SOCK_DIAG_BY_FAMILY`, the type of requests and answers. */
const SOCK_DIAG_BY_FAMILY = 20;

/** Attributes of a request (`INET_DIAG_REQ_*`) and of an answer (`INET_DIAG_*`). */
const REQ_PROTOCOL = 3;
const ATTR_INFO = 2;
const ATTR_ULP_INFO = 19;

/** `idiag_ext` has a bit for each attribute that is wanted. */
const EXT_INFO = 1 << (ATTR_INFO - 1);

/** `TCP_LISTEN` of <net/tcp_states.h>. */
const LISTEN = 10;

const REQ = INET_DIAG_REQ_LAYOUT;
const MSG = INET_DIAG_MSG_LAYOUT;

/** One TCP or MPTCP socket as the kernel describes it to `ss`. */
export interface SockDiagEntry {
  /** The family of the socket: a dual-stack socket is 6, also when its peer is IPv4. */
  readonly family: AddressFamily;
  /** The state, numbered as in <net/tcp_states.h>: 1 established, 2 SYN sent, 7 closed, 10 listening. */
  readonly state: number;
  /** This side; an IPv4 address inside IPv6 is shown as IPv4. */
  readonly local: Endpoint;
  /** The other side; port 0 when there is none. */
  readonly remote: Endpoint;
  /** The interface that the socket is bound to; 0 when it is bound to none. */
  readonly interfaceIndex: number;
  /** The user that owns the socket. */
  readonly uid: number;
  /** The socket's inode; all subflows of an MPTCP connection report that of the MPTCP socket. */
  readonly inode: number;
  /** Bytes received that the program has not read; for a listener, connections that wait. */
  readonly rqueue: number;
  /** Bytes sent that were not acknowledged; for a listener, the limit of connections that may wait. */
  readonly wqueue: number;
  /** `struct tcp_info`, of a TCP socket. */
  readonly tcpInfo?: Partial<Record<TcpInfoKey, number>>;
  /** `struct mptcp_info`, of an MPTCP socket. */
  readonly mptcpInfo?: Partial<Record<MptcpInfoKey, number>>;
  /** The protocol on top of a TCP socket: `mptcp` for a subflow. */
  readonly ulp?: UlpInfo;
}

/**
 * The request for one TCP socket, for `diagRequest()`. The kernel compares the interface too: a socket that
 * is bound to one, as the joins of an endpoint with `dev` are, is found only with its index.
 *
 * @param local This side.
 * @param remote The other side, of the same family.
 * @param interfaceIndex The interface that the socket is bound to. @default {0} none
 * @returns A netlink message.
 * @throws {MptError} `ERR_INVALID_ENDPOINT` when an end is no literal address with a port, or the families differ.
 */
export function encodeTcpLookup(
  local: Endpoint,
  remote: Endpoint,
  interfaceIndex: number = 0,
): Uint8Array<ArrayBuffer> {
  const { ip: source, port: sourcePort } = local;
  const { ip: destination, port: destinationPort } = remote;
  if (source === undefined || sourcePort === undefined) throw notLiteral(local);
  if (destination === undefined || destinationPort === undefined || destination.family !== source.family) {
    throw notLiteral(remote);
  }
  const body = requestBody(source.family, ALL_STATES);
  const view = new DataView(body.buffer);
  view.setUint16(REQ.fields.sourcePort.offset, sourcePort, false);
  view.setUint16(REQ.fields.destinationPort.offset, destinationPort, false);
  body.set(source.bytes, REQ.fields.source.offset);
  body.set(destination.bytes, REQ.fields.destination.offset);
  view.setUint32(REQ.fields.interface.offset, interfaceIndex, true);
  // INET_DIAG_NOCOOKIE: any socket with these ends
  body.fill(0xff, REQ.fields.cookie.offset, REQ.fields.cookie.offset + REQ.fields.cookie.size);
  return request(IPPROTO_TCP, 0, body);
}

/**
 * The request for all TCP sockets of a family, for `diagRequest()`.
 *
 * @param family 4 or 6.
 * @param states A bit for each wanted state: `1 << 1` for established, `~0` for all.
 * @returns A netlink message.
 */
export function encodeTcpDump(family: AddressFamily, states: number): Uint8Array<ArrayBuffer> {
  return request(IPPROTO_TCP, NLM_F_DUMP, requestBody(family, states));
}

/** What {@linkcode encodeMptcpDump} asks for. */
export interface MptcpDumpOptions {
  /** Whether listening sockets are wanted too. @default {false} */
  readonly listeners?: boolean;
}

/**
 * The request for all MPTCP sockets of a family, for `diagRequest()`. Connections that fell back before they
 * got a token (MPTCP disabled or blackholed on this host) are not among the answers.
 *
 * @param family 4 or 6.
 * @param options Whether listeners are wanted.
 * @returns A netlink message.
 */
export function encodeMptcpDump(
  family: AddressFamily,
  options: MptcpDumpOptions = {},
): Uint8Array<ArrayBuffer> {
  const states = options.listeners ? ALL_STATES : ALL_STATES & ~(1 << LISTEN);
  return mptcpRequest(NLM_F_DUMP, requestBody(family, states));
}

/**
 * The request for one MPTCP socket, for `diagRequest()`.
 *
 * @param token The local token of the connection.
 * @returns A netlink message.
 */
export function encodeMptcpLookup(token: number): Uint8Array<ArrayBuffer> {
  const body = requestBody(4, ALL_STATES);
  // The kernel takes the first word of the cookie as the token
  new DataView(body.buffer).setUint32(REQ.fields.cookie.offset, token, true);
  return mptcpRequest(0, body);
}

/**
 * Reads the answer to any of the requests above.
 *
 * @param parts What `diagRequest()` returned.
 * @returns The sockets; none when the one that was looked up does not exist.
 * @throws {MptError} `ERR_PROTOCOL` for an answer that contradicts itself; `ERR_PERMISSION`,
 *   `ERR_NOT_SUPPORTED` or `ERR_SYSTEM` when the kernel refused.
 */
export function decodeSockDiag(parts: readonly Uint8Array[]): readonly SockDiagEntry[] {
  try {
    return decodeMessages(parts).messages
      .filter((message) => message.type === SOCK_DIAG_BY_FAMILY)
      .map(decodeEntry);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

const ALL_STATES = 0xffff_ffff;

function requestBody(family: AddressFamily, states: number): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(REQ.size);
  const view = new DataView(body.buffer);
  body[REQ.fields.family.offset] = family === 4 ? AF_INET : AF_INET6;
  // 262 does not fit: MPTCP's number is in an attribute, and this is its low byte, which is TCP's too
  body[REQ.fields.protocol.offset] = IPPROTO_MPTCP & 0xff;
  body[REQ.fields.ext.offset] = EXT_INFO;
  view.setUint32(REQ.fields.states.offset, states >>> 0, true);
  return body;
}

/**
 * The answer does not say which protocol its `INET_DIAG_INFO` is of, but it repeats the sequence number: the
 * request puts the protocol there.
 */
function request(protocol: number, flags: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeMessage({
    type: SOCK_DIAG_BY_FAMILY,
    flags: NLM_F_REQUEST | flags,
    sequence: protocol,
    body,
  });
}

function mptcpRequest(flags: number, head: Uint8Array): Uint8Array<ArrayBuffer> {
  const attribute = new AttributeWriter().u32(REQ_PROTOCOL, IPPROTO_MPTCP).finish();
  const body = new Uint8Array(head.length + attribute.length);
  body.set(head);
  body.set(attribute, head.length);
  return request(IPPROTO_MPTCP, flags, body);
}

function decodeEntry(message: NetlinkMessage): SockDiagEntry {
  const head = readStruct(MSG, headOf(message, MSG.size), 0, MSG.size);
  const family = head.family === AF_INET ? 4 : head.family === AF_INET6 ? 6 : undefined;
  if (family === undefined) {
    throw new MptError("ERR_PROTOCOL", `Cannot read a socket of the address family ${head.family}`);
  }
  const found = attributeMap(message.body.subarray(MSG.size));
  const info = found.get(ATTR_INFO);
  const ulp = found.get(ATTR_ULP_INFO);
  const isMptcp = message.sequence === IPPROTO_MPTCP;
  return {
    family,
    state: head.state ?? 0,
    local: endpoint(message.body, family, MSG.fields.source.offset, head.sourcePort),
    remote: endpoint(message.body, family, MSG.fields.destination.offset, head.destinationPort),
    interfaceIndex: head.interface ?? 0,
    uid: head.uid ?? 0,
    inode: head.inode ?? 0,
    rqueue: head.rqueue ?? 0,
    wqueue: head.wqueue ?? 0,
    ...(info === undefined || isMptcp
      ? {}
      : { tcpInfo: readStruct(TCP_INFO_LAYOUT, viewOf(info), 0, info.length) }),
    ...(info === undefined || !isMptcp
      ? {}
      : { mptcpInfo: readStruct(MPTCP_INFO_LAYOUT, viewOf(info), 0, info.length) }),
    ...(ulp === undefined ? {} : { ulp: readUlp(ulp) }),
  };
}

function endpoint(
  body: Uint8Array,
  family: AddressFamily,
  offset: number,
  port: number | undefined,
): Endpoint {
  const ip = Ip.fromBytes(body.subarray(offset, offset + (family === 4 ? 4 : 16)));
  return Endpoint.of(ip.unmapped(), port ?? 0);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function notLiteral(endpoint: Endpoint): MptError {
  return new MptError(
    "ERR_INVALID_ENDPOINT",
    `Cannot look up the socket of ${endpoint}: both ends must be literal addresses of one family with a port`,
  );
}
