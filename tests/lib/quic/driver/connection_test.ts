import assert from "node:assert/strict";
import type { QuicStream } from "../../../../lib/quic/driver/api.ts";
import { bytesOf, receiveText } from "../../transport/bytes.ts";
import { fails } from "../../transport/compliance_support.ts";
import { pair } from "./pair.ts";

Deno.test("a unidirectional stream goes one way, from either end", async () => {
  await using ends = await pair();
  for (const [from, to] of [[ends.client, ends.server], [ends.server, ends.client]] as const) {
    const stream = await from.openStream("unidirectional");
    assert.equal(stream.direction, "unidirectional");
    assert.equal(await stream.read(), null);
    await stream.write(bytesOf("there"));
    await stream.closeWrite();
    const arrived = (await to.acceptStream())!;
    assert.equal(arrived.id, stream.id);
    await fails(arrived.write(bytesOf("back")), "ERR_CLOSED");
    assert.equal(await receiveText(arrived), "there");
    await Promise.all([stream.closed, arrived.closed]);
  }
});

Deno.test("reset() tells the other end a code and leaves the other direction alone", async () => {
  await using ends = await pair();
  const [near, far] = await streamPair(ends.client, ends.server);
  near.reset(42);
  const error = await fails(receiveText(far), "ERR_RESET");
  assert.equal(error.data.error_code, 42);
  await far.write(bytesOf("still"));
  await far.closeWrite();
  assert.equal(await receiveText(near), "still");
});

Deno.test("stopReading() fails the other end's writes with a code", async () => {
  await using ends = await pair();
  const [near, far] = await streamPair(ends.client, ends.server);
  far.stopReading(7);
  const chunk = new Uint8Array(65_536);
  const writing = async (): Promise<void> => {
    for (;;) await near.write(chunk);
  };
  const error = await fails(writing(), "ERR_RESET");
  assert.equal(error.data.error_code, 7);
});

Deno.test("openStream() waits until the other end allows another stream", async () => {
  await using ends = await pair({ listen: { streams: { bidirectional: 1 } } });
  const [near, far] = await streamPair(ends.client, ends.server);
  let opened = false;
  const second = ends.client.openStream().then((stream) => (opened = true, stream));
  const stop = new AbortController();
  const third = fails(ends.client.openStream("bidirectional", stop.signal), "ERR_ABORTED");
  stop.abort();
  await third;
  assert.equal(opened, false);
  await Promise.all([near.close(), far.close()]);
  assert.equal((await second).id, 4);
});

Deno.test("datagrams go both ways, and one that is too large is not taken", async () => {
  await using ends = await pair();
  for (const [from, to] of [[ends.client, ends.server], [ends.server, ends.client]] as const) {
    assert.equal(from.sendDatagram(Uint8Array.of(1, 2, 3)), true);
    assert.deepEqual(await to.receiveDatagram(), Uint8Array.of(1, 2, 3));
    assert.equal(from.sendDatagram(new Uint8Array(65_000)), false);
  }
});

Deno.test("close() tells the other end a code and words", async () => {
  await using ends = await pair();
  const waiting = ends.server.receiveDatagram();
  await ends.client.close(7, "enough");
  await ends.server.closed;
  const { closeReason } = ends.server;
  assert.deepEqual([closeReason?.by, closeReason?.layer, closeReason?.errorCode, closeReason?.text], [
    "peer",
    "application",
    7,
    "enough",
  ]);
  assert.equal(await waiting, null);
  const error = await fails(ends.server.openStream(), "ERR_RESET");
  assert.match(error.message, /closed the connection with code 7 and says "enough"$/);
  await fails(() => ends.server.sendDatagram(Uint8Array.of(1)), "ERR_RESET");
});

Deno.test("a connection ends when the other end has been silent for the idle timeout: ERR_TIMED_OUT", async () => {
  await using ends = await pair({ connect: { idleTimeoutMs: 150 } });
  const stream = await ends.client.openStream();
  const error = await fails(stream.read(), "ERR_TIMED_OUT");
  assert.match(error.message, /the other end has been silent for too long$/);
  await ends.client.closed;
});

Deno.test("keep-alive keeps an idle connection", async () => {
  await using ends = await pair({ connect: { idleTimeoutMs: 200, keepAliveMs: 40 } });
  let over = false;
  ends.client.closed.then(() => over = true);
  const before = ends.server.stats().datagramsReceived;
  // Three idle timeouts' worth of pings, each of which the server counts
  while (ends.server.stats().datagramsReceived < before + 15 && !over) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.equal(over, false);
});

Deno.test("paths() and stats() tell what is known", async () => {
  await using ends = await pair();
  const [near, far] = await streamPair(ends.client, ends.server);
  await near.write(new Uint8Array(50_000));
  await near.closeWrite();
  await far.consume(() => {});
  const [path] = ends.client.paths();
  assert(path !== undefined);
  assert.equal(path.id, 0);
  assert.equal(path.state, "active");
  assert(path.rttMs! > 0 && path.minRttMs! > 0 && path.cwndBytes! > 0);
  assert(path.mtu! >= 1200);
  assert(path.bytesSent > 50_000);
  assert.equal(ends.client.stats().bytesSent, path.bytesSent);
  assert(ends.server.stats().bytesReceived > 50_000);
  await ends.client.close();
  // As it was last
  assert.equal(ends.client.paths()[0]!.state, "active");
});

Deno.test("the keys can be changed while data flows", async () => {
  await using ends = await pair();
  const [near, far] = await streamPair(ends.client, ends.server);
  const reading = receiveText(far);
  await near.write(bytesOf("before "));
  while (!ends.client.updateKeys()) await new Promise((resolve) => setTimeout(resolve, 1));
  await near.write(bytesOf("after"));
  await near.closeWrite();
  assert.equal(await reading, "before after");
});

/** A stream at both of its ends. */
async function streamPair(
  client: { openStream(): Promise<QuicStream> },
  server: { acceptStream(): Promise<QuicStream | null> },
): Promise<readonly [QuicStream, QuicStream]> {
  const near = await client.openStream();
  near.announce();
  const far = await server.acceptStream();
  assert(far !== null);
  return [near, far];
}
