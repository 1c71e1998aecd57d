import assert from "node:assert/strict";
import { parsePerfReport, type PerfReport } from "../../../lib/protocol/perf_report.ts";
import { rawClient } from "../../support/raw_tcp.ts";
import { requires } from "../../support/requires.ts";
import { answerOf, ask, type Served, served, stillServes } from "./served.ts";

const CHUNKED = "POST /perf HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n";

function ofLength(length: number, method: string = "POST"): string {
  return `${method} /perf HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n`;
}

function chunk(length: number): string {
  return `${length.toString(16)}\r\n${"x".repeat(length)}\r\n`;
}

function reportIn(text: string): PerfReport {
  const { status, body } = answerOf(text);
  assert.equal(status, 200, text.slice(0, 300));
  return parsePerfReport(body);
}

/** Checks that a request is refused with a status and a reason, and that the server goes on. */
async function refuses(server: Served, request: string, status: number, reason: RegExp): Promise<void> {
  const text = await ask(server, request);
  const { status: seen, head, body } = answerOf(text);
  assert.equal(seen, status, `${request.slice(0, 200)}\n${text}`);
  assert.match(body, reason);
  assert.match(head, /^connection: close\r$/im);
  assert.equal(text.match(/HTTP\/1\.1 \d/g)?.length, 1, text);
}

for (const transport of ["tcp", "mptcp"] as const) {
  Deno.test({
    name: `${transport}: an upload is a POST or PUT to /perf, its answer what the server saw`,
    ...(transport === "tcp" ? {} : requires("mptcp")),
    async fn() {
      await using server = await served({}, transport);
      const requests: readonly (readonly [string, number])[] = [
        [`${CHUNKED}\r\n${chunk(70_000)}${chunk(1)}${chunk(200_000)}0\r\n\r\n`, 270_001],
        [`${CHUNKED}\r\n0\r\n\r\n`, 0],
        [`${ofLength(300_000)}\r\n${"y".repeat(300_000)}`, 300_000],
        [`${ofLength(5, "PUT")}\r\nhello`, 5],
        [`${ofLength(0)}\r\n`, 0],
      ];
      for (const [index, [request, bytes]] of requests.entries()) {
        const close = request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        const { schema, end, received, sent, paths } = reportIn(await ask(server, close));
        assert.deepEqual([schema, end, received?.bytes, sent], ["mpt.perf/1", "done", bytes, null]);
        assert.equal(received?.intervals.reduce((sum, each) => sum + each.bytes, 0), bytes);
        assert.equal(paths.length, 1);
        const { protocol, end: how, requests: count } = await server.ended(index);
        assert.deepEqual([protocol, how, count], ["perf", "done", 1]);
      }
    },
  });
}

Deno.test("an upload is answered only when all of it has arrived", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  await client.send(`${CHUNKED}Perf-Interval-Ms: 50\r\n\r\n${chunk(1000)}`);
  // An answer to somebody else shows that the server had the time to be wrong.
  await stillServes(server);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(client.received, "");
  await client.send(`${chunk(500)}0\r\nA: trailer\r\n\r\n`);
  await client.until(/"paths"[^]*\}\n$/);
  const { received } = reportIn(client.received);
  assert.equal(received?.bytes, 1500);
  assert(received.intervals.length >= 2 && received.duration_ms >= 150, JSON.stringify(received));
  assert(received.longest_stall_ms >= 100, `${received.longest_stall_ms} ms`);
});

Deno.test("the connection goes on behind an upload, with what was sent along", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  const next = "GET /bytes/3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  await client.send(`${CHUNKED}\r\n${chunk(10)}0\r\n\r\n${ofLength(4)}\r\nabcd${next}`);
  const answers = (await client.rest()).split(/(?=HTTP\/1\.1 )/);
  assert.deepEqual(answers.slice(0, 2).map((answer) => reportIn(answer).received?.bytes), [10, 4]);
  assert(answers[2]?.endsWith("\r\n\r\n\0\0\0"));
});

Deno.test("an upload may arrive in pieces of one byte", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  for (const byte of `${CHUNKED}Connection: close\r\n\r\n${chunk(11)}0;a=b\r\nA: b\r\n\r\n`) {
    await client.send(byte);
  }
  assert.equal(reportIn(await client.rest()).received?.bytes, 11);
});

Deno.test("Expect: 100-continue is answered before the upload (RFC 9110 10.1.1), not in HTTP/1.0", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  await client.send(`${ofLength(3)}Expect: 100-Continue\r\nConnection: close\r\n\r\n`);
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  await client.send("abc");
  const text = await client.rest();
  assert.equal(reportIn(text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, "")).received?.bytes, 3);
  const old = "PUT /perf HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc";
  assert.equal(reportIn(await ask(server, old)).received?.bytes, 3);
});

Deno.test("a refused upload is refused before it is sent: no 100 Continue", async () => {
  await using server = await served({ token: "secret", maxBytes: 1000 });
  const expect = "Expect: 100-continue\r\n";
  await refuses(server, `${ofLength(3)}${expect}\r\n`, 401, /wants its token/);
  const known = `${expect}Authorization: Bearer secret\r\n`;
  await refuses(server, `${ofLength(1001)}${known}\r\n`, 413, /larger than the limit of 1000 bytes/);
});

