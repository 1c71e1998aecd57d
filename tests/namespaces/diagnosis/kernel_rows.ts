/** One row for each impairment: what is done to the network, and what `mpt probe` must then say. */
import {
  AFTER,
  AMBIGUOUS,
  broken,
  ENDPOINTS,
  type Expectation,
  fine,
  HANDSHAKE,
  HOLE,
  type KernelRow,
  NO_JOINS,
  row,
  SYN_OR_SYNACK,
  SYSCTL,
  TCP,
  untestable,
  WORKS,
} from "./expectations.ts";
import { JOIN_ROWS } from "./join_rows.ts";
import { XT_ROWS } from "./xt_rows.ts";

/** The first SYN of every connection is lost, the one that is sent again a second later passes. */
const LOSSY = [
  "add table inet row; add set inet row seen { type inet_service . inet_service; flags dynamic; timeout 60s; }",
  "add chain inet row f { type filter hook forward priority 10; }",
  "add rule inet row f tcp flags & (syn|ack) == syn tcp sport . tcp dport != @seen add @seen { tcp sport . tcp dport } drop",
].join("; ");

const BY_CHANCE: Expectation["verdicts"] = [
  AMBIGUOUS,
  ["path-lossy", "possible"],
  ["syn-dropped", "possible"],
  ["synack-dropped", "possible"],
];

