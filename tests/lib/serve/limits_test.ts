import assert from "node:assert/strict";
import { parsePerfReport } from "../../../lib/protocol/perf_report.ts";
import { PERF_GRACE_MS } from "../../../lib/serve/activity.ts";
import { rawClient, type RawPeer } from "../../support/raw_tcp.ts";
import { requires } from "../../support/requires.ts";
import { answerOf, ask, perfHeader, served, stillServes, upgrade } from "./served.ts";

const PAYLOAD = new Uint8Array(300_000);

/** Sends until the connection is over, whatever the reason. */
async function flood(client: RawPeer, bytes: Uint8Array): Promise<void> {
  let over = false;
  client.closed.then(() => over = true);
  while (!over) await client.send(bytes);
}

Deno.test("max-connections: one too many gets 503 with the reason, the others go on", async () => {
  await using server = await served({ maxConnections: 2, maxPerAddress: 100 });
  await using first = await rawClient(server.port);
  await first.send("GET /bytes/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  await first.until(/\r\n\r\n\0$/);
  await using second = await rawClient(server.port);
  await second.send("GET /bytes/2 HTTP/1.1\r\nHost: a\r\n\r\n");
  await second.until(/\r\n\r\n\0\0$/);

  await using third = await rawClient(server.port);
  const { status, head, body } = answerOf(await third.rest());
  assert.equal(status, 503);
  assert.match(head, /^retry-after: 1\r$/im);
  assert.equal(body, "the server has its 2 connections; try again later\n");
  assert.equal(await server.refused(0), "the server has its 2 connections");

  await first.send("GET /bytes/3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  assert((await first.rest()).endsWith("\r\n\r\n\0\0\0"));
  await server.ended(0);
  await stillServes(server);
});

Deno.test("max-connections: every HTTP client sees the 503, also one that asks at once", async () => {
  await using server = await served({ maxConnections: 1 });
  await using first = await rawClient(server.port);
  await first.send("GET /bytes/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  await first.until(/\r\n\r\n\0$/);
  using client = Deno.createHttpClient({});
  for (let i = 0; i < 20; i++) {
    const response = await fetch(`${server.url}/`, { client });
    assert.equal(response.status, 503);
    assert.match(await response.text(), /try again later/);
  }
});

Deno.test("max-per-address: one address cannot take every place", async () => {
  await using server = await served({ maxPerAddress: 1 });
  await using first = await rawClient(server.port);
  await first.send("GET /bytes/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  await first.until(/\r\n\r\n\0$/);
  await using second = await rawClient(server.port);
  assert.match(await second.rest(), /^HTTP\/1\.1 503 [^]*this address has its 1 connections/);
  first.end();
  await server.ended(0);
  await stillServes(server);
});

Deno.test({
  name: "max-per-address: another address still has its own places",
  // All of 127.0.0.0/8 is the loopback interface on Linux alone.
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = await served({ maxPerAddress: 1 });
    await using first = await rawClient(server.port);
    await first.send("GET /bytes/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    await first.until(/\r\n\r\n\0$/);
    await using other = await rawClient(server.port, "127.0.0.1", "127.0.0.2");
    await other.send("GET /bytes/1 HTTP/1.0\r\n\r\n");
    assert.equal(answerOf(await other.rest()).status, 200);
  },
});

Deno.test("max-bytes: a raw upload that goes on is reset and reported", async () => {
  await using server = await served({ maxBytes: 1_000_000 });
  await using client = await rawClient(server.port);
  await client.send(perfHeader(0n));
  await flood(client, PAYLOAD);
  const { end, error, bytes_received } = await server.ended(0);
  assert.deepEqual([end, error?.code], ["limit", "ERR_LIMIT"]);
  assert.equal(error?.message, "Cannot serve the transfer: it is larger than the limit of 1000000 bytes");
  // The chunk that went beyond was the last.
  assert(bytes_received > 1_000_000 && bytes_received < 1_600_000, `received ${bytes_received}`);
});

Deno.test("max-bytes: a raw upload of exactly the limit passes", async () => {
  await using server = await served({ maxBytes: 300_000 });
  await using client = await rawClient(server.port);
  await client.send(perfHeader(300_000n));
  await client.send(PAYLOAD);
  client.end();
  assert.equal((await client.rest()).length, 300_000);
  assert.equal((await server.ended(0)).end, "done");
});

Deno.test("max-bytes: a download beyond it is refused before a byte is sent", async () => {
  await using server = await served({ maxBytes: 1000 });
  for (const [index, wanted] of [1001n, 2n ** 53n, 2n ** 55n - 1n].entries()) {
    await using client = await rawClient(server.port);
    await client.send(perfHeader(wanted));
    assert.equal(await client.rest(), "");
    const { end, error, bytes_sent } = await server.ended(index);
    assert.deepEqual([end, error?.code, bytes_sent], ["limit", "ERR_LIMIT", 0]);
  }
});

Deno.test("idle-timeout: a connection on which nothing moves is ended, busy ones are not", async () => {
  await using server = await served({ idleTimeoutMs: 1000 });
  await using silent = await rawClient(server.port);
  await using idle = await rawClient(server.port);
  await idle.send("GET /bytes/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  await using busy = await rawClient(server.port);
  await busy.send(perfHeader(5n));
  const ticking = setInterval(() => void busy.send("x"), 20);
  await Promise.all([silent.rest(), idle.rest()]);
  const ends = [await server.ended(0), await server.ended(1)];
  assert.deepEqual(ends.map(({ end }) => end), ["idle", "idle"]);
  assert.deepEqual(ends.map(({ protocol }) => protocol).toSorted(), ["http", "none"]);
  clearInterval(ticking);
  busy.end();
  assert.equal((await busy.rest()).length, 5);
});

Deno.test({
  name: "idle-timeout: a client that reads slowly is not idle while bytes move, and is when they stop",
  // Only the kernel knows what moves between two writes.
  ...requires("ffi"),
  async fn() {
    await using server = await served({ idleTimeoutMs: 1000 });
    using client = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await client.write(new TextEncoder().encode("GET /bytes/1000000000 HTTP/1.1\r\nHost: a\r\n\r\n"));
    let over = false;
    const ended = server.ended(0).finally(() => over = true);
    const buffer = new Uint8Array(65_536);
    // Twice the idle timeout, and less than a third of what the buffers of the kernel hold.
    for (let reads = 0; reads < 20; reads++) {
      assert.equal(over, false, `ended after ${reads} reads`);
      await client.read(buffer);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal((await ended).end, "idle");
  },
});

Deno.test("Perf-Duration-Ms: a client that does not take what was sent is ended some time after it", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  await upgrade(client, "Perf-Duration-Ms: 100\r\n");
  client.pause();
  await client.send(perfHeader(50_000_000_000n));
  const { end, duration_ms } = await server.ended(0);
  assert.equal(end, "limit");
  assert(duration_ms >= 100 + PERF_GRACE_MS, `it ended after ${duration_ms} ms`);
  await stillServes(server);
});

Deno.test("max-duration: a connection may live so long and no longer, however busy", async () => {
  await using server = await served({ maxDurationMs: 300 });
  await using client = await rawClient(server.port);
  let over = false;
  client.closed.then(() => over = true);
  client.discard();
  while (!over) {
    await client.send("GET /bytes/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    // Each answer is a moment later; nothing but the server ends this.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { end, duration_ms } = await server.ended(0);
  assert.equal(end, "limit");
  assert(duration_ms >= 300, `it lived ${duration_ms} ms`);
  await stillServes(server);
});

Deno.test("max-duration: a download ends in order when it is over", async () => {
  await using server = await served({ maxDurationMs: 200 });
  await using client = await rawClient(server.port);
  const id = await upgrade(client, "Perf-Duration-Ms: 60000\r\n");
  client.discard();
  await client.send(perfHeader(50_000_000_000n));
  await client.rest();
  assert.equal(client.wasReset, false);
  assert.equal((await server.ended(0)).end, "done");
  const report = parsePerfReport(answerOf(await ask(server, `GET /perf/${id} HTTP/1.0\r\n\r\n`)).body);
  assert.deepEqual([report.end, report.sent?.bytes], ["duration", client.discarded]);
});

Deno.test("a transfer that takes as long as the limit allows is not broken off", async () => {
  await using server = await served({ maxDurationMs: 500 });
  await using client = await rawClient(server.port);
  await client.send(perfHeader(10n));
  // Longer than the limit and a sweep, as an upload is whose queues drain.
  const until = performance.now() + 900;
  while (performance.now() < until) {
    await client.send("x");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  client.end();
  await client.rest();
  assert.equal((await server.ended(0)).end, "done");
});
