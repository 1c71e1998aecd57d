import assert from "node:assert/strict";
import { parseCheckAnswer } from "../../../lib/protocol/check.ts";
import { rawClient } from "../../support/raw_tcp.ts";
import { requires, withoutFfi } from "../../support/requires.ts";
import { answerOf, ask, type Served, served } from "./served.ts";

const END = "Host: a\r\nConnection: close\r\n\r\n";

Deno.test("GET / tells how the server sees the connection", async () => {
  await using server = await served({ maxBytes: 1000, maxDurationMs: 2000 });
  await using client = await rawClient(server.port);
  await client.send(`GET / HTTP/1.1\r\n${END}`);
  const { status, head, body } = answerOf(await client.rest());
  assert.equal(status, 200);
  assert.match(head, /^content-type: application\/json\r$/im);
  assert.match(head, /^cache-control: no-store\r$/im);
  const check = parseCheckAnswer(body);
  assert(check !== null);
  const { transport, fallback, local, paths, limits, server: { name } } = check;
  assert.deepEqual({ transport, fallback, local, name, limits }, {
    transport: "tcp",
    fallback: false,
    local: `127.0.0.1:${server.port}`,
    name: "mpt",
    limits: { max_bytes: 1000, max_duration_ms: 2000, token_required: false },
  });
  assert.deepEqual(paths.map(({ id, local, remote, state }) => [id, local, remote, state]), [
    [0, local, check.remote, "active"],
  ]);
  if (!withoutFfi()) assert.equal(paths[0]?.interface, "lo");
});

Deno.test({
  name: "GET / of a plain TCP client on an MPTCP listener says so",
  ...requires("mptcp"),
  async fn() {
    await using server = await served({}, "mptcp");
    const check = parseCheckAnswer(answerOf(await ask(server, `GET / HTTP/1.1\r\n${END}`)).body);
    assert.deepEqual([check?.transport, check?.fallback, check?.paths.length], ["tcp", true, 1]);
    const { transport, fallback } = await server.ended(0);
    assert.deepEqual([transport, fallback], ["tcp", true]);
  },
});

Deno.test("HEAD / has the head of GET / and no body", async () => {
  await using server = await served();
  const { status, head, body } = answerOf(await ask(server, `HEAD / HTTP/1.1\r\n${END}`));
  assert.equal(status, 200);
  assert.match(head, /^content-length: [1-9]\d*\r$/im);
  assert.equal(body, "");
});

Deno.test("GET /bytes/N sends exactly N bytes", async () => {
  await using server = await served();
  for (const count of [0, 1, 262_144, 262_145, 1_000_000]) {
    const { head, body } = answerOf(await ask(server, `GET /bytes/${count} HTTP/1.1\r\n${END}`));
    assert.match(head, new RegExp(`^content-length: ${count}\\r$`, "im"));
    assert.equal(body.length, count);
  }
  const { head, body } = answerOf(await ask(server, `HEAD /bytes/1000 HTTP/1.1\r\n${END}`));
  assert.match(head, /^content-length: 1000\r$/im);
  assert.equal(body, "");
});

Deno.test("GET /bytes/N beyond the limit is refused, and the connection goes on", async () => {
  await using server = await served({ maxBytes: 1000 });
  const text = await ask(
    server,
    `GET /bytes/1001 HTTP/1.1\r\nHost: a\r\n\r\nGET /bytes/1000 HTTP/1.1\r\n${END}`,
  );
  assert.match(
    text,
    /^HTTP\/1\.1 403 Forbidden\r\n[^]*this server sends at most 1000 bytes\nHTTP\/1\.1 200 OK\r\n/,
  );
  assert.equal(answerOf(text.slice(text.indexOf("HTTP/1.1 200"))).body.length, 1000);
});

Deno.test("what is not there is 404, and the connection goes on", async () => {
  await using server = await served();
  const paths = [
    "/bytes",
    "/bytes/",
    "/bytes/-1",
    "/bytes/1.5",
    "/bytes/1e3",
    "/bytes/0x10",
    `/bytes/${"9".repeat(16)}`,
    "/bytes/1/",
    "/Bytes/1",
    "//",
    "/../etc/passwd",
    "/perf/",
    "/perf/00000000-0000-0000-0000-000000000000",
    "/perf/../../x",
    "*",
    "x",
  ];
  const requests = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join("");
  const text = await ask(server, `${requests}GET /bytes/0 HTTP/1.1\r\n${END}`);
  const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map((match) => match[1]);
  assert.deepEqual(statuses, [...paths.map(() => "404"), "200"]);
});

Deno.test("a target may have a query or be a whole URL (RFC 9112 3.2.2)", async () => {
  await using server = await served();
  for (const target of ["/?a=/x", "http://a/", "HTTP://a:80/", "http://a", "http://a?b"]) {
    const { status, body } = answerOf(await ask(server, `GET ${target} HTTP/1.1\r\n${END}`));
    assert.equal(status, 200, target);
    assert(parseCheckAnswer(body) !== null, target);
  }
});

