// deno-lint-ignore-file no-console
/** Asks for the subflows of a live connection thousands of times, with garbage and collections in between. */
import assert from "node:assert/strict";
import { readNumber, readStruct } from "../../ffi/layouts/layout.ts";
import { MPTCP_INFO_LAYOUT, MPTCP_SUBFLOW_INFO_LAYOUT } from "../../ffi/layouts/mptcp.ts";
import { TCP_INFO_LAYOUT } from "../../ffi/layouts/tcp_info.ts";
import { fullInfo } from "../../ffi/mptcp.ts";
import { close, IPPROTO_MPTCP } from "../../ffi/mod.ts";
import { Ip } from "../../lib/base/ip.ts";
import { connectSocket, ListeningSocket } from "../../lib/io/kernel_socket.ts";
import { decodeSockaddr } from "../../lib/io/sockaddr.ts";
import { mptcpSocketError } from "../../lib/mptcp/socket_error.ts";

const CALLS = 5000;
const GC_EVERY = 50;

declare const gc: () => void;

const ip = Ip.parse("127.0.0.1");
const listener = ListeningSocket.open(
  ip,
  0,
  { protocol: IPPROTO_MPTCP, backlog: 1, dualStack: true },
  mptcpSocketError,
);
const client = await connectSocket(
  ip,
  listener.local.port!,
  { protocol: IPPROTO_MPTCP, timeoutMs: 10_000 },
  mptcpSocketError,
);
const server = (await listener.accept())!;

const { local, remote } = MPTCP_SUBFLOW_INFO_LAYOUT.fields;
let garbage: Uint8Array[] = [];
for (let call = 0; call < CALLS; call++) {
  // Freed memory is soon somebody else's: fill what is allocated with something that is no answer.
  garbage.push(new Uint8Array(20_000).fill(0xee));
  if (call % GC_EVERY === 0) {
    garbage = [];
    gc();
  }
  const info = fullInfo(client.fd);
  assert(typeof info !== "number", `errno ${info}`);
  assert.equal(info.count, 1);
  assert.equal(info.truncated, false);
  const ours = decodeSockaddr(info.subflows, local.offset);
  const theirs = decodeSockaddr(info.subflows, remote.offset);
  assert(ours?.equals(client.local) && theirs?.equals(client.remote));
  assert.equal(readNumber(info.tcpInfos, 0, TCP_INFO_LAYOUT.fields.state, info.tcpInfoSize), 1);
  assert(readStruct(MPTCP_INFO_LAYOUT, info.mptcpInfo, 0, MPTCP_INFO_LAYOUT.size).token !== 0);
}
close(client.fd);
close(server.fd);
await listener.close();
console.log(`${CALLS} right answers`);
