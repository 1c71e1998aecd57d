import assert from "node:assert/strict";
import { Ip } from "../../../lib/base/ip.ts";
import { askSynMirror, mpCapableArrived, type SynMirrorAsk } from "../../../lib/probe/ask_syn_mirror.ts";
import { encodeSynMirror, type SynMirrorAnswer } from "../../../lib/protocol/syn_mirror.ts";
import { type RawPeer, rawServer } from "../../support/raw_tcp.ts";
import "../../support/open_libc.ts";

const HOST = Ip.parse("127.0.0.1");
const ANSWER: SynMirrorAnswer = {
  schema: "mpt.syn-mirror/1",
  family: 4,
  ttl: 64,
  source: "127.0.0.1:50000",
  destination: "127.0.0.1:4434",
  options: [{ kind: 30, name: "MPTCP", length: 4, subtype: 0, hex: "1e040101" }],
  malformed_hex: null,
};

async function askOf(handle: (peer: RawPeer) => unknown, timeoutMs: number = 10_000): Promise<SynMirrorAsk> {
  await using server = await rawServer(async (peer) => void await handle(peer));
  return await askSynMirror(HOST, server.port, { transport: "tcp", timeoutMs });
}

Deno.test("askSynMirror() reads an answer in pieces, and needs no end of stream after the line", async () => {
  const line = encodeSynMirror(ANSWER);
  const ask = await askOf(async (peer) => {
    await peer.send(line.slice(0, 10));
    await peer.send(line.slice(10));
  });
  assert.deepEqual(ask.answer, ANSWER);
  assert.equal(ask.error, null);
  assert.match(ask.local!, /^127\.0\.0\.1:\d+$/);
});

for (
  const [claim, handle, code] of [
    ["talks HTTP", (peer: RawPeer) => peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"), "ERR_PROTOCOL"],
    ["closes at once", (peer: RawPeer) => peer.end(), "ERR_PROTOCOL"],
    ["resets", (peer: RawPeer) => peer.reset(), "ERR_RESET"],
    ["never stops", (peer: RawPeer) => peer.send("x".repeat(1_000_000)), "ERR_PROTOCOL"],
    [
      "lies about its family",
      (peer: RawPeer) => peer.send(encodeSynMirror({ ...ANSWER, family: 6 })),
      "ERR_PROTOCOL",
    ],
  ] as const
) {
  Deno.test(`askSynMirror() of a server that ${claim} is a failure with its reason`, async () => {
    const ask = await askOf(handle);
    assert.equal(ask.answer, null);
    assert.equal(ask.error?.code, code, ask.error?.message);
    assert.equal(mpCapableArrived(ask), "unknown");
  });
}

Deno.test("askSynMirror() of a server that says nothing gives up in time", async () => {
  const ask = await askOf(() => {}, 50);
  assert.deepEqual(ask.error, {
    code: "ERR_TIMED_OUT",
    message: "Cannot ask the SYN mirror: no answer in 0.05 s",
  });
});

Deno.test("askSynMirror() without a server, or told to stop, is a failure too", async () => {
  await using server = await rawServer(() => {});
  const { port } = server;
  const stopped = await askSynMirror(HOST, port, {
    transport: "tcp",
    timeoutMs: 10_000,
    signal: AbortSignal.abort(),
  });
  assert.equal(stopped.error?.code, "ERR_ABORTED");
  await server[Symbol.asyncDispose]();
  const refused = await askSynMirror(HOST, port, { transport: "tcp", timeoutMs: 10_000 });
  assert.deepEqual([refused.error?.code, refused.local, refused.answer], ["ERR_REFUSED", null, null]);
});

Deno.test("mpCapableArrived() is no only for an option that left and is not there", () => {
  const ask = (sent: SynMirrorAsk["sent_mp_capable"], answer: SynMirrorAnswer | null): SynMirrorAsk => ({
    transport: "mptcp",
    local: "127.0.0.1:50000",
    ms: 1,
    sent_mp_capable: sent,
    answer,
    error: null,
  });
  const without = { ...ANSWER, options: [] };
  assert.equal(mpCapableArrived(ask("yes", ANSWER)), "yes");
  assert.equal(mpCapableArrived(ask("unknown", ANSWER)), "yes");
  assert.equal(mpCapableArrived(ask("yes", without)), "no");
  assert.equal(mpCapableArrived(ask("no", without)), "unknown");
  assert.equal(mpCapableArrived(ask("unknown", without)), "unknown");
  assert.equal(mpCapableArrived(ask("yes", { ...without, malformed_hex: "1e09" })), "unknown");
  assert.equal(mpCapableArrived(ask("yes", { ...without, options: null })), "unknown");
  assert.equal(mpCapableArrived(ask("yes", null)), "unknown");
});