Deno.test("other methods are 405 with what is allowed", async () => {
  await using server = await served();
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"]) {
    const { status, head } = answerOf(await ask(server, `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`));
    assert.equal(status, 405);
    assert.match(head, /^allow: GET, HEAD\r$/im);
    assert.match(head, /^connection: close\r$/im);
  }
});

Deno.test("a request with a body is 413, whatever its form", async () => {
  await using server = await served();
  for (const field of ["Content-Length: 5", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip"]) {
    const text = `POST / HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n`;
    const answer = await ask(server, text);
    assert.equal(answerOf(answer).status, 413, field);
    // What could be a smuggled request is not answered.
    assert.equal(answer.match(/HTTP\/1\.1 \d/g)?.length, 1, field);
  }
});

Deno.test("a connection carries many requests, pipelined too, answered in order", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  const counts = [3, 0, 5, 1];
  await client.send(counts.map((count) => `GET /bytes/${count} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
  await client.until(/content-length: 1\r\n[^]*\r\n\r\n\0$/i);
  assert.deepEqual(
    [...client.received.matchAll(/content-length: (\d+)/gi)].map((match) => Number(match[1])),
    counts,
  );
  assert.equal(client.received.match(/^connection: keep-alive\r$/gim)?.length, 4);
  await client.send(`GET /bytes/2 HTTP/1.1\r\n${END}`);
  assert.match(await client.rest(), /connection: close\r\n\r\n\0\0$/i);
  const { requests, protocol, end } = await server.ended(0);
  assert.deepEqual([requests, protocol, end], [5, "http", "done"]);
});

Deno.test("a request may arrive in pieces of one byte", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  for (const byte of `GET /bytes/3 HTTP/1.1\r\n${END}`) await client.send(byte);
  assert.equal(answerOf(await client.rest()).body, "\0\0\0");
});

Deno.test("the connection stays open or closes as RFC 9112 9.3 says", async () => {
  await using server = await served();
  const closes = async (request: string): Promise<boolean> => {
    await using client = await rawClient(server.port);
    await client.send(request);
    await client.until(/\r\n\r\n/);
    const [, field] = await client.until(/^connection: (\S+)\r$/im);
    // The second request shows whether the server means it.
    await client.send("GET /bytes/7 HTTP/1.0\r\n\r\n");
    const again = /content-length: 7/i.test(await client.rest());
    assert.equal(field === "keep-alive", again);
    return !again;
  };
  assert.equal(await closes("GET /bytes/0 HTTP/1.1\r\nHost: a\r\n\r\n"), false);
  assert.equal(await closes("GET /bytes/0 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), true);
  assert.equal(await closes("GET /bytes/0 HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n"), true);
  assert.equal(await closes("GET /bytes/0 HTTP/1.0\r\n\r\n"), true);
  assert.equal(await closes("GET /bytes/0 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), false);
});

Deno.test("a client that half-closes after its request still gets the answer", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  await client.send("GET /bytes/500000 HTTP/1.1\r\nHost: a\r\n\r\n");
  client.end();
  assert.equal(answerOf(await client.rest()).body.length, 500_000);
  assert.equal((await server.ended(0)).end, "done");
});

Deno.test("bytes and perf want the token where there is one, the check does not", async () => {
  await using server = await served({ token: "secret" });
  const status = async (path: string, ...fields: readonly string[]): Promise<number> => {
    const lines = fields.map((field) => `${field}\r\n`).join("");
    return answerOf(await ask(server, `GET ${path} HTTP/1.1\r\n${lines}${END}`)).status;
  };
  assert.equal(await status("/"), 200);
  for (const path of ["/bytes/1", "/perf"]) {
    assert.equal(await status(path), 401, path);
    assert.equal(await status(path, "Authorization: Bearer wrong"), 401, path);
    assert.equal(await status(path, "Authorization: Basic secret"), 401, path);
  }
  assert.equal(await status("/bytes/1", "Authorization: Bearer secret"), 200);
  assert.equal(await status("/perf", "Authorization: Bearer secret"), 426);
  const check = parseCheckAnswer(answerOf(await ask(server, `GET / HTTP/1.1\r\n${END}`)).body);
  assert.equal(check?.limits.token_required, true);
});

Deno.test("fetch, which pools its connections, gets along with the server", async () => {
  await using server: Served = await served();
  using client = Deno.createHttpClient({});
  for (let i = 0; i < 3; i++) {
    const response = await fetch(`${server.url}/bytes/100000`, { client });
    assert.equal((await response.arrayBuffer()).byteLength, 100_000);
  }
});
