/** Every code, in the order of the stages of a connection. */
export const DIAGNOSIS_CODES = [
  // this host
  "kernel-without-mptcp",
  "mptcp-disabled",
  "forbidden",
  "mptcp-unknown",
  // the way to the target
  "mptcp-fails",
  "tcp-fails",
  "tcp-unknown",
  "tcp-works",
  "path-lossy",
  // the handshake
  "blackhole-active",
  "syn-dropped",
  "synack-dropped",
  "syn-rejected",
  "fallback-by-this-host",
  "peer-without-mptcp",
  "option-stripped-syn",
  "option-stripped-synack",
  "tcp-proxy",
  "fallback-cause-ambiguous",
  // after the handshake
  "option-stripped-after-handshake",
  "option-stripped-data",
  "add-addr-stripped",
  // mid-stream
  "data-dropped",
  "option-stripped-midstream",
  "checksum-failure",
  // joins
  "userspace-path-manager",
  "join-limit-local",
  "no-extra-address",
  "endpoint-not-local",
  "join-no-route",
  "join-denied-to-initial-address",
  "join-stripped",
  "join-dropped",
  "join-path-dead",
  "join-path-lossy",
  "join-unfinished",
  "join-return-path",
  "join-prohibited",
  "join-reset",
  "join-wrong-server",
  "join-authentication-failed",
  "join-rejected-by-peer",
  "join-stalled-by-accept-filter",
  "join-cause-ambiguous",
  // it works
  "mptcp-works",
  "nat",
  "multipath-penalty",
] as const;

/** The stable name of something that a diagnosis can find. */
export type DiagnosisCode = (typeof DIAGNOSIS_CODES)[number];
