import assert from "node:assert/strict";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { askCheck, type Asked } from "../../../../lib/probe/quic/ask.ts";
import { HQ_ALPN } from "../../../../lib/protocol/hq.ts";
import { MAX_CHECK_BYTES } from "../../../../lib/protocol/check.ts";
import type { QuicStream } from "../../../../lib/quic/driver/api.ts";
import { connect } from "../../../../lib/quic/driver/connect.ts";
import { listen } from "../../../../lib/quic/driver/listen.ts";
import "../../../support/open_libc.ts";

/** What the probe makes of a server that treats its question so. */
async function asked(answer: (stream: QuicStream) => Promise<void> | void, timeoutMs = 5000): Promise<Asked> {
  const address = Endpoint.parse("127.0.0.1:0", { allowPortZero: true });
  await using listener = await listen(address, { alpn: [HQ_ALPN] });
  const accepting = listener.accept();
  await using client = await connect(listener.local, { alpn: [HQ_ALPN], pins: [listener.pin] });
  await using server = (await accepting)!;
  const answering = (async () => {
    const stream = await server.acceptStream();
    if (stream !== null) await answer(stream);
  })();
  const result = await askCheck(client, timeoutMs, undefined);
  client.abort();
  await answering.catch(() => {});
  return result;
}

async function say(stream: QuicStream, text: string): Promise<void> {
  await stream.write(new TextEncoder().encode(text));
  await stream.closeWrite();
}

Deno.test("askCheck() of a server that is no mpt serve says how much it answered", async () => {
  const { data, server } = await asked((stream) => say(stream, "<html>"));
  assert.deepEqual([data.status, data.text, server], ["yes", "hq-interop, 6 characters", null]);
});

Deno.test("askCheck() takes a malformed check answer, a reset and an endless answer for no answer", async () => {
  const malformed = await asked((stream) => say(stream, '{"schema":"mpt.check/1","server":7}'));
  assert.deepEqual([malformed.data.status, malformed.server], ["no", null]);
  assert.match(malformed.data.text, /JSON object/);
  const reset = await asked((stream) => stream.abort(9));
  assert.equal(reset.data.status, "no");
  const endless = await asked(async (stream) => {
    const piece = new Uint8Array(65_536);
    for (let sent = 0; sent <= 2 * MAX_CHECK_BYTES; sent += piece.length) await stream.write(piece);
  });
  assert.equal(endless.data.status, "no");
  assert.match(endless.data.text, /more than \d+ bytes/);
});

Deno.test("askCheck() leaves open what a silent server would have said", async () => {
  const { data } = await asked(() => {}, 100);
  assert.deepEqual([data.status, data.text], ["unknown", "no answer in 0.1 s"]);
});
