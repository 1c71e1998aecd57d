import { setting, testCases } from "./cases.ts";

testCases([
  ["enabled 1", {}, "enabled", "ok", /allowed/],
  ["enabled 0 with a socket", setting("net/mptcp/enabled", "0"), "enabled", "fail", /refused/, /enabled=1/],
  ["checksums", setting("net/mptcp/checksum_enabled", "1"), "checksum", "ok", /cost of throughput/],
  [
    "no joins to the first address",
    setting("net/mptcp/allow_join_initial_addr_port", "0"),
    "join-initial-address",
    "warn",
    /load balancer/,
    /=1$/,
  ],
  ["a blackhole timeout", {}, "blackhole-timeout", "ok", /3600 s/],
  [
    "no blackhole timeout",
    setting("net/mptcp/blackhole_timeout", "0"),
    "blackhole-timeout",
    "ok",
    /waits anew/,
  ],
  ["2 SYNs", {}, "syn-retransmissions", "ok", /takes 3 s/],
  [
    "2 SYNs of Linux before 6.5",
    setting("net/ipv4/tcp_syn_linear_timeouts", null),
    "syn-retransmissions",
    "ok",
    /takes 7 s/,
  ],
  [
    "8 SYNs",
    setting("net/mptcp/syn_retrans_before_tcp_fallback", "8"),
    "syn-retransmissions",
    "warn",
    /takes 35 s/,
    /=2$/,
  ],
  [
    "paths that never go stale",
    setting("net/mptcp/stale_loss_cnt", "0"),
    "stale-loss-count",
    "warn",
    /never set aside/,
    /=4$/,
  ],
  ["another scheduler", setting("net/mptcp/scheduler", "burst"), "scheduler", "ok", /burst/],
]);
