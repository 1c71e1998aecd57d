/** Recorded cases in which MPTCP works and a further path does not come up. */
import type { JoinControl, SubflowEvidence } from "../../../../lib/mptcp/diagnosis/mod.ts";
import { counters, FIRST, JOIN, mirrored, type Parts, SECOND_ADDRESS, TARGET } from "./recorded.ts";
import { type Expected, ONE_SUBFLOW, type Row, SHAKEN, TAKEN, WORKS } from "./row.ts";

function control(
  outcome: JoinControl["outcome"],
  sameServer: JoinControl["sameServer"] = "unknown",
  resent: JoinControl["resent"] = "no",
): JoinControl {
  return { local: "10.77.2.1", remote: TARGET, outcome, sameServer, resent };
}

const join = (
  name: string,
  client: string,
  server: string,
  both: Expected,
  one: Expected | null,
  more: Parts = {},
): Row => ({
  name,
  parts: {
    ...more,
    client: { counters: counters(`${SHAKEN} ${client}`), subflows: ONE_SUBFLOW, ...more.client },
    server: { counters: counters(`${TAKEN} ${server}`), subflows: [mirrored(FIRST)], ...more.server },
  },
  both: [WORKS, ...both],
  one: one === null ? null : [WORKS, ...one],
});

/** The client's counters when a join is reset after the SYN/ACK, whoever did it. */
const RESET_LATE = "MPJoinSynTx 1 MPJoinSynAckRx 1 MPRstTx 1";
const LATE_RESET: Expected = [
  ["join-cause-ambiguous", "proved"],
  ["join-rejected-by-peer", "possible"],
  ["join-stripped", "possible"],
  ["join-reset", "possible"],
];
/** The same when the SYN/ACK came without MP_JOIN. */
const NO_OPTION = "MPJoinSynTx 1 MPRstTx 1";
const ANOTHER_SYNACK: Expected = [
  ["join-cause-ambiguous", "proved"],
  ["join-stripped", "possible"],
  ["join-wrong-server", "possible"],
];
/** The same when a reset answers the SYN, where plain TCP connects. */
const RESET_SYN: Expected = [
  ["join-cause-ambiguous", "proved"],
  ["join-reset", "possible"],
  ["join-wrong-server", "possible"],
  ["join-rejected-by-peer", "possible"],
];
/** What one end sees of a join that the other does not take in. */
const STALLED: Expected = [
  ["join-cause-ambiguous", "proved"],
  ["join-stalled-by-accept-filter", "possible"],
  ["join-dropped", "possible"],
  ["join-return-path", "possible"],
];

/** What chance does, or a middlebox. */
const LOST: Expected = [
  ["join-cause-ambiguous", "proved"],
  ["join-path-lossy", "possible"],
  ["join-dropped", "possible"],
];
const UNFINISHED: Expected = [["join-unfinished", "likely"]];

const SYN_SENT = { ...JOIN, state: "syn-sent", complete: "no" } as const;
const HALF_OPEN = { ...JOIN, complete: "no", heldMs: 3000 } as const;
const HALF = {
  subflows: [FIRST, HALF_OPEN],
  counters: counters(`${SHAKEN} MPJoinSynTx 1 MPJoinSynAckRx 1`),
} as const;

const LATE_GONE = { counters: counters(`${SHAKEN} MPJoinSynTx 1 MPJoinSynAckRx 1 MPRstTx 1`) };

/** A join that works, and took its time. */
function late(times: Partial<SubflowEvidence>): Parts {
  return {
    client: {
      subflows: [FIRST, { ...JOIN, ...times }],
      counters: counters(`${SHAKEN} MPJoinSynTx 1 MPJoinSynAckRx 1`),
    },
    server: {
      counters: counters(`${TAKEN} MPJoinSynRx 1 MPJoinAckRx 1`),
      subflows: [mirrored(FIRST), mirrored(JOIN)],
    },
  };
}
const UNANSWERED = { client: { subflows: [FIRST, SYN_SENT], counters: counters(`${SHAKEN} MPJoinSynTx 1`) } };

