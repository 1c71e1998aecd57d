import { MPTCP_FULL_INFO, SOL_MPTCP } from "./constants.ts";
import {
  MPTCP_FULL_INFO_LAYOUT as FULL,
  MPTCP_INFO_LAYOUT,
  MPTCP_SUBFLOW_INFO_LAYOUT,
} from "./layouts/mptcp.ts";
import { TCP_INFO_LAYOUT } from "./layouts/tcp_info.ts";
import { getBytes } from "./sockopt.ts";

/** The kernel allows 8 extra subflows up to 6.18 and 64 later; more than this is cut and said so. */
const MAX_SUBFLOWS = 72;

/** One atomic picture of an MPTCP connection, valid until the next call. */
export interface FullInfo {
  /** How many subflows the kernel has; more than the arrays hold when `truncated`. */
  readonly count: number;
  readonly truncated: boolean;
  /** `struct mptcp_subflow_info[]`, one each {@linkcode subflowStride} bytes. */
  readonly subflows: DataView<ArrayBuffer>;
  readonly subflowStride: number;
  readonly subflowSize: number;
  /** `struct tcp_info[]`, in the same order. */
  readonly tcpInfos: DataView<ArrayBuffer>;
  readonly tcpInfoStride: number;
  readonly tcpInfoSize: number;
  /** `struct mptcp_info`. */
  readonly mptcpInfo: DataView<ArrayBuffer>;
}

/**
 * The buffers that `struct mptcp_full_info` points to. V8 does not see addresses inside a struct, so this
 * module owns them for the life of the program.
 */
const head = new Uint8Array(FULL.size);
const headView = new DataView(head.buffer);
const subflows = new Uint8Array(MAX_SUBFLOWS * MPTCP_SUBFLOW_INFO_LAYOUT.size);
const tcpInfos = new Uint8Array(MAX_SUBFLOWS * TCP_INFO_LAYOUT.size);
const subflowsView = new DataView(subflows.buffer);
const tcpInfosView = new DataView(tcpInfos.buffer);
const infoView = new DataView(head.buffer, FULL.fields.mptcpInfo.offset, MPTCP_INFO_LAYOUT.size);

/** The picture, or minus an errno: EOPNOTSUPP or ENOPROTOOPT after a fallback, ENOPROTOOPT before Linux 6.5. */
export function fullInfo(fd: number): FullInfo | number {
  const fields = FULL.fields;
  head.fill(0);
  headView.setUint32(fields.sizeTcpInfoUser.offset, TCP_INFO_LAYOUT.size, true);
  headView.setUint32(fields.sizeSubflowInfoUser.offset, MPTCP_SUBFLOW_INFO_LAYOUT.size, true);
  headView.setUint32(fields.sizeArraysUser.offset, MAX_SUBFLOWS, true);
  headView.setBigUint64(fields.subflowInfo.offset, address(subflows), true);
  headView.setBigUint64(fields.tcpInfo.offset, address(tcpInfos), true);
  const result = getBytes(fd, SOL_MPTCP, MPTCP_FULL_INFO, head);
  if (result < 0) return result;
  const total = headView.getUint32(fields.numSubflows.offset, true);
  return {
    count: Math.min(total, MAX_SUBFLOWS),
    truncated: total > MAX_SUBFLOWS,
    subflows: subflowsView,
    subflowStride: MPTCP_SUBFLOW_INFO_LAYOUT.size,
    subflowSize: Math.min(
      headView.getUint32(fields.sizeSubflowInfoKernel.offset, true),
      MPTCP_SUBFLOW_INFO_LAYOUT.size,
    ),
    tcpInfos: tcpInfosView,
    tcpInfoStride: TCP_INFO_LAYOUT.size,
    tcpInfoSize: Math.min(headView.getUint32(fields.sizeTcpInfoKernel.offset, true), TCP_INFO_LAYOUT.size),
    mptcpInfo: infoView,
  };
}

function address(bytes: Uint8Array<ArrayBuffer>): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
}