Deno.test("an upload whose end cannot be told is refused: 400, 411, 501", async () => {
  await using server = await served();
  const post = "POST /perf HTTP/1.1\r\nHost: a\r\n";
  await refuses(server, `${post}\r\n`, 411, /Content-Length or Transfer-Encoding: chunked/);
  await refuses(server, `${CHUNKED}Content-Length: 5\r\n\r\n0\r\n\r\n`, 400, /in two ways/);
  await refuses(server, `${post}Transfer-Encoding: gzip, chunked\r\n\r\n`, 501, /is not chunked/);
  const old = "POST /perf HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  await refuses(server, old, 400, /in two ways/);
  await refuses(server, "DELETE /perf HTTP/1.1\r\nHost: a\r\n\r\n", 405, /^use GET, HEAD, POST, PUT$/m);
  await refuses(server, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n`, 413, /only \/perf/);
});

Deno.test("chunks that are malformed or endless are 400, and others are served", async () => {
  await using server = await served();
  const bodies: readonly (readonly [string, RegExp])[] = [
    ["nonsense\r\n", /size is not a number/],
    ["ffffffffffffffff\r\n", /size is too large/],
    ["5\nhello\n", /size is not a number/],
    ["5\r\nhello!\r\n", /a chunk does not end with CR LF/],
    [`5;${"a".repeat(100_000)}\r\n`, /chunk extensions are too long/],
    [`0\r\n${"A: b\r\n".repeat(20_000)}`, /trailer is too long/],
    [`0\r\n${"a".repeat(100_000)}`, /trailer is too long/],
    ["0\r\nA: b\n\n", /trailer field is malformed/],
  ];
  for (const [index, [body, reason]] of bodies.entries()) {
    await refuses(server, `${CHUNKED}\r\n${body}`, 400, reason);
    const { end, error } = await server.ended(index);
    assert.deepEqual([end, error?.code], ["error", "ERR_PROTOCOL"]);
  }
  await stillServes(server);
});

Deno.test("max-bytes: an upload of exactly the limit passes, one more byte is 413", async () => {
  await using server = await served({ maxBytes: 300_000 });
  const close = "Connection: close\r\n\r\n";
  const full = chunk(150_000).repeat(2);
  assert.equal(reportIn(await ask(server, `${CHUNKED}${close}${full}0\r\n\r\n`)).received?.bytes, 300_000);
  await refuses(server, `${CHUNKED}\r\n${full}${chunk(1)}`, 413, /larger than the limit of 300000 bytes/);
  const { end, error } = await server.ended(1);
  assert.deepEqual([end, error?.code], ["limit", "ERR_LIMIT"]);
  await refuses(server, `${ofLength(300_001)}\r\n`, 413, /larger than the limit of 300000 bytes/);
  await refuses(server, `${CHUNKED}\r\n1fffffffffffff\r\n${"x".repeat(400_000)}`, 413, /larger than/);
});

Deno.test("a client that goes on sending sees why it was refused before the connection is broken off", async () => {
  await using server = await served({ token: "secret" });
  await using client = await rawClient(server.port);
  await client.send(`${CHUNKED}\r\n`);
  const piece = new Uint8Array(65_536);
  let sent = 0;
  while (!client.received.endsWith("--token TOKEN\n") && !client.wasReset) {
    // What the server does not take must not stop the client from reading.
    void client.send(piece);
    sent += piece.length;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert.deepEqual([answerOf(client.received).status, client.wasReset], [401, false], `after ${sent} bytes`);
});

Deno.test("max-connections: an upload that is one too many sees the 503", async () => {
  await using server = await served({ maxConnections: 1 });
  await using first = await rawClient(server.port);
  await first.send("GET /bytes/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  await first.until(/\r\n\r\n\0$/);
  await using client = await rawClient(server.port);
  await client.send(`${CHUNKED}\r\n`);
  for (let i = 0; i < 100; i++) void client.send(new Uint8Array(65_536));
  await client.until(/^HTTP\/1\.1 503 [^]*try again later\n$/);
  assert.equal(client.wasReset, false);
});

Deno.test("an upload that breaks off, ends inside, or stands still is reported as that", async () => {
  await using server = await served({ idleTimeoutMs: 500 });
  await using breaking = await rawClient(server.port);
  await breaking.send(`${CHUNKED}\r\n${chunk(10)}`);
  await stillServes(server);
  breaking.reset();
  const ends = [await server.ended(1)];
  assert.equal(answerOf(await ask(server, `${ofLength(10)}\r\n12345`)).status, NaN);
  ends.push(await server.ended(2));
  await using still = await rawClient(server.port);
  await still.send(`${CHUNKED}\r\n${chunk(10)}`);
  await still.rest();
  ends.push(await server.ended(3));
  assert.deepEqual(ends.map(({ end, protocol }) => [end, protocol]), [
    ["reset", "perf"],
    ["idle", "perf"],
    ["idle", "perf"],
  ]);
});

Deno.test("an upload that ends in order before its time is broken off: ERR_CLOSED", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  await client.send(`${ofLength(10)}\r\n12345`);
  client.end();
  assert.equal(await client.rest(), "");
  const { end, error } = await server.ended(0);
  assert.deepEqual([end, error?.code], ["reset", "ERR_CLOSED"]);
  assert.equal(error?.message, "Cannot take the upload: the connection ended inside it");
});
