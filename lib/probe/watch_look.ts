import type { PathInfo } from "../base/path.ts";
import type { Connection } from "../io/connection.ts";
import { TCP_STATE } from "../io/tcp_path.ts";
import { type Counters, readCounters } from "../mptcp/counters.ts";
import { subflowState, subflowStatus } from "../mptcp/paths.ts";
import { subflowSockets } from "../mptcp/subflow_sockets.ts";
import { interfaceOf } from "../netlink/interface_of.ts";
import type { SockDiagEntry } from "../netlink/sock_diag.ts";
import { findMptcpSocket, mptcpSockets } from "../netlink/sockets.ts";
import type { CounterMoves, LookedPath } from "./path_book.ts";

/** One look at a connection. */
export interface Look {
  readonly paths: readonly LookedPath[];
  /** Whether the other end has closed it; a connection that is gone altogether shows by itself. */
  readonly closing: boolean;
}

/** Looks by way of the sockets of this host, which tells the most; null where that is not possible. */
export function lookAtSockets(token: number | null): Look | null {
  if (token === null) return null;
  try {
    const state = findMptcpSocket(token)?.state;
    const paths = subflowSockets(token).flatMap((entry) => isOpen(entry) ? [fromSocket(entry)] : []);
    return { paths, closing: state !== undefined && state !== TCP_STATE.ESTABLISHED };
  } catch {
    // No system calls, or a kernel without sock_diag for MPTCP.
    return null;
  }
}

/** Looks by way of the connection's own socket. */
export function lookAtConnection(connection: Connection): Look {
  const paths = connection.paths().filter(({ state }) => state !== "closed" && state !== "failed");
  return { paths: paths.map(fromPath), closing: false };
}

/** A subflow that is being closed is over for the watch, whatever is still on its way. */
function isOpen({ state }: SockDiagEntry): boolean {
  return state === TCP_STATE.ESTABLISHED || state === TCP_STATE.SYN_SENT || state === TCP_STATE.SYN_RECV;
}

function fromSocket(entry: SockDiagEntry): LookedPath {
  const { local, remote, tcpInfo = {}, ulp } = entry;
  return {
    local,
    remote,
    interface: interfaceOf(local.ip) ?? null,
    idLocal: ulp?.idLocal ?? null,
    idRemote: ulp?.idRemote ?? null,
    state: subflowState(tcpInfo, entry),
    backup: subflowStatus(entry) === "backup",
    retransmits: tcpInfo.retransmits ?? null,
    probes: tcpInfo.probes ?? null,
  };
}

function fromPath(path: PathInfo): LookedPath {
  return {
    local: path.local,
    remote: path.remote,
    interface: path.interface ?? null,
    idLocal: null,
    idRemote: null,
    state: path.state,
    backup: path.status === "backup",
    retransmits: null,
    probes: null,
  };
}

/** The MPTCP connections of this network namespace but one: those that live, and those that only linger. */
export function otherConnections(token: number | null): {
  readonly alive: number | null;
  readonly lingering: readonly number[];
} {
  try {
    const others = ([4, 6] as const).flatMap((family) => mptcpSockets(family)).flatMap((entry) =>
      entry.mptcpInfo?.token === undefined || entry.mptcpInfo.token === token
        ? []
        : [{ token: entry.mptcpInfo.token, alive: entry.state === TCP_STATE.ESTABLISHED }]
    );
    return {
      alive: others.filter(({ alive }) => alive).length,
      lingering: others.filter(({ alive }) => !alive).map((other) => other.token),
    };
  } catch {
    return { alive: null, lingering: [] };
  }
}

/** Tells how far the counters moved since the last time. */
export class CounterSteps {
  #before: Counters | null = read();

  /** How far they moved; null where they cannot be read. */
  next(isShared: () => boolean): CounterMoves | null {
    const now = read();
    const before = this.#before;
    this.#before = now;
    if (now === null || before === null) return null;
    const moved = (name: string): number => (now.get(name) ?? 0) - (before.get(name) ?? 0);
    const moves = {
      announced: moved("MPTcpExtAddAddr"),
      removed: moved("MPTcpExtRmAddr"),
      resets: moved("MPTcpExtMPRstRx"),
    };
    const any = moves.announced > 0 || moves.removed > 0;
    return { ...moves, shared: any && isShared() };
  }
}

function read(): Counters | null {
  try {
    return readCounters();
  } catch {
    return null;
  }
}
