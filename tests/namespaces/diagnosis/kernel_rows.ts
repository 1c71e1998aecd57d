/** One row for each impairment: what is done to the network, and what `mpt probe` must then say. */
import type { DiagnosisCode } from "../../../lib/mptcp/diagnosis/mod.ts";
import type { Impairment } from "./impaired_lab.ts";

/** Every verdict with its certainty, in order, and the exit status with `--require mptcp`. */
export interface Expectation {
  readonly exit: 0 | 1 | 3;
  readonly verdicts: readonly (readonly [DiagnosisCode, "proved" | "likely" | "possible"])[];
}

/** An impairment and what follows. */
export interface KernelRow extends Impairment {
  readonly name: string;
  readonly family?: 4 | 6;
  readonly args?: readonly string[];
  /** The servers are left with a connection that they believe in. */
  readonly stuck?: true;
  /** With `mpt serve` at the far end. */
  readonly mpt: Expectation | null;
  /** With a web server at the far end. */
  readonly web: Expectation | null;
}

const WORKS = ["mptcp-works", "proved"] as const;
const AMBIGUOUS = ["fallback-cause-ambiguous", "proved"] as const;
const JOIN_AMBIGUOUS = ["join-cause-ambiguous", "proved"] as const;

/** What one end alone knows after a fallback in the handshake. */
export const HANDSHAKE: Expectation = {
  exit: 1,
  verdicts: [
    AMBIGUOUS,
    ["peer-without-mptcp", "possible"],
    ["option-stripped-syn", "possible"],
    ["option-stripped-synack", "possible"],
    ["tcp-proxy", "possible"],
  ],
};

const AFTER: Expectation = {
  exit: 1,
  verdicts: [
    AMBIGUOUS,
    ["option-stripped-after-handshake", "possible"],
    ["option-stripped-data", "possible"],
    ["add-addr-stripped", "possible"],
  ],
};

const fine = (...verdicts: Expectation["verdicts"]): Expectation => ({
  exit: 0,
  verdicts: [WORKS, ...verdicts],
});
const broken = (...verdicts: Expectation["verdicts"]): Expectation => ({ exit: 1, verdicts });
const untestable = (...verdicts: Expectation["verdicts"]): Expectation => ({ exit: 3, verdicts });

const NO_JOINS = ["--join-timeout", "0"] as const;
/** The endpoints that the lab gives the client. */
const ENDPOINTS = [
  "ip mptcp endpoint add 10.77.2.1 dev path2 subflow",
  "ip mptcp endpoint add fd77:0:0:2::1 dev path2 subflow",
].join("; ");
const SYSCTL = "/proc/sys/net/mptcp";

