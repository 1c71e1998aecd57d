import assert from "node:assert/strict";
import fc from "fast-check";
import { rawClient, type RawPeer } from "../../support/raw_tcp.ts";
import { requires } from "../../support/requires.ts";
import { answerOf, ask, perfHeader, served, stillServes, upgrade } from "./served.ts";

for (const transport of ["tcp", "mptcp"] as const) {
  const needs = transport === "tcp" ? {} : requires("mptcp");

  Deno.test({
    name: `${transport}: a request with 1 MB of headers is 431, and others are served`,
    ...needs,
    async fn() {
      await using server = await served({}, transport);
      const heads = [
        `GET / HTTP/1.1\r\nHost: a\r\nA: ${"a".repeat(1_000_000)}\r\n\r\n`,
        `GET / HTTP/1.1\r\nHost: a\r\n${"A: b\r\n".repeat(170_000)}\r\n`,
        `GET /${"a".repeat(1_000_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
        `GET / HTTP/1.1\r\n${" ".repeat(1_000_000)}`,
        "G".repeat(1_000_000),
      ];
      for (const head of heads) {
        await using client = await rawClient(server.port);
        void client.send(head);
        client.end();
        const { status, body } = answerOf(await client.rest());
        assert.equal(status, 431);
        assert.equal(body, "Cannot read the HTTP head: it is longer than 16384 bytes\n");
        assert.equal(client.wasReset, false);
      }
      await stillServes(server);
    },
  });

  Deno.test({
    name: `${transport}: 1,000 connections in a second do not keep the server from others`,
    ...needs,
    async fn() {
      await using server = await served({ maxConnections: 50, maxPerAddress: 50 }, transport);
      const clients: RawPeer[] = [];
      for (let i = 0; i < 1000; i += 100) {
        clients.push(...await Promise.all(Array.from({ length: 100 }, () => rawClient(server.port))));
      }
      const refused = clients.slice(50);
      for (const client of refused) {
        const { status, body } = answerOf(await client.rest());
        assert.equal(status, 503);
        assert.match(body, /^(the server|this address) has its 50 connections; try again later\n$/);
      }
      // Those that came in are served while the others are turned away.
      for (const client of clients.slice(0, 50)) {
        await client.send("GET /bytes/9 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert.equal(answerOf(await client.rest()).body.length, 9);
      }
      await server.ended(49);
      await stillServes(server);
      for (const client of clients) await client[Symbol.asyncDispose]();
      await server.close();
      const { connections, refused: turnedAway } = await server.finished;
      assert.deepEqual([connections, turnedAway], [51, 950]);
    },
  });

  Deno.test({
    name: `${transport}: connections that are reset at once, or after a byte, leave the server well`,
    ...needs,
    async fn() {
      await using server = await served({}, transport);
      for (let i = 0; i < 60; i++) {
        const client = await rawClient(server.port);
        if (i % 3 === 1) await client.send("G");
        if (i % 3 === 2) await client.send(perfHeader(10_000_000n));
        client.reset();
        await client.closed;
      }
      await stillServes(server);
      for (const event of server.events) assert.notEqual(event.event, "warning", JSON.stringify(event));
    },
  });
}

Deno.test("a head that arrives too slowly is ended, and others are served meanwhile", async () => {
  await using server = await served({ idleTimeoutMs: 400 });
  await using client = await rawClient(server.port);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n");
  // Faster than the idle timeout: bytes of an unfinished head do not count as movement.
  const dripping = setInterval(() => void client.send("A"), 50);
  await stillServes(server);
  await client.rest();
  clearInterval(dripping);
  const { end, requests } = await server.ended(1);
  assert.deepEqual([end, requests], ["idle", 0]);
  await stillServes(server);
});

for (const request of ["GET /bytes/50000000 HTTP/1.1\r\nHost: a\r\n\r\n", perfHeader(50_000_000n)]) {
  Deno.test(`a client that reads 1 byte at a time of ${typeof request === "string" ? "bytes" : "perf"} is ended`, async () => {
    await using server = await served({ idleTimeoutMs: 400 });
    using client = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await client.write(typeof request === "string" ? new TextEncoder().encode(request) : request);
    await client.closeWrite();
    const byte = new Uint8Array(1);
    let over = false;
    server.ended(0).then(() => over = true);
    while (!over) {
      await client.read(byte);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { end, bytes_sent } = await server.ended(0);
    assert.equal(end, "idle");
    assert(bytes_sent < 50_000_000);
    await stillServes(server);
  });
}

Deno.test("perf for 2^63 bytes ends at once, with nothing sent and the reason told", async () => {
  await using server = await served();
  await using raw = await rawClient(server.port);
  await raw.send(perfHeader(2n ** 63n));
  raw.end();
  assert.equal(await raw.rest(), "");
  const first = await server.ended(0);
  assert.deepEqual([first.end, first.protocol, first.error?.code], ["error", "unknown", "ERR_PROTOCOL"]);

  await using upgraded = await rawClient(server.port);
  await upgrade(upgraded);
  await upgraded.send(perfHeader(2n ** 63n));
  assert.equal(answerOf(await upgraded.rest()).body, "");
  const second = await server.ended(1);
  assert.deepEqual([second.end, second.protocol, second.error?.code], ["limit", "perf", "ERR_LIMIT"]);
  await stillServes(server);
});

Deno.test("a client that breaks off in the middle of its download harms nobody", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  await client.send("GET /bytes/100000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.until(/\r\n\r\n/);
  client.reset();
  const { end, error } = await server.ended(0);
  assert.deepEqual([end, error?.code], ["reset", "ERR_RESET"]);
  await stillServes(server);
});

Deno.test("malformed requests are 400 with the reason", async () => {
  await using server = await served();
  const requests: readonly (readonly [string, RegExp])[] = [
    ["GET / HTTP/1.1\r\n\r\n", /it has no Host field/],
    ["GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", /host appears twice/],
    [
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      /content-length appears twice/,
    ],
    ["GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", /Content-Length is not a number/],
    ["GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", /Content-Length is not a number/],
    ["GET / HTTP/1.1\r\nHost : a\r\n\r\n", /a header field is malformed/],
    ["GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", /a header field is malformed/],
    ["GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n", /a header field is malformed/],
    [`GET / HTTP/1.1\r\n${"A: b\r\n".repeat(101)}\r\n`, /more than 100 header fields/],
    ["GET / HTTP/3.0\r\n\r\n", /the request line is malformed/],
    ["GET /\r\n\r\n", /the request line is malformed/],
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /the request line is malformed/],
    ["GET / HTTP/1.1\r\nHost: a\r\nA: " + " ".repeat(16_000) + "\rb\r\n\r\n", /a header field is malformed/],
  ];
  for (const [request, reason] of requests) {
    const answer = await ask(server, request);
    const { status, head, body } = answerOf(answer);
    assert.equal(status, 400, request.slice(0, 80));
    assert.match(body, reason);
    assert.match(head, /^connection: close\r$/im);
    assert.equal(answer.match(/HTTP\/1\.1 \d/g)?.length, 1);
  }
  await stillServes(server);
});

Deno.test("what is neither HTTP nor perf is ended at once and told", async () => {
  await using server = await served();
  const openings = [
    "\x16\x03\x01\x02\x00\x01",
    "\x80".repeat(100),
    "get / HTTP/1.1\r\n\r\n",
    "\r\n\r\n",
    "\x01",
  ];
  for (const [index, opening] of openings.entries()) {
    await using client = await rawClient(server.port);
    await client.send(opening);
    assert.equal(await client.rest(), "");
    const { protocol, end, error } = await server.ended(index);
    assert.deepEqual([protocol, end, error?.code], ["unknown", "error", "ERR_PROTOCOL"]);
  }
  await stillServes(server);
});

Deno.test("whatever bytes come, the connection ends, nothing is warned of, and others are served", async () => {
  await using server = await served({ maxBytes: 100_000 });
  const parts = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 20 }).map((bytes) => String.fromCharCode(...bytes)),
      fc.constantFrom(
        "GET / HTTP/1.1\r\n",
        "GET /bytes/9 HTTP/1.0\r\n",
        "GET /perf HTTP/1.1\r\nUpgrade: perf\r\n",
        "Host: a\r\n",
        "\r\n",
        "\n",
        "\0".repeat(8),
        "\0\0\0\0\0\0\x01\0",
        "Connection: close\r\n",
        "Content-Length: 5\r\n",
        "POST /perf HTTP/1.1\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Expect: 100-continue\r\n",
        "5\r\nhello\r\n",
        "0\r\n\r\n",
        "Perf-Duration-Ms: 1\r\n",
      ),
    ),
    { minLength: 1, maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(parts, fc.boolean(), async (texts, breaksOff) => {
      await using client = await rawClient(server.port);
      for (const text of texts) await client.send(text);
      if (breaksOff) client.reset();
      else client.end();
      await client.rest();
    }),
    { numRuns: 150 },
  );
  await stillServes(server);
  for (const event of server.events) assert.notEqual(event.event, "warning", JSON.stringify(event));
});
