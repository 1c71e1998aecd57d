/** Recorded cases in which MPTCP works and a further path does not come up. */
import type { JoinControl } from "../../../../lib/mptcp/diagnosis/mod.ts";
import { counters, FIRST, JOIN, mirrored, type Parts, SECOND_ADDRESS, TARGET } from "./recorded.ts";
import { type Expected, ONE_SUBFLOW, type Row, SHAKEN, TAKEN, WORKS } from "./row.ts";

function control(
  outcome: JoinControl["outcome"],
  sameServer: JoinControl["sameServer"] = "unknown",
): JoinControl {
  return { local: "10.77.2.1", remote: TARGET, outcome, sameServer };
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

const SYN_SENT = { ...JOIN, state: "syn-sent", complete: "no" } as const;
const HALF_OPEN = { ...JOIN, complete: "no" } as const;
const UNANSWERED = { client: { subflows: [FIRST, SYN_SENT], counters: counters(`${SHAKEN} MPJoinSynTx 1`) } };

export const JOIN_ROWS: readonly Row[] = [
  join("ADD_ADDR is dropped, and the connection goes on", "", "AddAddrTx 3", [[
    "add-addr-stripped",
    "proved",
  ]], [
    ["no-extra-address", "proved"],
  ], { host: { pathManager: { kind: "kernel", subflows: 4, addAddrAccepted: 4, endpoints: [] } } }),
  join("MP_JOIN is removed from the SYN", "MPJoinSynTx 1 MPRstTx 1", "", [["join-stripped", "likely"]], [
    ["join-stripped", "likely"],
  ]),
  join(
    "MP_JOIN is removed from the SYN, on the way to the same server",
    "MPJoinSynTx 1 MPRstTx 1",
    "",
    [[
      "join-stripped",
      "proved",
    ]],
    [["join-stripped", "likely"]],
    { joins: { controls: [control("connected", "yes")] } },
  ),
  join("MP_JOIN is removed from the SYN/ACK", "MPJoinSynTx 1 MPRstTx 1", "MPJoinSynRx 1", [[
    "join-stripped",
    "proved",
  ]], [["join-stripped", "likely"]]),
  join(
    "MP_JOIN is removed from the third packet",
    "MPJoinSynTx 1 MPJoinSynAckRx 1 MPRstTx 1",
    "MPJoinSynRx 1",
    [["join-stripped", "likely"]],
    [["join-rejected-by-peer", "likely"]],
  ),
  join("the second path is dead", "", "", [["join-path-dead", "proved"]], [
    ["join-cause-ambiguous", "proved"],
    ["join-path-dead", "possible"],
    ["join-return-path", "possible"],
  ], { ...UNANSWERED, joins: { controls: [control("timed-out")] } }),
  join("SYNs with MP_JOIN are dropped where plain TCP passes", "", "", [["join-dropped", "proved"]], [
    ["join-dropped", "likely"],
  ], { ...UNANSWERED, joins: { controls: [control("connected")] } }),
  join("no control over the second path", "", "", [
    ["join-cause-ambiguous", "proved"],
    ["join-path-dead", "possible"],
    ["join-dropped", "possible"],
  ], [
    ["join-cause-ambiguous", "proved"],
    ["join-path-dead", "possible"],
    ["join-return-path", "possible"],
    ["join-dropped", "possible"],
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
  join("something resets joins alone", "MPJoinSynTx 1", "", [["join-reset", "likely"]], [[
    "join-reset",
    "likely",
  ]], {
    joins: { controls: [control("connected", "yes")] },
  }),
  join("a join is reset, and it is not known by whom", "MPJoinSynTx 1", "", [
    ["join-cause-ambiguous", "proved"],
    ["join-reset", "possible"],
    ["join-wrong-server", "possible"],
  ], [
    ["join-cause-ambiguous", "proved"],
    ["join-reset", "possible"],
    ["join-wrong-server", "possible"],
  ], { joins: { controls: [control("connected")] } }),
  join("the second path leads to another server", "MPJoinSynTx 1", "", [["join-wrong-server", "proved"]], [[
    "join-wrong-server",
    "proved",
  ]], { joins: { controls: [control("connected", "no")] } }),
  join(
    "the server allows no further subflow",
    "MPJoinSynTx 1 MPJoinSynAckRx 1 MPRstTx 1",
    "MPJoinSynRx 1 MPJoinRejected 1",
    [
      ["join-rejected-by-peer", "proved"],
    ],
    [["join-rejected-by-peer", "likely"]],
  ),
  join(
    "an accept filter holds the join back",
    "MPJoinSynTx 1 MPJoinSynAckRx 1",
    "MPJoinSynRx 1",
    [["join-stalled-by-accept-filter", "proved"]],
    [["join-stalled-by-accept-filter", "likely"]],
    {
      server: { deferAccept: "yes" },
      client: {
        subflows: [FIRST, HALF_OPEN],
        counters: counters(`${SHAKEN} MPJoinSynTx 1 MPJoinSynAckRx 1`),
      },
    },
  ),
  join("the third packet of a join is dropped", "", "MPJoinSynRx 1", [["join-dropped", "likely"]], [[
    "join-stalled-by-accept-filter",
    "likely",
  ]], {
    client: { subflows: [FIRST, HALF_OPEN], counters: counters(`${SHAKEN} MPJoinSynTx 1 MPJoinSynAckRx 1`) },
  }),
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
