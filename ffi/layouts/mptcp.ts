import { bytesField, field, type Layout } from "./layout.ts";

/** The members of `struct mptcp_info` that mpt reads. */
export type MptcpInfoKey =
  | "subflows"
  | "addAddrSignal"
  | "addAddrAccepted"
  | "subflowsMax"
  | "addAddrAcceptedMax"
  | "flags"
  | "token"
  | "writeSeq"
  | "sndUna"
  | "rcvNxt"
  | "localAddrUsed"
  | "localAddrMax"
  | "csumEnabled"
  | "retransmits"
  | "bytesRetrans"
  | "bytesSent"
  | "bytesReceived"
  | "bytesAcked"
  | "subflowsTotal";

/** `struct mptcp_info` of <linux/mptcp.h>: 96 bytes since Linux 6.10, shorter before. */
export const MPTCP_INFO_LAYOUT: Layout<MptcpInfoKey> = {
  name: "mptcp_info",
  size: 96,
  fields: {
    // Extra subflows, those still in SYN_SENT included: never a count of usable paths.
    subflows: field("u8", 0, "mptcpi_subflows"),
    addAddrSignal: field("u8", 1, "mptcpi_add_addr_signal"),
    addAddrAccepted: field("u8", 2, "mptcpi_add_addr_accepted"),
    subflowsMax: field("u8", 3, "mptcpi_subflows_max"),
    addAddrAcceptedMax: field("u8", 5, "mptcpi_add_addr_accepted_max"),
    flags: field("u32", 8, "mptcpi_flags"),
    token: field("u32", 12, "mptcpi_token"),
    writeSeq: field("u64", 16, "mptcpi_write_seq"),
    sndUna: field("u64", 24, "mptcpi_snd_una"),
    rcvNxt: field("u64", 32, "mptcpi_rcv_nxt"),
    localAddrUsed: field("u8", 40, "mptcpi_local_addr_used"),
    localAddrMax: field("u8", 41, "mptcpi_local_addr_max"),
    csumEnabled: field("u8", 42, "mptcpi_csum_enabled"),
    retransmits: field("u32", 44, "mptcpi_retransmits"),
    bytesRetrans: field("u64", 48, "mptcpi_bytes_retrans"),
    bytesSent: field("u64", 56, "mptcpi_bytes_sent"),
    bytesReceived: field("u64", 64, "mptcpi_bytes_received"),
    bytesAcked: field("u64", 72, "mptcpi_bytes_acked"),
    subflowsTotal: field("u8", 80, "mptcpi_subflows_total"),
  },
};

/** `mptcpi_flags`: the connection fell back to TCP. */
export const MPTCP_INFO_FLAG_FALLBACK = 1;

/** The members of `struct mptcp_full_info`; the array pointers are u64 in the kernel's ABI. */
export type MptcpFullInfoKey =
  | "sizeTcpInfoKernel"
  | "sizeTcpInfoUser"
  | "sizeSubflowInfoKernel"
  | "sizeSubflowInfoUser"
  | "numSubflows"
  | "sizeArraysUser"
  | "subflowInfo"
  | "tcpInfo"
  | "mptcpInfo";

/** `struct mptcp_full_info` (Linux 6.5). */
export const MPTCP_FULL_INFO_LAYOUT: Layout<MptcpFullInfoKey> = {
  name: "mptcp_full_info",
  size: 136,
  fields: {
    sizeTcpInfoKernel: field("u32", 0, "size_tcpinfo_kernel"),
    sizeTcpInfoUser: field("u32", 4, "size_tcpinfo_user"),
    sizeSubflowInfoKernel: field("u32", 8, "size_sfinfo_kernel"),
    sizeSubflowInfoUser: field("u32", 12, "size_sfinfo_user"),
    numSubflows: field("u32", 16, "num_subflows"),
    sizeArraysUser: field("u32", 20, "size_arrays_user"),
    subflowInfo: field("u64", 24, "subflow_info"),
    tcpInfo: field("u64", 32, "tcp_info"),
    mptcpInfo: bytesField(40, 96, "mptcp_info"),
  },
};

/** `struct mptcp_subflow_info` (Linux 6.5): the stable subflow id and two `sockaddr_storage`. */
export const MPTCP_SUBFLOW_INFO_LAYOUT: Layout<"id" | "local" | "remote"> = {
  name: "mptcp_subflow_info",
  size: 264,
  fields: {
    id: field("u32", 0, "id"),
    local: bytesField(8, 128, "addrs.ss_local"),
    remote: bytesField(136, 128, "addrs.ss_remote"),
  },
};
