import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import {
  claimedAddresses,
  sameServer,
  serverEvidence,
  subflowEvidence,
} from "../../../lib/probe/server_evidence.ts";
import { type CheckAnswer, parseCheckAnswer } from "../../../lib/protocol/check.ts";

function answer(fields: Readonly<Record<string, unknown>> = {}): CheckAnswer {
  const found = parseCheckAnswer(JSON.stringify({
    schema: "mpt.check/1",
    server: { name: "mpt", version: "0.1.0", instance: "a" },
    listener: "mptcp",
    transport: "mptcp",
    fallback: false,
    local: "198.51.100.1:4433",
    remote: "192.0.2.1:5000",
    paths: [],
    counters: {},
    addresses: [],
    syn_mirror_port: null,
    counter_window: null,
    subflows: null,
    mptcp: null,
    path_manager: null,
    limits: { max_bytes: 1, max_duration_ms: 1, token_required: false },
    ...fields,
  }));
  assert(found !== null);
  return found;
}

const NONE = { before: null, after: null, own: null, name: null, answered: false } as const;
const SYN = "MPTcpExtMPCapableSYNRX";
const LIVE = "MPTcpExtMPCurrEstab";

Deno.test("a server that said nothing is unknown, another's name is kept, and nothing of either is guessed", () => {
  const silent = serverEvidence(NONE);
  assert.deepEqual([silent.kind, silent.listener, silent.counters, silent.deferAccept], [
    "unknown",
    "unknown",
    "unknown",
    "unknown",
  ]);
  const other = serverEvidence({ ...NONE, answered: true, name: "nginx" });
  assert.deepEqual([other.kind, other.name, other.inForce, other.subflows], [
    "other",
    "nginx",
    "unknown",
    "unknown",
  ]);
});

Deno.test("the server's counters are the difference of two answers on the control connection", () => {
  const before = answer({ counters: { [SYN]: 5, [LIVE]: 0, onlyBefore: 1 } });
  const after = answer({ counters: { [SYN]: 6, [LIVE]: 1, onlyAfter: 1 } });
  const { counters } = serverEvidence({ ...NONE, before, after });
  assert.deepEqual(counters, { moved: { [SYN]: 1, [LIVE]: 1 }, shared: "no" });
});

Deno.test("more SYNs than ours, or connections that were there before, share the server's counters", () => {
  const sharedOf = (before: Record<string, number>, after: Record<string, number>): string => {
    const { counters } = serverEvidence({
      ...NONE,
      before: answer({ counters: before }),
      after: answer({ counters: after }),
    });
    return counters === "unknown" ? counters : counters.shared;
  };
  assert.equal(sharedOf({ [SYN]: 0, [LIVE]: 0 }, { [SYN]: 2, [LIVE]: 1 }), "yes");
  assert.equal(sharedOf({ [SYN]: 0, [LIVE]: 1 }, { [SYN]: 1, [LIVE]: 2 }), "yes");
  assert.equal(sharedOf({ [SYN]: 0 }, { [SYN]: 1 }), "unknown");
  assert.equal(sharedOf({}, {}), "unknown");
});

Deno.test("answers of two instances are not subtracted, and two that do not say are not called the same", () => {
  const other = answer({ server: { name: "mpt", version: "0.1.0", instance: "b" }, counters: { [SYN]: 9 } });
  assert.equal(
    serverEvidence({ ...NONE, before: answer({ counters: { [SYN]: 1 } }), after: other }).counters,
    "unknown",
  );
  const mute = answer({ server: { name: "mpt", version: "0.1.0" } });
  assert.deepEqual(
    [sameServer(answer(), answer()), sameServer(answer(), other), sameServer(mute, answer())],
    [
      "yes",
      "no",
      "unknown",
    ],
  );
});

Deno.test("without a control the server's last seconds stand for it", () => {
  const counter_window = {
    ms: 1000,
    counters: { [SYN]: 1 },
    other_connections: 0,
    established_before: 0,
    shared: "no",
  };
  assert.deepEqual(serverEvidence({ ...NONE, own: answer({ counter_window }) }).counters, {
    moved: { [SYN]: 1 },
    shared: "no",
  });
});

Deno.test("a subflow's state is what its TCP socket says, and what is not said is unknown", () => {
  const subflow = {
    local: "198.51.100.1:4433",
    remote: "192.0.2.1:5000",
    tcp_state: "syn-sent",
    flags: null,
    join: null,
    fully_established: null,
    backup: null,
    id_local: null,
    id_remote: null,
    retransmits: null,
    total_retransmits: null,
    backoff: null,
    bytes_sent: null,
    bytes_acked: null,
    bytes_received: null,
    bytes_retransmitted: null,
    last_ack_ms: null,
  } as const;
  const { role, state, complete, retransmitting } = subflowEvidence(subflow, 1);
  assert.deepEqual([role, state, complete, retransmitting], ["join", "syn-sent", "unknown", "unknown"]);
  const states = (["established", "closed", "close-wait", "unknown", "listen"] as const).map((tcp_state) =>
    subflowEvidence({ ...subflow, tcp_state, join: false, backoff: 1 }, 1)
  );
  assert.deepEqual(states.map((each) => each.state), [
    "established",
    "closing",
    "closing",
    "unknown",
    "unknown",
  ]);
  assert(states.every((each) => each.role === "first" && each.retransmitting === "yes"));
});

Deno.test("the addresses that a server announces are believed as far as it counted announcements", () => {
  const target = Endpoint.parse("198.51.100.1:4433");
  const endpoint = (address: string, flags: readonly string[], port: number | null = null) => ({
    ...{ id: 1, address, port, interface: null, flags },
  });
  const own = answer({
    path_manager: {
      ...{ kind: "kernel", subflows_max: 2, add_addr_accepted_max: 0 },
      ...{ allow_join_initial_address: true, checksum_enabled: false },
      endpoints: [
        endpoint("198.51.100.1", ["signal"]),
        endpoint("198.51.100.2", ["signal"]),
        endpoint("198.51.100.3", ["signal"], 5000),
        endpoint("198.51.100.4", ["subflow"]),
        endpoint("2001:db8::2", ["signal"]),
      ],
    },
  });
  const sent = (times: number) =>
    claimedAddresses(own, { moved: { MPTcpExtAddAddrTx: times }, shared: "no" }, target);
  assert.deepEqual(sent(2), ["198.51.100.2:4433", "198.51.100.3:5000"]);
  assert.equal(sent(1), null);
  assert.equal(claimedAddresses(own, "unknown", target), null);
  assert.equal(claimedAddresses(answer(), { moved: { MPTcpExtAddAddrTx: 2 }, shared: "no" }, target), null);
});
