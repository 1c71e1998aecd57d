import {
  fullInfo,
  MPTCP_SUBFLOW_INFO_LAYOUT,
  readNumber,
  readStruct,
  TCP_INFO_LAYOUT,
} from "../../ffi/mod.ts";
import type { Endpoint } from "../base/endpoint.ts";
import type { PathInfo, PathState, PathStatus } from "../base/path.ts";
import { decodeSockaddr } from "../io/sockaddr.ts";
import { pathFromTcpInfo, pathState, readTcpInfo, type TcpInfo } from "../io/tcp_path.ts";
import { interfaceOf } from "../netlink/interface_of.ts";
import type { SockDiagEntry } from "../netlink/sock_diag.ts";
import { findTcpSocket } from "../netlink/sockets.ts";
import { ULP_FLAGS } from "../netlink/ulp.ts";
import { readMptcpInfo } from "./state.ts";
import { isJoin, subflowSockets } from "./subflow_sockets.ts";

/** Both ends of the first subflow, as connect or accept reported them. */
export interface FirstSubflow {
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

/**
 * The subflows of an MPTCP socket as paths: from MPTCP_FULL_INFO, the one atomic picture; on kernels before
 * 6.5 from sock_diag by token; after a fallback the one TCP path that is left.
 */
export function mptcpPaths(fd: number, first: FirstSubflow): readonly PathInfo[] {
  return fromFullInfo(fd) ?? fromTokenDump(fd) ?? [afterFallback(fd, first)];
}

function fromFullInfo(fd: number): readonly PathInfo[] | null {
  const info = fullInfo(fd);
  if (typeof info === "number") return null;
  const fields = MPTCP_SUBFLOW_INFO_LAYOUT.fields;
  const paths: PathInfo[] = [];
  for (let i = 0; i < info.count; i++) {
    const base = i * info.subflowStride;
    // The kernel counts subflows from 1; a path's id counts from 0.
    const id = (readNumber(info.subflows, base, fields.id, info.subflowSize) ?? i + 1) - 1;
    const local = decodeSockaddr(info.subflows, base + fields.local.offset);
    const remote = decodeSockaddr(info.subflows, base + fields.remote.offset);
    if (local === null || remote === null) continue;
    const tcp = readStruct(TCP_INFO_LAYOUT, info.tcpInfos, i * info.tcpInfoStride, info.tcpInfoSize);
    paths.push(describe(id, local, remote, tcp, lookUp(local, remote)));
  }
  return paths;
}

/** `MPTCP_INFO` names the token, and every TCP socket of the connection carries it (Linux 5.16 to 6.4). */
function fromTokenDump(fd: number): readonly PathInfo[] | null {
  const info = readMptcpInfo(fd);
  if (typeof info === "number" || info.token === undefined) return null;
  return pathsByToken(info.token);
}

/** The paths of the connection with a token, found among all TCP sockets of this network namespace. */
export function pathsByToken(token: number): readonly PathInfo[] | null {
  const entries = subflowSockets(token);
  if (entries.length === 0) return null;
  return entries.map((entry, id) => describe(id, entry.local, entry.remote, entry.tcpInfo ?? {}, entry));
}

function afterFallback(fd: number, first: FirstSubflow): PathInfo {
  const entry = lookUp(first.local, first.remote);
  const read = readTcpInfo(fd);
  const tcp = entry?.tcpInfo ?? (typeof read === "number" ? {} : read);
  return describe(0, first.local, first.remote, tcp, entry);
}

function describe(
  id: number,
  local: Endpoint,
  remote: Endpoint,
  tcp: TcpInfo,
  entry: SockDiagEntry | undefined,
): PathInfo {
  const identity = { id, local, remote, interface: interfaceOf(local.ip), status: subflowStatus(entry) };
  return pathFromTcpInfo({ ...identity, state: subflowState(tcp, entry) }, tcp);
}

/**
 * A join whose third ACK the server has not answered looks ESTABLISHED and carries nothing; only the
 * FULLY_ESTABLISHED bit tells (a listener with TCP_DEFER_ACCEPT keeps joins there for seconds).
 */
export function subflowState(tcp: TcpInfo, entry: SockDiagEntry | undefined): PathState {
  const state = pathState(tcp);
  const flags = entry?.ulp?.flags;
  if (state !== "active" || flags === undefined || entry === undefined || !isJoin(entry)) return state;
  return (flags & ULP_FLAGS.FULLY_ESTABLISHED) === 0 ? "validating" : "active";
}

/** RFC 8684 3.3.8: either side may have asked for backup; the kernel honours both. */
export function subflowStatus(entry: SockDiagEntry | undefined): PathStatus {
  const flags = entry?.ulp?.flags ?? 0;
  return (flags & (ULP_FLAGS.BKUP_REM | ULP_FLAGS.BKUP_LOC)) === 0 ? "available" : "backup";
}

/** The kernel's own record of one subflow, or undefined when it is gone or sock_diag is not available. */
function lookUp(local: Endpoint, remote: Endpoint): SockDiagEntry | undefined {
  try {
    return findTcpSocket(local, remote);
  } catch {
    // A kernel without inet_diag still has paths; only the flags are missing.
    return undefined;
  }
}
