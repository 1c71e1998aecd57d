import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { MptError } from "../../../lib/base/errors.ts";
import type { Listener } from "../../../lib/io/connection.ts";
import { DEFAULT_LIMITS, serve, type ServeEvent, Server } from "../../../lib/serve/mod.ts";
import { closedPort, rawClient } from "../../support/raw_tcp.ts";
import { requires, withoutFfi } from "../../support/requires.ts";
import { answerOf, ask, perfHeader, served, stillServes } from "./served.ts";

function endpoint(text: string): Endpoint {
  return Endpoint.parse(text, { allowPortZero: true });
}

Deno.test("serve() tells in order what it listens on, who came, and sums it up", async () => {
  const events: ServeEvent[] = [];
  const listen = [endpoint("tcp@127.0.0.1:0"), endpoint("tcp@127.0.0.1:0")];
  const server = await serve({ listen, maxPerAddress: 5 }, (event) => events.push(event));
  const [first, second] = server.listeners.map(({ local }) => local);
  assert.notEqual(first?.port, second?.port);
  await ask({ port: first!.port! }, "GET /bytes/10 HTTP/1.0\r\n\r\n");
  await ask({ port: second!.port! }, "GET /bytes/20 HTTP/1.0\r\n\r\n");
  await server.close();
  const result = await server.finished;
  assert.deepEqual(events.map((each) => [each.event, "listener" in each ? each.listener : null]), [
    ["listening", null],
    ["listening", null],
    ...(withoutFfi() ? [] : [["syn-mirror", null]]),
    ["connection", first!.address],
    ["connection", second!.address],
  ]);
  const sent = events.reduce((sum, each) => sum + (each.event === "connection" ? each.bytes_sent : 0), 0);
  assert(sent > 30);
  assert.deepEqual(
    [result.schema, result.connections, result.refused, result.bytes_sent, result.end],
    ["mpt.serve/1", 2, 0, sent, { reason: "done" }],
  );
  assert.deepEqual(result.listeners, [
    { address: first!.address, transport: "tcp" },
    { address: second!.address, transport: "tcp" },
  ]);
  const { max_per_address, max_connections, once, token } = result.options;
  assert.deepEqual([max_per_address, max_connections, once, token], [5, 256, false, false]);
  for (const name of Object.keys(result.options)) assert.match(name, /^[a-z_]+$/);
});

Deno.test({
  name: "serve() listens on each address with its own transport",
  ...requires("mptcp"),
  async fn() {
    const listen = [endpoint("tcp@127.0.0.1:0"), endpoint("mptcp@127.0.0.1:0"), endpoint("127.0.0.1:0")];
    await using server = await serve({ listen });
    assert.deepEqual(server.listeners.map(({ transport }) => transport), ["tcp", "mptcp", "mptcp"]);
    for (const { local } of server.listeners) await stillServes({ port: local.port! });
  },
});

Deno.test({
  name: "serve() on [::] takes IPv4 clients too, and with mptcp6@ it does not",
  ...requires("mptcp"),
  async fn() {
    await using both = await serve({ listen: [endpoint("mptcp@[::]:0")] });
    await stillServes({ port: both.listeners[0]!.local.port! });
    await using pinned = await serve({ listen: [endpoint("mptcp6@[::]:0")] });
    const { port } = pinned.listeners[0]!.local;
    await assert.rejects(rawClient(port!), { code: "ECONNREFUSED" });
    await using client = await rawClient(port!, "::1");
    await client.send("GET /bytes/1 HTTP/1.0\r\n\r\n");
    assert.equal(answerOf(await client.rest()).status, 200);
  },
});

Deno.test("serve() on a name listens on its address", async () => {
  await using server = await serve({ listen: [endpoint("tcp4@localhost:0")] });
  assert.equal(server.listeners[0]!.local.host, "127.0.0.1");
});

Deno.test("serve() on a port that is in use fails and leaves nothing open", async () => {
  await using other = await served();
  const port = closedPort();
  const events: ServeEvent[] = [];
  const listen = [endpoint(`tcp@127.0.0.1:${port}`), endpoint(`tcp@127.0.0.1:${other.port}`)];
  await assert.rejects(serve({ listen }, (event) => events.push(event)), (error) => {
    assert(error instanceof MptError);
    assert.equal(error.code, "ERR_ADDRESS_IN_USE");
    assert.equal(error.message, `Cannot listen on 127.0.0.1:${other.port}: the port is in use`);
    return true;
  });
  assert.deepEqual(events.map(({ event }) => event), ["listening"]);
  await assert.rejects(rawClient(port), { code: "ECONNREFUSED" });
});