export const KERNEL_ROWS: readonly KernelRow[] = [
  { name: "nothing in the way", mpt: fine(), web: fine() },
  { name: "nothing in the way, over IPv6", family: 6, mpt: fine(), web: null },
  // the handshake
  {
    name: "the option is removed from the SYN",
    boxes: [{ kind: "strip", packets: "syn" }],
    mpt: broken(["option-stripped-syn", "proved"]),
    web: HANDSHAKE,
  },
  {
    name: "the option is removed from the SYN, over IPv6",
    family: 6,
    boxes: [{ kind: "strip", packets: "syn" }],
    mpt: broken(["option-stripped-syn", "proved"]),
    web: null,
  },
  {
    name: "the option is removed from the SYN/ACK",
    boxes: [{ kind: "strip", packets: "synack" }],
    mpt: broken(["option-stripped-synack", "proved"]),
    web: HANDSHAKE,
  },
  {
    name: "a TCP proxy takes the probed port",
    boxes: [{ kind: "proxy", port: 4433 }],
    mpt: broken(["tcp-proxy", "likely"]),
    web: null,
  },
  {
    name: "a TCP proxy takes the port of the web server",
    boxes: [{ kind: "proxy", port: 8080 }],
    mpt: null,
    web: HANDSHAKE,
  },
  {
    name: "SYNs with the option are dropped",
    boxes: [{ kind: "drop", option: "mptcp", packets: "syn" }],
    mpt: broken(["syn-dropped", "proved"], ["blackhole-active", "proved"]),
    web: broken(["syn-dropped", "likely"], ["blackhole-active", "proved"]),
  },
  {
    name: "SYN/ACKs with the option are dropped",
    boxes: [{ kind: "drop", option: "mptcp", packets: "synack" }],
    args: ["--connect-timeout", "3.6"],
    mpt: broken(["synack-dropped", "proved"]),
    web: broken(["synack-dropped", "likely"], AMBIGUOUS, ["syn-dropped", "possible"]),
  },
  {
    name: "the probe gives up before the kernel does",
    boxes: [{ kind: "drop", option: "mptcp", packets: "syn" }],
    args: ["--connect-timeout", "0.5"],
    mpt: broken(["syn-dropped", "proved"]),
    web: broken(AMBIGUOUS, ["syn-dropped", "possible"], ["synack-dropped", "possible"]),
  },
  {
    name: "SYNs with the option are answered by a reset",
    rules: row("tcp flags & (syn|ack) == syn tcp option mptcp exists reject with tcp reset"),
    mpt: broken(["syn-rejected", "likely"]),
    web: broken(["syn-rejected", "likely"]),
  },
  {
    name: "nothing gets through",
    rules: row("tcp flags & (syn|ack) == syn drop"),
    args: ["--connect-timeout", "0.5"],
    mpt: broken(["mptcp-fails", "proved"], ["tcp-fails", "proved"]),
    web: null,
  },
  // after the handshake
  {
    name: "everything after the SYN is stripped",
    boxes: [{ kind: "strip", packets: "after-syn" }],
    mpt: broken(["option-stripped-after-handshake", "proved"]),
    web: AFTER,
  },
  {
    name: "only the option of data is stripped",
    stuck: true,
    boxes: [{ kind: "strip", option: "dss" }],
    mpt: broken(["option-stripped-data", "proved"]),
    web: AFTER,
  },
  {
    name: "the option of announcements is stripped",
    stuck: true,
    boxes: [{ kind: "strip", option: "add-addr" }],
    set: [["server", "ip mptcp endpoint add 10.78.2.2 dev path2 signal"]],
    unset: [["server", "ip mptcp endpoint flush"]],
    mpt: broken(["add-addr-stripped", "likely"]),
    web: null,
  },
  {
    name: "announcements are dropped",
    boxes: [{ kind: "drop", option: "add-addr" }],
    set: [["server", "ip mptcp endpoint add 10.78.2.2 dev path2 signal"]],
    unset: [["server", "ip mptcp endpoint flush"]],
    mpt: fine(["add-addr-stripped", "proved"]),
    // What did not arrive is not missed.
    web: fine(),
  },
  {
    name: "packets with data are dropped",
    stuck: true,
    boxes: [{ kind: "drop", option: "dss" }],
    args: ["--data-timeout", "1.2"],
    mpt: broken(["data-dropped", "proved"]),
    web: broken(["data-dropped", "likely"]),
  },
  {
    name: "the option is stripped in mid-connection",
    stuck: true,
    rules: row("ct packets > 60 tcp option mptcp exists reset tcp option mptcp"),
    // A second path would save it.
    set: [["client", "ip mptcp endpoint flush"]],
    unset: [["client", ENDPOINTS]],
    args: [...NO_JOINS, "--data-timeout", "1.5"],
    mpt: broken(["option-stripped-midstream", "proved"]),
    web: null,
  },
  {
    name: "the payload is changed under the checksum",
    stuck: true,
    rules: row('iifname "c1" meta length > 1000 @ih,0,32 set 0x58585858'),
    set: [["client", `echo 1 > ${SYSCTL}/checksum_enabled`], [
      "server",
      `echo 1 > ${SYSCTL}/checksum_enabled`,
    ]],
    unset: [["client", `echo 0 > ${SYSCTL}/checksum_enabled`], [
      "server",
      `echo 0 > ${SYSCTL}/checksum_enabled`,
    ]],
    args: [...NO_JOINS, "--data-timeout", "1.5"],
    mpt: broken(["checksum-failure", "proved"]),
    web: null,
  },
  // address translation
  {
    name: "address translation on both paths",
    boxes: [{ kind: "nat" }],
    mpt: fine(["nat", "proved"]),
    web: fine(),
  },
  // joins
  {
    name: "MP_JOIN is removed from SYNs",
    boxes: [{ kind: "strip", option: "mp-join", packets: "syn" }],
    mpt: fine(["join-stripped", "proved"]),
    web: fine(["join-stripped", "likely"]),
  },
  {
    name: "MP_JOIN is removed from SYN/ACKs",
    boxes: [{ kind: "strip", option: "mp-join", packets: "synack" }],
    mpt: fine(["join-stripped", "proved"]),
    web: null,
  },
  {
    name: "MP_JOIN is removed from the last packet of the handshake",
    boxes: [{ kind: "strip", option: "mp-join", packets: "after-syn" }],
    mpt: fine(["join-stripped", "likely"]),
    web: fine(["join-rejected-by-peer", "likely"]),
  },
  {
    name: "SYNs with MP_JOIN are dropped",
    boxes: [{ kind: "drop", option: "mp-join", packets: "syn" }],
    mpt: fine(["join-dropped", "proved"]),
    web: fine(["join-dropped", "likely"]),
  },
  {
    name: "the second path takes no connections",
    boxes: [{ kind: "drop", option: "any", packets: "syn", direction: "up", path: "path2" }],
    mpt: fine(["join-path-dead", "proved"]),
    web: fine(JOIN_AMBIGUOUS, ["join-path-dead", "possible"], ["join-return-path", "possible"]),
  },
  {
    name: "the second path takes no connections, over IPv6",
    family: 6,
    boxes: [{ kind: "drop", option: "any", packets: "syn", direction: "up", path: "path2" }],
    mpt: fine(["join-path-dead", "proved"]),
    web: null,
  },
  {
    name: "nothing comes back on the second path",
    boxes: [{ kind: "drop", option: "any", direction: "down", path: "path2" }],
    mpt: fine(["join-return-path", "proved"]),
    web: null,
  },
  {
    name: "the second path resets connections",
    boxes: [{ kind: "reject", how: "reset", packets: "syn", direction: "up", path: "path2" }],
    mpt: fine(["join-reset", "proved"]),
    web: fine(["join-reset", "proved"]),
  },
  {
    name: "a router on the second path prohibits connections",
    boxes: [{ kind: "reject", how: "icmp-admin-prohibited", packets: "syn", direction: "up", path: "path2" }],
    mpt: fine(["join-prohibited", "likely"]),
    web: fine(["join-prohibited", "likely"]),
  },
  {
    name: "the server takes no further subflows",
    set: [["server", "ip mptcp limits set subflows 0"]],
    unset: [["server", "ip mptcp limits set subflows 8"]],
    mpt: fine(["join-rejected-by-peer", "proved"]),
    web: fine(["join-rejected-by-peer", "likely"]),
  },
  {
    name: "the server denies joins to its first address",
    set: [["server", `echo 0 > ${SYSCTL}/allow_join_initial_addr_port`]],
    unset: [["server", `echo 1 > ${SYSCTL}/allow_join_initial_addr_port`]],
    mpt: fine(["join-denied-to-initial-address", "proved"]),
    // The event of the connection says so, and the client may hear it.
    web: fine(["join-denied-to-initial-address", "proved"]),
  },
  {
    name: "the server announces its second address, and nothing stands in the way",
    set: [
      ["client", "ip mptcp endpoint flush"],
      ["server", "ip mptcp endpoint add 10.78.2.2 dev path2 signal"],
    ],
    unset: [["client", ENDPOINTS], ["server", "ip mptcp endpoint flush"]],
    mpt: fine(),
    web: fine(),
  },
  {
    name: "the announced address is behind a dead path",
    rules: row("ip daddr 10.78.2.2 drop"),
    set: [
      ["client", "ip mptcp endpoint flush"],
      ["server", "ip mptcp endpoint add 10.78.2.2 dev path2 signal"],
    ],
    unset: [["client", ENDPOINTS], ["server", "ip mptcp endpoint flush"]],
    mpt: fine(["join-path-dead", "proved"]),
    web: fine(JOIN_AMBIGUOUS, ["join-path-dead", "possible"], ["join-return-path", "possible"]),
  },
  // this host
  {
    name: "the endpoint's address is not on this host",
    set: [["client", "ip mptcp endpoint flush; ip mptcp endpoint add 10.77.9.9 subflow"]],
    unset: [["client", `ip mptcp endpoint flush; ${ENDPOINTS}`]],
    mpt: fine(["endpoint-not-local", "proved"]),
    web: fine(["endpoint-not-local", "proved"]),
  },
  {
    name: "this host has no further endpoint",
    set: [["client", "ip mptcp endpoint flush"]],
    unset: [["client", ENDPOINTS]],
    mpt: fine(["no-extra-address", "proved"]),
    web: fine(["no-extra-address", "proved"]),
  },
  {
    name: "the limits of this host allow no further subflow",
    set: [["client", "ip mptcp limits set subflows 0"]],
    unset: [["client", "ip mptcp limits set subflows 8"]],
    mpt: fine(["join-limit-local", "proved"]),
    web: null,
  },
  {
    name: "this host uses no announced address",
    set: [
      ["client", "ip mptcp endpoint flush; ip mptcp limits set add_addr_accepted 0"],
      ["server", "ip mptcp endpoint add 10.78.2.2 dev path2 signal"],
    ],
    unset: [
      [
        "client",
        `${ENDPOINTS}; ip mptcp limits set add_addr_accepted 8`,
      ],
      ["server", "ip mptcp endpoint flush"],
    ],
    mpt: fine(["join-limit-local", "proved"]),
    web: null,
  },
  {
    name: "a program is to decide about subflows, and there is none",
    set: [["client", `echo userspace > ${SYSCTL}/path_manager`]],
    unset: [["client", `echo kernel > ${SYSCTL}/path_manager`]],
    mpt: fine(["userspace-path-manager", "proved"]),
    web: null,
  },
  {
    name: "MPTCP is switched off on this host",
    set: [["client", `echo 0 > ${SYSCTL}/enabled`]],
    unset: [["client", `echo 1 > ${SYSCTL}/enabled`]],
    mpt: untestable(["mptcp-disabled", "proved"]),
    web: null,
  },
];

function row(rule: string): string {
  return table("type filter hook forward priority 10", rule);
}

/** The rules of a row: one chain in a table of its own. */
export function table(hook: string, rule: string): string {
  return `add table inet row; add chain inet row f { ${hook}; }; add rule inet row f ${rule}`;
}
