import { field, type Layout } from "./layout.ts";

/** The members of `struct tcp_info` that mpt reads; times are in microseconds, rates in bytes per second. */
export type TcpInfoKey =
  | "state"
  | "caState"
  | "retransmits"
  | "probes"
  | "backoff"
  | "rto"
  | "sndMss"
  | "rcvMss"
  | "unacked"
  | "lost"
  | "lastAckRecv"
  | "pmtu"
  | "rtt"
  | "rttvar"
  | "sndCwnd"
  | "rcvRtt"
  | "totalRetrans"
  | "pacingRate"
  | "bytesAcked"
  | "bytesReceived"
  | "segsOut"
  | "segsIn"
  | "minRtt"
  | "deliveryRate"
  | "bytesSent"
  | "bytesRetrans";

/** `struct tcp_info` of <linux/tcp.h>; bit fields are left out. */
export const TCP_INFO_LAYOUT: Layout<TcpInfoKey> = {
  name: "tcp_info",
  size: 280,
  fields: {
    state: field("u8", 0, "tcpi_state"),
    caState: field("u8", 1, "tcpi_ca_state"),
    retransmits: field("u8", 2, "tcpi_retransmits"),
    probes: field("u8", 3, "tcpi_probes"),
    backoff: field("u8", 4, "tcpi_backoff"),
    rto: field("u32", 8, "tcpi_rto"),
    sndMss: field("u32", 16, "tcpi_snd_mss"),
    rcvMss: field("u32", 20, "tcpi_rcv_mss"),
    unacked: field("u32", 24, "tcpi_unacked"),
    lost: field("u32", 32, "tcpi_lost"),
    lastAckRecv: field("u32", 56, "tcpi_last_ack_recv"),
    pmtu: field("u32", 60, "tcpi_pmtu"),
    rtt: field("u32", 68, "tcpi_rtt"),
    rttvar: field("u32", 72, "tcpi_rttvar"),
    sndCwnd: field("u32", 80, "tcpi_snd_cwnd"),
    rcvRtt: field("u32", 92, "tcpi_rcv_rtt"),
    totalRetrans: field("u32", 100, "tcpi_total_retrans"),
    pacingRate: field("u64", 104, "tcpi_pacing_rate"),
    bytesAcked: field("u64", 120, "tcpi_bytes_acked"),
    bytesReceived: field("u64", 128, "tcpi_bytes_received"),
    segsOut: field("u32", 136, "tcpi_segs_out"),
    segsIn: field("u32", 140, "tcpi_segs_in"),
    minRtt: field("u32", 148, "tcpi_min_rtt"),
    deliveryRate: field("u64", 160, "tcpi_delivery_rate"),
    bytesSent: field("u64", 200, "tcpi_bytes_sent"),
    bytesRetrans: field("u64", 208, "tcpi_bytes_retrans"),
  },
};
