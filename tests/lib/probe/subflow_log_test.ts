import assert from "node:assert/strict";
import type { MptcpInspection } from "../../../lib/mptcp/inspect.ts";
import type { SubflowJson } from "../../../lib/mptcp/subflow_json.ts";
import { SubflowLog } from "../../../lib/probe/subflow_log.ts";

const SUBFLOW: SubflowJson = {
  local: "192.0.2.2:5000",
  remote: "198.51.100.1:443",
  tcp_state: "established",
  flags: "Jjc",
  join: true,
  fully_established: false,
  backup: false,
  id_local: 1,
  id_remote: 0,
  retransmits: 0,
  total_retransmits: 0,
  backoff: 0,
  bytes_sent: 0,
  bytes_acked: 0,
  bytes_received: 0,
  bytes_retransmitted: 0,
  last_ack_ms: 0,
};

function inspection(...subflows: readonly SubflowJson[]): MptcpInspection {
  return { token: 1, mptcp: null, subflows };
}

Deno.test("a join that waited and is gone is remembered, with how long it was seen to wait", () => {
  let now = 1000;
  const log = new SubflowLog(() => now);
  log.see(null);
  log.see(inspection({ ...SUBFLOW, tcp_state: "syn-sent" }));
  now = 1100;
  log.see(inspection(SUBFLOW));
  now = 2300;
  log.see(inspection(SUBFLOW));
  now = 2400;
  assert.deepEqual(log.vanished(inspection(SUBFLOW)), []);
  const [gone] = log.vanished(inspection());
  assert.deepEqual([gone?.local, gone?.role, gone?.state, gone?.complete, gone?.heldMs], [
    "192.0.2.2:5000",
    "join",
    "gone",
    "no",
    1200,
  ]);
});

Deno.test("a subflow that carried data, or of which nothing is known, is not remembered", () => {
  const log = new SubflowLog(() => 0);
  log.see(inspection({ ...SUBFLOW, fully_established: true }, { ...SUBFLOW, join: false }, {
    ...SUBFLOW,
    fully_established: null,
  }));
  assert.deepEqual(log.vanished(inspection()), []);
  assert.deepEqual(log.vanished(null), []);
});
