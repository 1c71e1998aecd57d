/** The answers of `mpt doctor`. */
export const DOCTOR_CODES = [
  "mptcp-fit",
  "mptcp-not-fit",
  "mptcp-fit-unknown",
  "multipath-set-up",
  "multipath-not-set-up",
  "multipath-broken",
  "multipath-by-program",
  "multipath-unknown",
  "quic-fit",
] as const;

/** The stable name of an answer of `mpt doctor`. */
export type DoctorCode = (typeof DOCTOR_CODES)[number];

/** Checks of the kernel and its settings. */
export const KERNEL_CHECKS = [
  "kernel",
  "mptcp-support",
  "mptcp-full-info",
  "mptcp-sock-diag",
  "enabled",
  "checksum",
  "join-initial-address",
  "blackhole-timeout",
  "syn-retransmissions",
  "stale-loss-count",
  "scheduler",
  "congestion-control",
] as const;

/** Checks of what further paths need. */
export const PATH_CHECKS = [
  "path-manager",
  "limit-subflows",
  "limit-add-addr-accepted",
  "endpoints",
  "endpoint-address",
  "endpoint-interface",
  "addresses",
  "source-route",
  "reverse-path-filter",
] as const;

/** Checks of what happened so far. */
export const COUNTER_CHECKS = [
  "counters",
  "counter-blackhole",
  "counter-join-unanswered",
  "counter-join-bind",
  "counter-join-connect",
  "counter-add-addr-dropped",
  "counter-join-rejected",
  "counter-join-incomplete",
  "counter-join-stray",
  "counter-join-hmac",
  "counter-options-stripped",
  "counter-data-changed",
] as const;

/** Checks of what QUIC, other programs and this one need. */
export const PROGRAM_CHECKS = [
  "libcrypto",
  "datagram-sockets",
  "udp-offload",
  "udp-buffers",
  "sockopts",
  "permission-net",
  "permission-ffi",
  "permission-sys",
  "permission-env",
  "permission-write",
] as const;

/** The stable name of a check. */
export type CheckCode =
  | (typeof KERNEL_CHECKS)[number]
  | (typeof PATH_CHECKS)[number]
  | (typeof COUNTER_CHECKS)[number]
  | (typeof PROGRAM_CHECKS)[number];

/** The checks that the answers rest on. */
export const CHECK_CODES: readonly CheckCode[] = [
  ...KERNEL_CHECKS,
  ...PATH_CHECKS,
  ...COUNTER_CHECKS,
  ...PROGRAM_CHECKS,
];
