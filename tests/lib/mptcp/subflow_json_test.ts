import assert from "node:assert/strict";
import { mptcpToJson, subflowToJson } from "../../../lib/mptcp/subflow_json.ts";
import { decodeSockDiag, type SockDiagEntry } from "../../../lib/netlink/sock_diag.ts";
import { JOIN, MPTCP } from "../netlink/captures.ts";

const [JOINED] = decodeSockDiag(JOIN);
const [CONNECTION] = decodeSockDiag(MPTCP);

Deno.test("subflowToJson() tells of a join what the kernel told", () => {
  const { local, remote, ...rest } = subflowToJson(JOINED!);
  assert.deepEqual([local, remote], [JOINED!.local.address, JOINED!.remote.address]);
  assert.deepEqual(rest, {
    tcp_state: "established",
    flags: "Jjec",
    join: true,
    fully_established: true,
    backup: false,
    id_local: 1,
    id_remote: 1,
    retransmits: 0,
    total_retransmits: 0,
    backoff: 0,
    bytes_sent: 0,
    bytes_acked: 1,
    bytes_received: 0,
    bytes_retransmitted: 0,
    last_ack_ms: 696,
  });
});

Deno.test("subflowToJson() does not know what the kernel did not tell", () => {
  const { tcpInfo: _info, ulp: _ulp, ...bare } = JOINED!;
  const { local: _local, remote: _remote, tcp_state, ...rest } = subflowToJson(bare);
  assert.equal(tcp_state, "established");
  assert(Object.values(rest).every((value) => value === null));
  const old: SockDiagEntry = {
    ...bare,
    tcpInfo: { state: 1, retransmits: 2 },
    ulp: { name: "tls", flags: 5 },
  };
  assert.deepEqual([subflowToJson(old).retransmits, subflowToJson(old).flags], [2, null]);
});

Deno.test("subflowToJson() has a word for every state, and unknown for one that it does not have", () => {
  const words = Array.from({ length: 15 }, (_, state) => subflowToJson({ ...JOINED!, state }).tcp_state);
  assert.equal(words[1], "established");
  assert.deepEqual([words[3], words[12]], ["syn-recv", "syn-recv"]);
  assert.deepEqual([words[0], words[13], words[14]], ["unknown", "unknown", "unknown"]);
  assert.equal(new Set(words).size, 12);
});

Deno.test("mptcpToJson() reads the flags, and null where the kernel is older than a number", () => {
  const found = mptcpToJson(CONNECTION!)!;
  assert.equal(found.token, CONNECTION!.mptcpInfo!.token);
  assert.deepEqual([found.fallback, found.remote_key, found.extra_subflows], [false, true, 2]);
  // Linux 5.9 ended after rcv_nxt.
  const old = mptcpToJson({ mptcpInfo: { token: 5, flags: 3, subflows: 0 } })!;
  assert.deepEqual([old.fallback, old.remote_key, old.checksum, old.bytes_sent], [true, true, null, null]);
  assert.equal(mptcpToJson({}), null);
  assert.equal(mptcpToJson({ mptcpInfo: { flags: 0 } }), null);
});
