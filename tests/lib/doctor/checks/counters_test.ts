import assert from "node:assert/strict";
import { evaluate } from "../../../../lib/doctor/evaluate.ts";
import { known } from "../../../../lib/doctor/fact.ts";
import type { Facts } from "../../../../lib/doctor/facts.ts";
import { healthy } from "../some_facts.ts";
import { testCases } from "./cases.ts";

function counters(values: Readonly<Record<string, number>>): Partial<Facts> {
  return { counters: known(new Map(Object.entries(values).map(([name, n]) => [`MPTcpExt${name}`, n]))) };
}

testCases([
  ["counters", {}, "counters", "ok", /3 of 4 outgoing connections got MPTCP/],
  ["no connections", counters({ MPCapableSYNTX: 0 }), "counters", "ok", /No MPTCP connection/],
  [
    "a blackhole",
    counters({ Blackhole: 2, MPCapableSYNTXDisabled: 497 }),
    "counter-blackhole",
    "warn",
    /\(2 times\), and 497 connections/,
    /^sysctl -w net\.mptcp\.blackhole_timeout=3600$/,
  ],
  [
    "joins without an answer",
    counters({ MPJoinSynTx: 5, MPJoinSynAckRx: 2 }),
    "counter-join-unanswered",
    "warn",
    /3 of 5 further subflows/,
  ],
  [
    "joins from an absent address",
    counters({ MPJoinSynTxBindErr: 1 }),
    "counter-join-bind",
    "warn",
    /1 further subflow could/,
  ],
  [
    "joins without a route",
    counters({ MPJoinSynTxConnectErr: 2 }),
    "counter-join-connect",
    "warn",
    /no route/,
  ],
  [
    "announced addresses beyond the limit",
    counters({ AddAddrDrop: 1 }),
    "counter-add-addr-dropped",
    "warn",
    /1 announced address /,
    /add_addr_accepted 2/,
  ],
  [
    "joins beyond the limit",
    counters({ MPJoinRejected: 3, MPJoinSynRx: 3 }),
    "counter-join-rejected",
    "warn",
    /refused 3 subflows/,
    /subflows 8/,
  ],
  [
    "joins that hang",
    counters({ MPJoinSynRx: 4, MPJoinAckRx: 1 }),
    "counter-join-incomplete",
    "warn",
    /3 of 4 subflows .* TCP_DEFER_ACCEPT/,
  ],
  [
    "joins for somebody else",
    counters({ MPJoinNoTokenFound: 1 }),
    "counter-join-stray",
    "warn",
    /load balancer/,
  ],
  ["joins with a wrong proof", counters({ MPJoinAckHMacFailure: 1 }), "counter-join-hmac", "warn", /proxy/],
  [
    "options that were removed later",
    counters({ MPCapableDataFallback: 1, DssFallback: 1 }),
    "counter-options-stripped",
    "warn",
    /2 connections lost MPTCP/,
  ],
  ["changed payload", counters({ DataCsumErr: 1 }), "counter-data-changed", "warn", /rewrites data/],
]);

Deno.test("a few connections in thousands that lost MPTCP make no check counter-options-stripped", () => {
  const facts = { ...healthy, ...counters({ MPCapableDataFallback: 9, MPCapableSYNACKRX: 2115 }) };
  assert.deepEqual(evaluate(facts).filter(({ code }) => code === "counter-options-stripped"), []);
});