const ROWS: readonly KernelRow[] = [
  { name: "nothing in the way", both: true, mpt: fine(), web: fine() },
  // the handshake
  {
    name: "the option is removed from the SYN",
    both: true,
    boxes: [{ kind: "strip", packets: "syn" }],
    mpt: broken(["option-stripped-syn", "proved"]),
    web: HANDSHAKE,
  },
  {
    name: "the option is removed from the SYN/ACK",
    both: true,
    boxes: [{ kind: "strip", packets: "synack" }],
    mpt: broken(["option-stripped-synack", "proved"]),
    web: HANDSHAKE,
  },
  {
    name: "a TCP proxy takes the probed port",
    both: true,
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
    web: broken(...SYN_OR_SYNACK, HOLE),
  },
  {
    name: "the first SYN of every connection is lost",
    both: true,
    rules: LOSSY,
    args: ["--join-timeout", "3"],
    mpt: fine(),
    web: fine(),
  },
  {
    name: "SYNs with the option are dropped, where plain TCP loses some too",
    rules: `${LOSSY}; add rule inet row f tcp flags & (syn|ack) == syn tcp option mptcp exists drop`,
    // By silence alone nobody can tell it from chance.
    mpt: broken(...BY_CHANCE, HOLE),
    web: broken(...BY_CHANCE, HOLE),
  },
  {
    name: "SYN/ACKs with the option are dropped",
    boxes: [{ kind: "drop", option: "mptcp", packets: "synack" }],
    args: ["--connect-timeout", "3.6"],
    mpt: broken(["synack-dropped", "proved"]),
    web: broken(AMBIGUOUS, ["synack-dropped", "possible"], ["syn-dropped", "possible"]),
  },
  {
    name: "SYN/ACKs with the option are dropped, and the server answers with SYN cookies",
    boxes: [{ kind: "drop", option: "mptcp", packets: "synack" }],
    set: [["server", `echo 2 > ${TCP}/tcp_syncookies`]],
    unset: [["server", `echo 1 > ${TCP}/tcp_syncookies`]],
    // The SYN comes three times, and without memory the server counts each.
    mpt: broken(["synack-dropped", "likely"], HOLE),
    web: broken(...SYN_OR_SYNACK, HOLE),
  },
  {
    name: "a filter drops SYNs with the option, and then the whole flow",
    rules: [
      "add table inet row; add set inet row refused { type inet_service; flags dynamic; timeout 60s; }",
      "add chain inet row f { type filter hook forward priority 10; }",
      "add rule inet row f tcp flags & (syn|ack) == syn tcp option mptcp exists add @refused { tcp sport }",
      "add rule inet row f tcp sport @refused drop",
    ].join("; "),
    args: ["--connect-timeout", "3.6"],
    mpt: broken(["syn-dropped", "proved"]),
    web: broken(AMBIGUOUS, ["synack-dropped", "possible"], ["syn-dropped", "possible"]),
  },
  {
    name: "the probe gives up before the kernel does",
    both: true,
    boxes: [{ kind: "drop", option: "mptcp", packets: "syn" }],
    args: ["--connect-timeout", "0.5"],
    // A single SYN may be lost by chance.
    mpt: broken(["syn-dropped", "likely"]),
    web: broken(...SYN_OR_SYNACK),
  },
  {
    name: "SYNs with the option are answered by a reset",
    both: true,
    rules: row("tcp flags & (syn|ack) == syn tcp option mptcp exists reject with tcp reset"),
    mpt: broken(["syn-rejected", "likely"]),
    web: broken(["syn-rejected", "likely"]),
  },
  {
    name: "nothing gets through",
    rules: row("tcp flags & (syn|ack) == syn drop"),
    args: ["--connect-timeout", "0.5"],
    mpt: broken(["mptcp-fails", "proved"], ["tcp-fails", "proved"]),
    web: broken(["mptcp-fails", "proved"], ["tcp-fails", "proved"]),
  },
  // after the handshake
  {
    name: "everything after the SYN is stripped",
    both: true,
    boxes: [{ kind: "strip", packets: "after-syn" }],
    mpt: broken(["option-stripped-after-handshake", "proved"]),
    web: AFTER,
  },
  {
    name: "only the option of data is stripped",
    both: true,
    stuck: true,
    boxes: [{ kind: "strip", option: "dss" }],
    mpt: broken(["option-stripped-data", "proved"]),
    web: AFTER,
  },
  {
    name: "the option of announcements is stripped",
    stuck: true,
    boxes: [{ kind: "strip", option: "add-addr" }],
    // With a second path the connection cannot fall back.
    set: [
      ["client", "ip mptcp endpoint flush"],
      ["server", "ip mptcp endpoint add 10.78.2.2 dev path2 signal"],
    ],
    unset: [["client", ENDPOINTS], ["server", "ip mptcp endpoint flush"]],
    mpt: broken(["add-addr-stripped", "likely"]),
    web: AFTER,
    // The announcement came after the data: nothing breaks then.
    or: { mpt: fine(["add-addr-stripped", "proved"]), web: fine(["no-extra-address", "proved"]) },
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
    both: true,
    stuck: true,
    boxes: [{ kind: "drop", option: "dss" }],
    args: ["--data-timeout", "1.2"],
    mpt: broken(["data-dropped", "proved"]),
    web: broken(["data-dropped", "likely"]),
  },
  {
    name: "the option is stripped in mid-connection",
    both: true,
    stuck: true,
    rules: row("ct packets > 60 tcp option mptcp exists reset tcp option mptcp"),
    // A second path would save it.
    set: [["client", "ip mptcp endpoint flush"]],
    unset: [["client", ENDPOINTS]],
    args: [...NO_JOINS, "--data-timeout", "1.5"],
    mpt: broken(["option-stripped-midstream", "proved"]),
    // One request is all that a stranger is asked: it is over before.
    web: fine(),
  },
  {
    name: "packets with data are dropped in mid-connection",
    both: true,
    stuck: true,
    rules: row("ct packets > 60 tcp option mptcp exists drop"),
    set: [["client", "ip mptcp endpoint flush"]],
    unset: [["client", ENDPOINTS]],
    args: [...NO_JOINS, "--data-timeout", "1.5"],
    mpt: broken(["data-dropped", "likely"]),
    // One request is all that a stranger is asked: it is over before.
    web: fine(),
  },
  {
    name: "the payload is changed under the checksum",
    stuck: true,
    rules: row('iifname "c1" meta length > 1000 @ih,0,32 set 0x58585858'),
    // A second path would save it.
    set: [["client", `ip mptcp endpoint flush; echo 1 > ${SYSCTL}/checksum_enabled`], [
      "server",
      `echo 1 > ${SYSCTL}/checksum_enabled`,
    ]],
    unset: [["client", `${ENDPOINTS}; echo 0 > ${SYSCTL}/checksum_enabled`], [
      "server",
      `echo 0 > ${SYSCTL}/checksum_enabled`,
    ]],
    args: [...NO_JOINS, "--data-timeout", "1.5"],
    mpt: broken(["checksum-failure", "proved"]),
    web: fine(),
  },
  {
    name: "the payload is changed on the second path, under the checksum",
    rules: row('iifname "c2" meta length > 1000 @ih,0,32 set 0x58585858'),
    set: [["client", `echo 1 > ${SYSCTL}/checksum_enabled`], [
      "server",
      `echo 1 > ${SYSCTL}/checksum_enabled`,
    ]],
    unset: [["client", `echo 0 > ${SYSCTL}/checksum_enabled`], [
      "server",
      `echo 0 > ${SYSCTL}/checksum_enabled`,
    ]],
    mpt: { exit: 0, verdicts: [["checksum-failure", "proved"], WORKS] },
    web: fine(),
  },
  // address translation
  {
    name: "address translation on both paths",
    both: true,
    boxes: [{ kind: "nat" }],
    mpt: fine(["nat", "proved"]),
    web: fine(),
  },
  ...JOIN_ROWS,
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
    both: true,
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
    web: fine(["join-limit-local", "proved"]),
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
    web: fine(["join-limit-local", "proved"]),
  },
  {
    name: "a program is to decide about subflows, and there is none",
    set: [["client", `echo userspace > ${SYSCTL}/path_manager`]],
    unset: [["client", `echo kernel > ${SYSCTL}/path_manager`]],
    mpt: fine(["userspace-path-manager", "proved"]),
    web: fine(["userspace-path-manager", "proved"]),
  },
  {
    name: "MPTCP is switched off on this host",
    set: [["client", `echo 0 > ${SYSCTL}/enabled`]],
    unset: [["client", `echo 1 > ${SYSCTL}/enabled`]],
    mpt: untestable(["mptcp-disabled", "proved"]),
    web: untestable(["mptcp-disabled", "proved"]),
  },
];

/** Over IPv4, both with `mpt serve` and with a web server. */
export const IPV4_ROWS: readonly KernelRow[] = [
  ...ROWS.filter(({ family }) => family !== 6),
  ...XT_ROWS,
];

/** Over IPv6, the same. */
export const IPV6_ROWS: readonly KernelRow[] = [
  ...ROWS.filter(({ both }) => both).map((each): KernelRow => ({ ...each, family: 6 })),
  ...ROWS.filter(({ family }) => family === 6),
];
