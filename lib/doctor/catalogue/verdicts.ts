import type { CatalogueEntry } from "../../mptcp/diagnosis/catalogue/entry.ts";
import type { DoctorCode } from "../codes.ts";

/** The answers of `mpt doctor`. */
export const VERDICT_ENTRIES: Readonly<Record<DoctorCode, CatalogueEntry>> = {
  "mptcp-fit": {
    level: "ok",
    sentence: "This machine is fit for MPTCP.",
    seen: "Programs that ask for MPTCP get it, where the other end and the way there have it too.",
    why: "Nothing is wrong.",
    evidence: "An MPTCP socket can be opened, and net.mptcp.enabled is 1.",
    fix: null,
  },
  "mptcp-not-fit": {
    level: "fail",
    sentence: "This machine is not fit for MPTCP.",
    seen: "Every program that asks for MPTCP gets an error, or plain TCP where it falls back by itself.",
    why: "The kernel has no MPTCP, or it is switched off.",
    evidence: "The checks mptcp-support and enabled.",
    fix: "sysctl -w net.mptcp.enabled=1, or a kernel with CONFIG_MPTCP=y, Linux 5.6 or later",
  },
  "mptcp-fit-unknown": {
    level: "unknown",
    sentence: "Whether this machine is fit for MPTCP is unknown.",
    seen: "No answer.",
    why:
      "This program may not open MPTCP sockets: Deno's --allow-ffi is missing, or a filter forbids system calls.",
    evidence: "The reason is named.",
    fix: "--allow-ffi",
  },
  "multipath-set-up": {
    level: "ok",
    sentence: "This machine is set up for several paths.",
    seen: "Connections get further paths; how, and how many, is said beside it.",
    why: "It has endpoints, or takes up announced addresses, and its limits allow further subflows.",
    evidence: "The limits and endpoints of the path manager, the addresses and their routes.",
    fix: null,
  },
  "multipath-not-set-up": {
    level: "warn",
    sentence: "By the settings of this machine no connection gets a second path.",
    seen: "MPTCP works over one path: no aggregation, no failover.",
    why:
      "Without endpoints and announced addresses the kernel has nowhere to open a second subflow from, or to.",
    evidence: "`ip mptcp limits show` and `ip mptcp endpoint show`.",
    fix: "ip mptcp limits set subflows 2 add_addr_accepted 2; ip mptcp endpoint add ADDRESS dev DEV subflow",
  },
  "multipath-broken": {
    level: "fail",
    sentence: "The settings of this machine for several paths are wrong.",
    seen: "Some further paths never come up.",
    why: "An endpoint has an address or an interface that this host no longer has.",
    evidence: "The checks that failed.",
    fix: "each of those checks names its command",
  },
  "multipath-by-program": {
    level: "info",
    sentence: "A program decides about further paths on this machine.",
    seen: "`ip mptcp endpoint` and `ip mptcp limits` have no effect.",
    why: "net.mptcp.path_manager is userspace, as mptcpd sets it.",
    evidence: "The sysctl.",
    fix: "sysctl -w net.mptcp.path_manager=kernel, where no such program is wanted",
  },
  "multipath-unknown": {
    level: "unknown",
    sentence: "Over how many paths connections of this machine may go is unknown.",
    seen: "No answer.",
    why: "The path manager could not be asked.",
    evidence: "The reason is named.",
    fix: "--allow-ffi",
  },
  "quic-fit": {
    level: "ok",
    sentence:
      "QUIC and multipath QUIC work on this machine; whether as fast as they could is said beside it.",
    seen: "The same results everywhere, at another cost of CPU.",
    why:
      "They need no privilege and no kernel support; libcrypto, batches of datagrams and large buffers make them fast.",
    evidence: "The checks libcrypto, datagram-sockets, udp-offload and udp-buffers.",
    fix: "each of those checks names its command",
  },
};