Deno.test("serve() says why it cannot listen", async () => {
  const failures: readonly (readonly [string, RegExp])[] = [
    ["tcp@192.0.2.1:0", /^ERR_ADDRESS_NOT_LOCAL Cannot listen on 192\.0\.2\.1:0: /],
    // Without a resolver nobody knows whether the name exists.
    [
      "tcp4@no-such-name.invalid:0",
      /^(ERR_NAME_NOT_FOUND Cannot .*: the name has no address|ERR_NAME_LOOKUP Cannot .*: the resolver failed \(\w+\))$/,
    ],
  ];
  for (const [listen, wanted] of failures) {
    await assert.rejects(serve({ listen: [endpoint(listen)] }), (error) => {
      assert(error instanceof MptError);
      assert.match(`${error.code} ${error.message}`, wanted);
      return true;
    });
  }
  await assert.rejects(serve({ token: "two words" }), { code: "ERR_INVALID_VALUE" });
});

Deno.test("serve({ once }) ends after the first connection", async () => {
  await using server = await served({ once: true });
  await stillServes(server);
  const { connections, end } = await server.finished;
  assert.deepEqual([connections, end.reason], [1, "done"]);
  await assert.rejects(rawClient(server.port), { code: "ECONNREFUSED" });
});

Deno.test("close() lets a slow transfer finish, and ends what is idle at once", async () => {
  await using server = await served();
  await using silent = await rawClient(server.port);
  await using idle = await rawClient(server.port);
  await idle.send("GET /bytes/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  await idle.until(/\r\n\r\n\0$/);
  await using half = await rawClient(server.port);
  await half.send("GET / HTT");
  await using slow = await rawClient(server.port);
  await slow.send(perfHeader(1000n));
  await slow.send("x");
  await stillServes(server);

  const closing = server.close();
  await Promise.all([silent.rest(), idle.rest(), half.rest()]);
  await assert.rejects(rawClient(server.port), { code: "ECONNREFUSED" });
  // Slower than any network, and in the middle of its transfer.
  await new Promise((resolve) => setTimeout(resolve, 600));
  await slow.send("y");
  slow.end();
  assert.equal((await slow.rest()).length, 1000);
  await closing;
  const { connections } = await server.finished;
  assert.equal(connections, 5);
  const ends = server.events.flatMap((each) =>
    each.event === "connection" ? [`${each.protocol} ${each.end}`] : []
  );
  assert.deepEqual(ends.toSorted(), [
    "http done",
    "http shutdown",
    "http shutdown",
    "none shutdown",
    "perf done",
  ]);
});

Deno.test("close() breaks off what is not over after 5 seconds", async () => {
  await using server = await served();
  await using client = await rawClient(server.port);
  await client.send(perfHeader(1000n));
  await client.send("x");
  await stillServes(server);
  await server.close();
  await client.rest();
  const { end, bytes_received } = await server.ended(1);
  assert.deepEqual([end, bytes_received], ["shutdown", 1]);
});

Deno.test("close() may be called again and again", async () => {
  const server = await served();
  await Promise.all([server.close(), server.close()]);
  await server.close();
  await server[Symbol.asyncDispose]();
  assert.equal((await server.finished).connections, 0);
});

Deno.test("a signal ends the server, and its summary says how", async () => {
  const reasons: readonly (readonly [unknown, string])[] = [
    [undefined, "interrupted"],
    [new MptError("ERR_ABORTED", "Cannot go on: interrupted"), "interrupted"],
    [new MptError("ERR_TIMED_OUT", "Cannot go on: --timeout 1 is over"), "timeout"],
  ];
  for (const [reason, expected] of reasons) {
    const stop = new AbortController();
    await using server = await served({ signal: stop.signal });
    await stillServes(server);
    stop.abort(reason);
    const { end, connections } = await server.finished;
    assert.deepEqual([end.reason, connections], [expected, 1]);
  }
});

Deno.test("a signal that is already raised ends the server before it serves", async () => {
  await using server = await served({ signal: AbortSignal.abort() });
  assert.equal((await server.finished).end.reason, "interrupted");
});

Deno.test("a server whose listener is broken for good ends, and its result says why", async () => {
  let accepts = 0;
  const broken: Listener = {
    transport: "tcp",
    local: endpoint("127.0.0.1:4433"),
    accept() {
      accepts++;
      return Promise.reject(new MptError("ERR_SYSTEM", "Cannot accept a connection: it is broken"));
    },
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
    [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
  };
  const events: ServeEvent[] = [];
  const server = new Server([broken], null, {}, DEFAULT_LIMITS, (event) => events.push(event));
  const { end } = await server.finished;
  assert.deepEqual(end, {
    reason: "error",
    error: { code: "ERR_SYSTEM", message: "Cannot accept a connection: it is broken" },
  });
  assert.equal(events.length, accepts);
});
