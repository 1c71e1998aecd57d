import type { CatalogueEntry } from "../../mptcp/diagnosis/catalogue/entry.ts";
import type { KERNEL_CHECKS } from "../codes.ts";

/** Checks of the kernel and its settings. */
export const KERNEL_ENTRIES: Readonly<Record<(typeof KERNEL_CHECKS)[number], CatalogueEntry>> = {
  "kernel": {
    level: "info",
    sentence: "Check: which kernel this is.",
    seen: "MPTCP is of Linux alone here; everything over TCP and QUIC works elsewhere too.",
    why: "Later kernels tell more: best from Linux 6.10.",
    evidence: "The release that the kernel gives.",
    fix: null,
  },
  "mptcp-support": {
    level: "fail",
    sentence: "Check: whether MPTCP sockets can be opened.",
    seen: "Programs that ask for MPTCP get an error.",
    why: "The kernel is older than 5.6, was built without CONFIG_MPTCP, or MPTCP is switched off.",
    evidence: "One socket was opened with IPPROTO_MPTCP, or the errno of the attempt.",
    fix: "sysctl -w net.mptcp.enabled=1, or a kernel with CONFIG_MPTCP=y",
  },
  "mptcp-full-info": {
    level: "warn",
    sentence: "Check: whether the kernel shows all subflows in one picture (MPTCP_FULL_INFO).",
    seen: "Without it the ids of paths are guesses, and paths that changed between two looks may be missed.",
    why: "It is of Linux 6.5.",
    evidence: "The socket option was asked for.",
    fix: "use Linux 6.5 or later",
  },
  "mptcp-sock-diag": {
    level: "warn",
    sentence: "Check: whether the kernel lists MPTCP sockets (sock_diag).",
    seen: "Without it a connection that fell back shows no reason, and `ss -M` is empty.",
    why: "The module mptcp_diag is not loaded, or was not built.",
    evidence: "The kernel's answer to the question that `ss -M` asks.",
    fix: "modprobe mptcp_diag",
  },
  "enabled": {
    level: "fail",
    sentence: "Check: whether new MPTCP sockets are allowed (net.mptcp.enabled).",
    seen: "Programs that ask for MPTCP get ENOPROTOOPT.",
    why: "The setting is 0 in this network namespace.",
    evidence: "/proc/sys/net/mptcp/enabled",
    fix: "sysctl -w net.mptcp.enabled=1",
  },
  "checksum": {
    level: "info",
    sentence: "Check: whether data is sent with the MPTCP checksum (net.mptcp.checksum_enabled).",
    seen: "Without it changed payload is not noticed by MPTCP; with it throughput is lower.",
    why: "It is off by default. RFC 8684 3.3: it is in use when either end asks for it.",
    evidence: "/proc/sys/net/mptcp/checksum_enabled",
    fix: null,
  },
  "join-initial-address": {
    level: "warn",
    sentence: "Check: whether clients may join on the address that they connected to.",
    seen: "At 0 clients open no second path to this server unless it announces an address.",
    why:
      "net.mptcp.allow_join_initial_addr_port=0 sets the C flag of MP_CAPABLE, which is right behind a load balancer only.",
    evidence: "/proc/sys/net/mptcp/allow_join_initial_addr_port",
    fix: "sysctl -w net.mptcp.allow_join_initial_addr_port=1",
  },
  "blackhole-timeout": {
    level: "info",
    sentence: "Check: for how long MPTCP is switched off after SYNs with it got no answer.",
    seen: "All new MPTCP connections are plain TCP in that time, to every server.",
    why:
      "net.mptcp.blackhole_timeout: 3600 s by default, twice as long after each further time; 0 switches that off.",
    evidence: "/proc/sys/net/mptcp/blackhole_timeout",
    fix: "sysctl -w net.mptcp.blackhole_timeout=3600 ends such a time",
  },
  "syn-retransmissions": {
    level: "warn",
    sentence: "Check: how many SYNs with MPTCP are sent again before one without.",
    seen: "Where SYNs with MPTCP are dropped, the first connection waits that long.",
    why: "net.mptcp.syn_retrans_before_tcp_fallback: 2 by default.",
    evidence: "/proc/sys/net/mptcp/syn_retrans_before_tcp_fallback",
    fix: "sysctl -w net.mptcp.syn_retrans_before_tcp_fallback=2",
  },
  "stale-loss-count": {
    level: "warn",
    sentence: "Check: after how many timeouts a path without an answer is set aside.",
    seen: "At 0 data that waits on a dead path waits until that path ends.",
    why: "net.mptcp.stale_loss_cnt: 4 by default.",
    evidence: "/proc/sys/net/mptcp/stale_loss_cnt",
    fix: "sysctl -w net.mptcp.stale_loss_cnt=4",
  },
  "scheduler": {
    level: "info",
    sentence: "Check: which packet scheduler shares data out to the paths (net.mptcp.scheduler).",
    seen: "Nothing by itself.",
    why: "Linux has one of its own, `default`; others come with modules or BPF.",
    evidence: "/proc/sys/net/mptcp/scheduler",
    fix: null,
  },
  "congestion-control": {
    level: "warn",
    sentence: "Check: whether the default congestion control suits MPTCP.",
    seen: "With bbr and without the queue fq, throughput over fast links varies a lot from run to run.",
    why: "bbr paces its packets, and without fq each subflow does so with timers of its own.",
    evidence: "net.ipv4.tcp_congestion_control, and the queues of the interfaces in use.",
    fix: "sysctl -w net.ipv4.tcp_congestion_control=cubic",
  },
};
