import { interfaceIndex } from "../../ffi/mod.ts";
import type { Endpoint } from "../base/endpoint.ts";
import type { AddressFamily } from "../base/ip.ts";
import { diagRequest } from "../io/netlink.ts";
import { interfaceOf } from "./interface_of.ts";
import {
  decodeSockDiag,
  encodeMptcpDump,
  encodeMptcpLookup,
  encodeTcpDump,
  encodeTcpLookup,
  type MptcpDumpOptions,
  type SockDiagEntry,
} from "./sock_diag.ts";

/**
 * Finds one TCP socket, an MPTCP subflow or a plain connection, by its two ends.
 *
 * @param local This side: a literal address with a port.
 * @param remote The other side, of the same family.
 * @returns The socket as the kernel describes it, or undefined when there is none with these ends.
 * @throws {MptError} `ERR_INVALID_ENDPOINT` for ends that are no literal addresses; `ERR_NOT_LINUX`,
 *   `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`, or what the kernel said.
 *
 * @example A connection that does not exist
 * ```ts
 * import assert from "node:assert/strict";
 * import { Endpoint } from "@multipath/mpt/base";
 * import { findTcpSocket } from "@multipath/mpt/netlink";
 *
 * if (Deno.build.os === "linux") {
 *   const found = findTcpSocket(Endpoint.of("127.0.0.1", 1), Endpoint.of("127.0.0.1", 2));
 *   assert(found === undefined);
 * }
 * ```
 */
export function findTcpSocket(local: Endpoint, remote: Endpoint): SockDiagEntry | undefined {
  // With its interface a socket is found whether it is bound to that or to none; a join may be bound to the
  // one of its endpoint without being asked
  const name = interfaceOf(local.ip);
  const index = name === undefined ? 0 : /^\d+$/.test(name) ? Number(name) : interfaceIndex(name);
  const found = decodeSockDiag(diagRequest(encodeTcpLookup(local, remote, index)))[0];
  // Of a connection that is gone, the kernel shows a listener on the local port in its place
  return found?.remote.port === remote.port ? found : undefined;
}

/**
 * All TCP sockets of a family in this network namespace, MPTCP subflows included.
 *
 * @param family 4 or 6; a dual-stack socket is 6, also when its peer is IPv4.
 * @param states A bit for each wanted state: `1 << 1` for established. @default {~0} all
 * @returns The sockets with their `tcp_info` and, where the kernel tells, their MPTCP flags and tokens.
 * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`, or what the kernel said.
 *
 * @example Count the established connections over IPv4
 * ```ts
 * import assert from "node:assert/strict";
 * import { tcpSockets } from "@multipath/mpt/netlink";
 *
 * if (Deno.build.os === "linux") assert(tcpSockets(4, 1 << 1).length >= 0);
 * ```
 */
export function tcpSockets(family: AddressFamily, states: number = ~0): readonly SockDiagEntry[] {
  return decodeSockDiag(diagRequest(encodeTcpDump(family, states)));
}

/**
 * All MPTCP sockets of a family in this network namespace, as `ss -M` shows them. A connection that fell back
 * before it got a token (MPTCP blackholed on this host) is not among them.
 *
 * @param family 4 or 6.
 * @param options Whether listeners are wanted too.
 * @returns The sockets with their `mptcp_info`.
 * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`, or `ERR_SYSTEM` when the
 *   kernel has no MPTCP.
 *
 * @example Count the MPTCP connections over IPv4
 * ```ts
 * import assert from "node:assert/strict";
 * import { MptError } from "@multipath/mpt/base";
 * import { mptcpSockets } from "@multipath/mpt/netlink";
 *
 * try {
 *   assert(mptcpSockets(4).every((socket) => socket.tcpInfo === undefined));
 * } catch (error) {
 *   assert(error instanceof MptError);
 * }
 * ```
 */
export function mptcpSockets(
  family: AddressFamily,
  options: MptcpDumpOptions = {},
): readonly SockDiagEntry[] {
  return decodeSockDiag(diagRequest(encodeMptcpDump(family, options)));
}

/**
 * Finds one MPTCP socket by its token.
 *
 * @param token The local token, as in `mptcp_info` and `ss -M`.
 * @returns The socket with its `mptcp_info`, or undefined when there is none with this token.
 * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`, or what the kernel said.
 *
 * @example A token that no connection has
 * ```ts
 * import assert from "node:assert/strict";
 * import { MptError } from "@multipath/mpt/base";
 * import { findMptcpSocket } from "@multipath/mpt/netlink";
 *
 * try {
 *   assert(findMptcpSocket(0) === undefined);
 * } catch (error) {
 *   assert(error instanceof MptError);
 * }
 * ```
 */
export function findMptcpSocket(token: number): SockDiagEntry | undefined {
  return decodeSockDiag(diagRequest(encodeMptcpLookup(token)))[0];
}
