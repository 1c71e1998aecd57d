/** Impairments of further paths, and of their announcements. */
import {
  broken,
  ENDPOINTS,
  fine,
  JOIN_AMBIGUOUS,
  type KernelRow,
  LATE_RESET,
  NO_ANSWER,
  NO_OPTION,
  row,
  STALLED,
  SYSCTL,
} from "./expectations.ts";
import type { Impairment } from "./impaired_lab.ts";

export const JOIN_ROWS: readonly KernelRow[] = [
  {
    name: "MP_JOIN is removed from SYNs",
    both: true,
    boxes: [{ kind: "strip", option: "mp-join", packets: "syn" }],
    mpt: fine(["join-stripped", "proved"]),
    web: fine(...NO_OPTION),
  },
  {
    name: "MP_JOIN is removed from SYN/ACKs",
    both: true,
    boxes: [{ kind: "strip", option: "mp-join", packets: "synack" }],
    mpt: fine(["join-stripped", "proved"]),
    web: fine(...NO_OPTION),
  },
  {
    name: "MP_JOIN is removed from the last packet of the handshake",
    both: true,
    boxes: [{ kind: "strip", option: "mp-join", packets: "after-syn" }],
    mpt: fine(["join-stripped", "likely"]),
    web: fine(...LATE_RESET),
  },
  {
    name: "the last packet of the handshake of a join is reset",
    both: true,
    rules: row("tcp flags & syn == 0 tcp option mptcp subtype 1 reject with tcp reset"),
    mpt: fine(["join-reset", "likely"]),
    web: fine(...LATE_RESET),
  },
  {
    name: "the last packet of the handshake of a join is dropped",
    both: true,
    rules: row("tcp flags & syn == 0 tcp option mptcp subtype 1 drop"),
    mpt: fine(["join-dropped", "likely"]),
    web: fine(...STALLED),
  },
  {
    name: "what completes a join does not come back",
    both: true,
    rules: row('oifname "c2" tcp flags & syn == 0 drop'),
    mpt: fine(["join-return-path", "likely"]),
    web: fine(...STALLED),
  },
  {
    name: "SYNs with MP_JOIN are dropped",
    both: true,
    boxes: [{ kind: "drop", option: "mp-join", packets: "syn" }],
    mpt: fine(["join-dropped", "proved"]),
    web: fine(["join-dropped", "likely"]),
  },
  {
    name: "SYNs with MP_JOIN are dropped, where plain TCP loses some too",
    rules: [
      "add table inet row; add set inet row seen { type inet_service . inet_service; flags dynamic; timeout 60s; }",
      "add chain inet row f { type filter hook forward priority 10; }",
      "add rule inet row f tcp flags & (syn|ack) == syn tcp option mptcp subtype 1 drop",
      'add rule inet row f iifname "c2" tcp flags & (syn|ack) == syn tcp sport . tcp dport != @seen add @seen { tcp sport . tcp dport } drop',
    ].join("; "),
    mpt: fine(JOIN_AMBIGUOUS, ["join-path-lossy", "possible"], ["join-dropped", "possible"]),
    web: fine(JOIN_AMBIGUOUS, ["join-path-lossy", "possible"], ["join-dropped", "possible"]),
  },
  {
    name: "the second path takes no connections",
    both: true,
    boxes: [{ kind: "drop", option: "any", packets: "syn", direction: "up", path: "path2" }],
    mpt: fine(["join-path-dead", "proved"]),
    web: fine(...NO_ANSWER),
  },
  {
    name: "nothing comes back on the second path",
    both: true,
    boxes: [{ kind: "drop", option: "any", direction: "down", path: "path2" }],
    mpt: fine(["join-return-path", "proved"]),
    web: fine(...NO_ANSWER),
  },
  {
    name: "the second path resets connections",
    both: true,
    boxes: [{ kind: "reject", how: "reset", packets: "syn", direction: "up", path: "path2" }],
    mpt: fine(["join-reset", "proved"]),
    web: fine(["join-reset", "proved"]),
  },
  {
    name: "a router on the second path prohibits connections",
    both: true,
    boxes: [{ kind: "reject", how: "icmp-admin-prohibited", packets: "syn", direction: "up", path: "path2" }],
    mpt: fine(["join-prohibited", "likely"]),
    web: fine(["join-prohibited", "likely"]),
  },
  {
    name: "the server takes no further subflows",
    both: true,
    set: [["server", "ip mptcp limits set subflows 0"]],
    unset: [["server", "ip mptcp limits set subflows 8"]],
    mpt: fine(["join-rejected-by-peer", "proved"]),
    web: fine(...LATE_RESET),
  },
  {
    name: "the server denies joins to its first address",
    both: true,
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
    web: fine(...NO_ANSWER),
  },
  ...announcing(6),
];

/** ADD_ADDR has another size for each family. */
function announcing(family: 6): readonly KernelRow[] {
  const announce: Impairment = {
    set: [["server", "ip mptcp endpoint add fd78:0:0:2::2 dev path2 signal"]],
    unset: [["server", "ip mptcp endpoint flush"]],
  };
  return [
    {
      name: `the option of announcements is stripped`,
      family,
      stuck: true,
      boxes: [{ kind: "strip", option: "add-addr" }],
      set: [["client", "ip mptcp endpoint flush"], ...announce.set!],
      unset: [["client", ENDPOINTS], ...announce.unset!],
      mpt: broken(["add-addr-stripped", "likely"]),
      web: null,
    },
    {
      name: `announcements are dropped`,
      family,
      boxes: [{ kind: "drop", option: "add-addr" }],
      ...announce,
      mpt: fine(["add-addr-stripped", "proved"]),
      web: null,
    },
  ];
}
