import { getBytes, readStruct, SOL_TCP, TCP_INFO, TCP_INFO_LAYOUT, type TcpInfoKey } from "../../ffi/mod.ts";
import type { Endpoint } from "../base/endpoint.ts";
import type { PathInfo, PathState, PathStatus } from "../base/path.ts";

/** The numbers of a `struct tcp_info` that this kernel has. */
export type TcpInfo = Readonly<Partial<Record<TcpInfoKey, number>>>;

/** States of a TCP socket (<net/tcp_states.h>). */
export const TCP_STATE = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  SYN_RECV: 3,
  FIN_WAIT1: 4,
  FIN_WAIT2: 5,
  TIME_WAIT: 6,
  CLOSE: 7,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
} as const;

/**
 * Consecutive unanswered retransmissions, or probes, after which a path counts as stale. One happens to a
 * healthy path; two in a row mean that nothing came back for several round trips. Probes are those of
 * keep-alive and of a closed window, and what could not even leave this host.
 */
const STALE_ATTEMPTS = 2;

/** What a path's TCP state says about the path. A half-closed connection still has an active path. */
export function pathState(info: TcpInfo): PathState {
  switch (info.state) {
    case TCP_STATE.SYN_SENT:
    case TCP_STATE.SYN_RECV:
      return "validating";
    case TCP_STATE.ESTABLISHED:
    case TCP_STATE.CLOSE_WAIT:
    case TCP_STATE.FIN_WAIT1:
    case TCP_STATE.FIN_WAIT2:
      return Math.max(info.retransmits ?? 0, info.probes ?? 0) >= STALE_ATTEMPTS ? "stale" : "active";
    default:
      return "closed";
  }
}

/** RFC 9293 3.4: a FIN takes a sequence number, and the kernel counts it as a byte received. */
function finReceived(info: TcpInfo): boolean {
  switch (info.state) {
    case TCP_STATE.CLOSE_WAIT:
    case TCP_STATE.LAST_ACK:
    case TCP_STATE.CLOSING:
    case TCP_STATE.TIME_WAIT:
    case TCP_STATE.CLOSE:
      return true;
    default:
      return false;
  }
}

/** What identifies a path, beside its numbers. */
export interface PathIdentity {
  readonly id: number;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly interface?: string | undefined;
  readonly status?: PathStatus;
  /** Overrules what the TCP state says. */
  readonly state?: PathState;
}

/** A path from its `tcp_info`. Byte counts are payload; what the kernel does not tell stays absent. */
export function pathFromTcpInfo(identity: PathIdentity, info: TcpInfo): PathInfo {
  const retransmitted = info.bytesRetrans ?? (info.totalRetrans ?? 0) * (info.sndMss ?? 0);
  return {
    id: identity.id,
    local: identity.local,
    remote: identity.remote,
    ...(identity.interface === undefined ? {} : { interface: identity.interface }),
    state: identity.state ?? pathState(info),
    status: identity.status ?? "available",
    ...present("rttMs", positive(info.rtt, 1000)),
    ...present("minRttMs", known(info.minRtt, 1000)),
    ...present("cwndBytes", product(info.sndCwnd, info.sndMss)),
    ...present("mtu", positive(info.pmtu, 1)),
    bytesSent: info.bytesSent ?? info.bytesAcked ?? 0,
    ...present("bytesAcknowledged", info.bytesAcked),
    bytesReceived: Math.max(0, (info.bytesReceived ?? 0) - (finReceived(info) ? 1 : 0)),
    bytesRetransmitted: retransmitted,
    ...present("deliveryRateBps", product(info.deliveryRate, 8)),
  };
}

const buffer = new Uint8Array(TCP_INFO_LAYOUT.size);
const view = new DataView(buffer.buffer);

/** The `tcp_info` of a socket, or minus an errno. On an MPTCP socket it is that of the first subflow. */
export function readTcpInfo(fd: number): TcpInfo | number {
  const length = getBytes(fd, SOL_TCP, TCP_INFO, buffer);
  return length < 0 ? length : readStruct(TCP_INFO_LAYOUT, view, 0, length);
}

/** The kernel's "no sample yet" in tcpi_min_rtt: ~0. */
const NO_MIN_RTT = 0xffff_ffff;

function known(value: number | undefined, divisor: number): number | undefined {
  return value === NO_MIN_RTT ? undefined : positive(value, divisor);
}

function positive(value: number | undefined, divisor: number): number | undefined {
  return value === undefined || value === 0 ? undefined : value / divisor;
}

function product(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a * b;
}

function present<K extends string>(key: K, value: number | undefined): { readonly [P in K]?: number } {
  return value === undefined ? {} : { [key]: value } as { readonly [P in K]?: number };
}