export const JOIN_ROWS: readonly Row[] = [
  join("ADD_ADDR is dropped, and the connection goes on", "", "AddAddrTx 3", [[
    "add-addr-stripped",
    "proved",
  ]], [
    ["no-extra-address", "proved"],
  ], { host: { pathManager: { kind: "kernel", subflows: 4, addAddrAccepted: 4, endpoints: [] } } }),
  join("MP_JOIN is removed from the SYN", NO_OPTION, "", [["join-stripped", "proved"]], ANOTHER_SYNACK, {
    joins: { controls: [control("connected", "yes")] },
  }),
  join(
    "MP_JOIN is removed from the SYN/ACK",
    NO_OPTION,
    "MPJoinSynRx 1",
    [["join-stripped", "proved"]],
    ANOTHER_SYNACK,
    {
      joins: { controls: [control("connected", "yes")] },
    },
  ),
  join(
    "the second path leads to a server without MPTCP",
    NO_OPTION,
    "",
    [["join-wrong-server", "proved"]],
    ANOTHER_SYNACK,
    {
      joins: { controls: [control("connected", "no")] },
    },
  ),
  join(
    "a SYN/ACK without MP_JOIN, and the control got no answer",
    NO_OPTION,
    "",
    ANOTHER_SYNACK,
    ANOTHER_SYNACK,
    {
      joins: { controls: [control("connected")] },
    },
  ),
  join(
    "MP_JOIN is removed from the third packet",
    RESET_LATE,
    "MPJoinSynRx 1 TcpOutRsts 1",
    [["join-stripped", "likely"]],
    LATE_RESET,
  ),
  join(
    "a middlebox resets the join at its third packet",
    RESET_LATE,
    "MPJoinSynRx 1",
    [["join-reset", "likely"]],
    LATE_RESET,
  ),
  join("the second path is dead", "", "", [["join-path-dead", "proved"]], [
    ["join-cause-ambiguous", "proved"],
    ["join-path-dead", "possible"],
    ["join-return-path", "possible"],
  ], { ...UNANSWERED, joins: { controls: [control("timed-out")] } }),
  join("SYNs with MP_JOIN are dropped where plain TCP passes", "", "", [["join-dropped", "proved"]], [
    ["join-dropped", "likely"],
  ], { ...UNANSWERED, joins: { controls: [control("connected")] } }),
  join("the SYNs of a join were lost by chance, where plain TCP loses packets too", "", "", LOST, LOST, {
    ...UNANSWERED,
    joins: { controls: [control("connected", "yes", "yes")] },
  }),
  join("the way of a join is longer than the wait for it", "", "", UNFINISHED, UNFINISHED, {
    client: {
      subflows: [FIRST, { ...HALF_OPEN, rttMs: 2000 }],
      counters: counters(`${SHAKEN} MPJoinSynTx 1 MPJoinSynAckRx 1`),
    },
    server: { counters: counters(`${TAKEN} MPJoinSynRx 1 MPJoinAckRx 1`) },
  }),
  join("no control over the second path", "", "", [
    ["join-cause-ambiguous", "proved"],
    ["join-path-dead", "possible"],
    ["join-dropped", "possible"],
    ["join-prohibited", "possible"],
  ], [
    ["join-cause-ambiguous", "proved"],
    ["join-path-dead", "possible"],
    ["join-return-path", "possible"],
    ["join-dropped", "possible"],
    ["join-prohibited", "possible"],
  ], UNANSWERED),
  join("nothing comes back on the second path", "", "MPJoinSynRx 1", [["join-return-path", "proved"]], [
    ["join-cause-ambiguous", "proved"],
    ["join-path-dead", "possible"],
    ["join-return-path", "possible"],
  ], { ...UNANSWERED, joins: { controls: [control("timed-out")] } }),
  join("a router refuses the second path", "", "", [["join-prohibited", "likely"]], [[
    "join-prohibited",
    "likely",
  ]], {
    ...UNANSWERED,
    joins: { controls: [control("unreachable")] },
  }),
  join("a firewall resets everything on the second path", "MPJoinSynTx 1", "", [["join-reset", "proved"]], [[
    "join-reset",
    "proved",
  ]], { joins: { controls: [control("refused")] } }),
  join("something resets joins alone", "MPJoinSynTx 1", "", [["join-reset", "likely"]], RESET_SYN, {
    joins: { controls: [control("connected", "yes")] },
  }),
  join(
    "the server no longer knows the connection",
    "MPJoinSynTx 1",
    "MPJoinNoTokenFound 1",
    [
      ["join-rejected-by-peer", "likely"],
    ],
    RESET_SYN,
    { joins: { controls: [control("connected", "yes")] } },
  ),
  join("a join is reset, and it is not known by whom", "MPJoinSynTx 1", "", RESET_SYN, RESET_SYN, {
    joins: { controls: [control("connected")] },
  }),
  join(
    "the second path leads to another server",
    "MPJoinSynTx 1",
    "",
    [["join-wrong-server", "proved"]],
    RESET_SYN,
    {
      joins: { controls: [control("connected", "no")] },
    },
  ),
  join(
    "the server allows no further subflow",
    RESET_LATE,
    "MPJoinSynRx 1 MPJoinRejected 1 TcpOutRsts 1",
    [["join-rejected-by-peer", "proved"]],
    LATE_RESET,
  ),
  join(
    "the server says in its reset that it prohibits the join",
    RESET_LATE,
    "MPJoinSynRx 1 MPJoinRejected 1",
    [
      ["join-rejected-by-peer", "proved"],
    ],
    [["join-rejected-by-peer", "likely"]],
    {
      events: [{
        kind: "subflow-closed",
        local: "10.77.2.1",
        remote: "10.78.1.2",
        error: null,
        resetReason: 3,
        denyInitialJoins: "unknown",
      }],
    },
  ),
  ...([
    [
      "an accept filter holds the join back",
      "yes",
      "TCPDeferAcceptDrop 60",
      "join-stalled-by-accept-filter",
      "proved",
    ],
    [
      "an accept filter is there, and the third packet of a join is dropped",
      "yes",
      "",
      "join-dropped",
      "likely",
    ],
    ["the third packet of a join is dropped", "no", "", "join-dropped", "likely"],
    [
      "the third packet of a join is dropped, beside somebody's accept filter",
      "no",
      "TCPDeferAcceptDrop 9",
      "join-dropped",
      "likely",
    ],
  ] as const).map(([name, deferAccept, counted, code, certainty]) =>
    join(name, "", "", [[code, certainty]], STALLED, {
      client: HALF,
      server: { deferAccept, counters: counters(`${TAKEN} MPJoinSynRx 1 ${counted}`) },
    })
  ),
  join(
    "a join is held back, and an older server does not tell of its listener",
    "",
    "",
    [
      ["join-cause-ambiguous", "proved"],
      ["join-stalled-by-accept-filter", "possible"],
      ["join-dropped", "possible"],
    ],
    STALLED,
    {
      client: HALF,
      server: { deferAccept: "unknown", counters: counters(`${TAKEN} MPJoinSynRx 1 TCPDeferAcceptDrop 60`) },
    },
  ),
  join(
    "what completes the join does not come back",
    "",
    "MPJoinSynRx 1 MPJoinAckRx 1",
    [
      ["join-return-path", "likely"],
    ],
    STALLED,
    { client: HALF },
  ),
  join(
    "an accept filter lets the join through after a second",
    "",
    "",
    [["join-stalled-by-accept-filter", "likely"]],
    [["join-stalled-by-accept-filter", "likely"]],
    {
      client: {
        subflows: [FIRST, { ...JOIN, heldMs: 1007 }],
        counters: counters(`${SHAKEN} MPJoinSynTx 1 MPJoinSynAckRx 1`),
      },
      server: {
        deferAccept: "yes",
        counters: counters(`${TAKEN} MPJoinSynRx 1 MPJoinAckRx 1 TCPDeferAcceptDrop 110`),
        subflows: [mirrored(FIRST), mirrored(JOIN)],
      },
    },
  ),
  join(
    "an accept filter lets the join through when the server has closed the connection",
    RESET_LATE,
    "",
    [["join-stalled-by-accept-filter", "likely"]],
    [
      ["join-cause-ambiguous", "proved"],
      ["join-stalled-by-accept-filter", "possible"],
      ["join-rejected-by-peer", "possible"],
      ["join-stripped", "possible"],
      ["join-reset", "possible"],
    ],
    {
      client: { ...LATE_GONE, subflows: [FIRST, { ...HALF_OPEN, state: "gone", heldMs: 30_000 }] },
      server: {
        deferAccept: "yes",
        counters: counters(`${TAKEN} MPJoinSynRx 1 MPJoinRejected 1 TcpOutRsts 1 TCPDeferAcceptDrop 3691`),
      },
    },
  ),
  join("a path of a satellite takes its time", "", "", [], [], late({ heldMs: 2100, rttMs: 600 })),
  join("the SYN of a path was lost once", "", "", [], [], late({ heldMs: 1007, resent: "yes" })),
  join(
    "the answer to the join does not fit the keys",
    "MPJoinSynTx 1 MPJoinSynAckRx 1 MPJoinSynAckHMacFailure 1",
    "MPJoinSynRx 1",
    [[
      "join-authentication-failed",
      "proved",
    ]],
    [["join-authentication-failed", "proved"]],
  ),
  join(
    "the server denies joins to its first address",
    "",
    "",
    [["join-denied-to-initial-address", "proved"]],
    [[
      "join-denied-to-initial-address",
      "likely",
    ]],
    { server: { initialJoins: "no" } },
  ),
  join("the endpoint's address is not here", "MPJoinSynTxBindErr 1", "", [["endpoint-not-local", "proved"]], [
    [
      "endpoint-not-local",
      "proved",
    ],
  ], {
    host: {
      pathManager: {
        kind: "kernel",
        subflows: 4,
        addAddrAccepted: 4,
        endpoints: [{ ...SECOND_ADDRESS, onHost: "no" }],
      },
    },
  }),
  join("no route for the endpoint", "MPJoinSynTxConnectErr 1", "", [["join-no-route", "proved"]], [[
    "join-no-route",
    "proved",
  ]]),
  join("the limits of this host allow no further subflow", "", "", [["join-limit-local", "proved"]], [[
    "join-limit-local",
    "proved",
  ]], {
    host: { pathManager: { kind: "kernel", subflows: 0, addAddrAccepted: 0, endpoints: [SECOND_ADDRESS] } },
  }),
  join("this host uses no announced address", "AddAddr 1 AddAddrDrop 1", "AddAddrTx 1", [[
    "join-limit-local",
    "proved",
  ]], [[
    "join-limit-local",
    "proved",
  ]], { host: { pathManager: { kind: "kernel", subflows: 2, addAddrAccepted: 0, endpoints: [] } } }),
  join("no endpoint and no announcement", "", "", [["no-extra-address", "proved"]], [[
    "no-extra-address",
    "proved",
  ]], {
    host: { pathManager: { kind: "kernel", subflows: 2, addAddrAccepted: 2, endpoints: [] } },
  }),
  join("a program decides about subflows, and does not", "", "", [["userspace-path-manager", "proved"]], [[
    "userspace-path-manager",
    "proved",
  ]], { host: { pathManager: { kind: "userspace", subflows: 2, addAddrAccepted: 0, endpoints: [] } } }),
];
