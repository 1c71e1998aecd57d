import { MPTCP_INFO_FLAG_FALLBACK } from "../../ffi/mod.ts";
import { TCP_STATE } from "../io/tcp_path.ts";
import type { SockDiagEntry } from "../netlink/sock_diag.ts";
import { ULP_FLAGS, ulpFlagLetters } from "../netlink/ulp.ts";
import { isJoin } from "./subflow_sockets.ts";

/** The states of a TCP socket as words, in the order of <net/tcp_states.h>. */
export const TCP_STATE_NAMES = [
  "unknown",
  "established",
  "syn-sent",
  "syn-recv",
  "fin-wait-1",
  "fin-wait-2",
  "time-wait",
  "closed",
  "close-wait",
  "last-ack",
  "listen",
  "closing",
] as const;

/** The state of a TCP socket in a word. */
export type TcpStateName = typeof TCP_STATE_NAMES[number];

/** One TCP subflow of a connection as the kernel of one end sees it. Null is what the kernel does not tell. */
export interface SubflowJson {
  /** This end. */
  readonly local: string;
  /** The other end. */
  readonly remote: string;
  /** The state of its TCP socket. */
  readonly tcp_state: TcpStateName;
  /** Its MPTCP flags in the letters of `ss -ti`, such as `Jjec`; empty when it has none. */
  readonly flags: string | null;
  /** True for a further subflow, false for the first. */
  readonly join: boolean | null;
  /** Whether its MPTCP handshake is complete, so that it can carry data. */
  readonly fully_established: boolean | null;
  /** Whether either end asked for it to be a backup. */
  readonly backup: boolean | null;
  /** The id of the local address. */
  readonly id_local: number | null;
  /** The id of the remote address. */
  readonly id_remote: number | null;
  /** Retransmissions in a row that got no answer, right now. */
  readonly retransmits: number | null;
  /** Segments sent again since it began. */
  readonly total_retransmits: number | null;
  /** How often its timer was doubled, right now. */
  readonly backoff: number | null;
  /** Payload bytes sent, retransmissions included. */
  readonly bytes_sent: number | null;
  /** Bytes that the other end's TCP has acknowledged; a client's count the SYN. */
  readonly bytes_acked: number | null;
  /** Payload bytes received. */
  readonly bytes_received: number | null;
  /** Payload bytes sent more than once. */
  readonly bytes_retransmitted: number | null;
  /** How long ago its last acknowledgement came, in milliseconds. */
  readonly last_ack_ms: number | null;
}

/** An MPTCP connection as the kernel of one end sees it, also after a fallback. */
export interface MptcpJson {
  /** This end's token. */
  readonly token: number;
  /** Whether it fell back to TCP. */
  readonly fallback: boolean;
  /** Whether the other end's key has arrived: without it the other end never spoke MPTCP. */
  readonly remote_key: boolean;
  /** Whether the checksum of RFC 8684 3.3 is in use. */
  readonly checksum: boolean | null;
  /** Bytes of the connection sent, those on two paths once. */
  readonly bytes_sent: number | null;
  /** Bytes of the connection that the other end's MPTCP has acknowledged. */
  readonly bytes_acked: number | null;
  /** Bytes of the connection received. */
  readonly bytes_received: number | null;
  /** Bytes of the connection sent again, on whatever path. */
  readonly bytes_retransmitted: number | null;
  /** Retransmissions of the connection in a row that got no answer, right now. */
  readonly retransmits: number | null;
  /** Addresses announced to the other end. */
  readonly add_addr_signal: number | null;
  /** Announced addresses of the other end that were taken up. */
  readonly add_addr_accepted: number | null;
  /** Further subflows, those that got no answer yet included. */
  readonly extra_subflows: number | null;
}

/** A TCP socket in the form of the results. */
export function subflowToJson(entry: SockDiagEntry): SubflowJson {
  const { ulp, tcpInfo = {} } = entry;
  const flags = ulp?.name === "mptcp" ? ulp.flags : undefined;
  const has = (bits: number): boolean | null => flags === undefined ? null : (flags & bits) !== 0;
  return {
    local: entry.local.address,
    remote: entry.remote.address,
    tcp_state: tcpStateName(entry.state),
    flags: flags === undefined ? null : ulpFlagLetters(flags),
    join: flags === undefined ? null : isJoin(entry),
    fully_established: has(ULP_FLAGS.FULLY_ESTABLISHED),
    backup: has(ULP_FLAGS.BKUP_REM | ULP_FLAGS.BKUP_LOC),
    id_local: ulp?.idLocal ?? null,
    id_remote: ulp?.idRemote ?? null,
    retransmits: tcpInfo.retransmits ?? null,
    total_retransmits: tcpInfo.totalRetrans ?? null,
    backoff: tcpInfo.backoff ?? null,
    bytes_sent: tcpInfo.bytesSent ?? null,
    bytes_acked: tcpInfo.bytesAcked ?? null,
    bytes_received: tcpInfo.bytesReceived ?? null,
    bytes_retransmitted: tcpInfo.bytesRetrans ?? null,
    last_ack_ms: tcpInfo.lastAckRecv ?? null,
  };
}

/** `mptcpi_flags`: the other end's key has arrived. */
const FLAG_REMOTE_KEY = 2;

/** An MPTCP socket in the form of the results; null when the kernel told too little to know it. */
export function mptcpToJson({ mptcpInfo: info }: Pick<SockDiagEntry, "mptcpInfo">): MptcpJson | null {
  if (info?.token === undefined || info.flags === undefined) return null;
  return {
    token: info.token,
    fallback: (info.flags & MPTCP_INFO_FLAG_FALLBACK) !== 0,
    remote_key: (info.flags & FLAG_REMOTE_KEY) !== 0,
    checksum: info.csumEnabled === undefined ? null : info.csumEnabled !== 0,
    bytes_sent: info.bytesSent ?? null,
    bytes_acked: info.bytesAcked ?? null,
    bytes_received: info.bytesReceived ?? null,
    bytes_retransmitted: info.bytesRetrans ?? null,
    retransmits: info.retransmits ?? null,
    add_addr_signal: info.addAddrSignal ?? null,
    add_addr_accepted: info.addAddrAccepted ?? null,
    extra_subflows: info.subflows ?? null,
  };
}

/** TCP_NEW_SYN_RECV: a request that waits for its third acknowledgement. */
const NEW_SYN_RECV = 12;

function tcpStateName(state: number): TcpStateName {
  return TCP_STATE_NAMES[state === NEW_SYN_RECV ? TCP_STATE.SYN_RECV : state] ?? "unknown";
}
