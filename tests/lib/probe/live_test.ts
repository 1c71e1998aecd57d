import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type TLSSocket } from "node:tls";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { MptError } from "../../../lib/base/errors.ts";
import { probe, type ProbeEvent, type ProbeOptions, type ProbeResult } from "../../../lib/probe/mod.ts";
import { selfSigned } from "../../support/certificate.ts";
import { closedPort, rawServer } from "../../support/raw_tcp.ts";
import { requires, withoutFfi } from "../../support/requires.ts";
import { served } from "../serve/served.ts";

/** No waits that a test does not ask for: of quic others tell. */
const QUICK: ProbeOptions = { joinTimeoutMs: 0, transports: ["tcp", "mptcp"] };

function of(target: string, options: ProbeOptions = {}, events: ProbeEvent[] = []): Promise<ProbeResult> {
  return probe(Endpoint.parse(target), { ...QUICK, ...options }, (event) => void events.push(event));
}

Deno.test("probe() of mpt serve over TCP shows both views", async () => {
  await using server = await served();
  const result = await of(`127.0.0.1:${server.port}`, { transports: ["tcp"] });
  assert.deepEqual([result.schema, result.end.reason, result.dns], ["mpt.probe/1", "done", null]);
  const [endpoint] = result.endpoints;
  assert.equal(result.endpoints.length, 1);
  const { address, family, port, tcp } = endpoint!;
  assert.deepEqual([address, family, port], ["127.0.0.1", 4, server.port]);
  assert.equal(tcp.status, "yes");
  assert(tcp.ms !== null && tcp.ms > 0);
  assert.deepEqual([tcp.detail?.data?.kind, tcp.detail?.data?.status], ["http", "yes"]);
  assert.match(tcp.detail?.data?.text ?? "", /^mpt serve \d+\.\d+\.\d+$/);
  // What is local here is remote there.
  assert.equal(tcp.detail?.server?.remote, tcp.paths[0]?.local);
  assert.equal(tcp.detail?.server?.transport, "tcp");
  assert.equal(endpoint!.mptcp.status, "skipped");
  assert.deepEqual([endpoint!.quic.status, endpoint!.mpquic.status], ["skipped", "skipped"]);
  if (!withoutFfi()) assert.equal(endpoint!.interface, "lo");
});

Deno.test({
  name: "probe() of mpt serve over MPTCP finds it negotiated after the connect and after the first data",
  ...requires("mptcp"),
  async fn() {
    await using server = await served({}, "mptcp");
    const events: ProbeEvent[] = [];
    const result = await of(`127.0.0.1:${server.port}`, {}, events);
    const { tcp, mptcp } = result.endpoints[0]!;
    assert.deepEqual(
      [tcp.status, mptcp.status, mptcp.negotiated_after_connect, mptcp.negotiated_after_data, mptcp.fallback],
      ["yes", "yes", true, true, null],
    );
    assert.equal(mptcp.paths.length, 1);
    const [path] = mptcp.paths;
    assert.deepEqual([path?.id, path?.state, path?.status, path?.interface], [
      0,
      "active",
      "available",
      "lo",
    ]);
    assert(path!.rtt_ms !== null && path!.rtt_ms > 0);
    const { server: view } = mptcp.detail!;
    assert.deepEqual([view?.transport, view?.fallback, view?.remote], ["mptcp", false, path!.local]);
    assert.deepEqual([tcp.detail?.server?.transport, tcp.detail?.server?.fallback], ["tcp", true]);
    assert.match(result.verdicts[0]!.code, /^mptcp-works/);
    assert.deepEqual(events.map(({ event }) => event).toSorted(), ["check", "check", "path", "start"]);
  },
});

Deno.test({
  name: "probe() of a server without MPTCP says no, and that the server itself is the cause",
  ...requires("mptcp"),
  async fn() {
    await using server = await served();
    const { endpoints: [endpoint], verdicts } = await of(`127.0.0.1:${server.port}`);
    const { mptcp } = endpoint!;
    assert.deepEqual([mptcp.status, mptcp.reason], [
      "no",
      "the connection fell back to TCP in the handshake",
    ]);
    assert.deepEqual([mptcp.negotiated_after_connect, mptcp.negotiated_after_data], [false, false]);
    assert.deepEqual([mptcp.fallback?.cause, mptcp.fallback?.certainty], ["peer-without-mptcp", "proved"]);
    assert(mptcp.fallback?.evidence.some((line) => line.includes("MPCapableFallbackSYNACK +")));
    assert.deepEqual([mptcp.joins, mptcp.joins_skipped], [[], "the connection is not MPTCP"]);
    // The connection itself is fine, and the server's view of it says the same.
    assert.deepEqual([mptcp.paths.length, mptcp.detail?.server?.transport], [1, "tcp"]);
    assert.deepEqual([verdicts[0]?.code, verdicts[0]?.level], ["peer-without-mptcp", "fail"]);
  },
});

Deno.test("probe() of a name tells what the resolver said and probes each address", async () => {
  await using server = await served();
  const events: ProbeEvent[] = [];
  const result = await of(`localhost:${server.port}`, { transports: ["tcp"] }, events);
  assert.deepEqual(result.dns?.map(({ type }) => type), ["AAAA", "A"]);
  const a = result.dns?.find(({ type }) => type === "A");
  assert.deepEqual([a?.status, a?.answers], ["ok", ["127.0.0.1"]]);
  assert.deepEqual(
    result.endpoints.map(({ address }) => address),
    result.dns?.flatMap(({ answers }) => answers),
  );
  assert.equal(result.endpoints.find(({ address }) => address === "127.0.0.1")?.tcp.status, "yes");
  assert.equal(events.filter(({ event }) => event === "dns").length, 2);
  assert.equal(events.filter(({ event }) => event === "start").length, result.endpoints.length);
});

Deno.test("probe() of a pinned family asks for that alone", async () => {
  await using server = await served();
  const result = await of(`tcp4@localhost:${server.port}`, { transports: ["tcp"] });
  assert.deepEqual(result.dns?.map(({ type }) => type), ["A"]);
  assert.deepEqual(result.endpoints.map(({ family }) => family), [4]);
});

for (const host of ["127.0.0.1", "::1"]) {
  Deno.test(`probe() of a port of ${host} where nobody listens: refused, proved`, async () => {
    const { endpoints, verdicts } = await of(Endpoint.of(host, closedPort()).address, {
      transports: ["tcp"],
    });
    const { tcp } = endpoints[0]!;
    assert.deepEqual([tcp.status, tcp.reason, tcp.detail?.error], [
      "no",
      "connection refused",
      "ERR_REFUSED",
    ]);
    assert.deepEqual([tcp.ms, tcp.paths], [null, []]);
    assert.deepEqual([verdicts[0]?.code, verdicts[0]?.certainty], ["tcp-fails", "proved"]);
  });
}

Deno.test({
  name: "probe() over MPTCP to a port where nobody listens: refused, and no fallback is guessed",
  ...requires("mptcp"),
  async fn() {
    const { endpoints: [endpoint], verdicts } = await of(`127.0.0.1:${closedPort()}`);
    assert.deepEqual([endpoint!.mptcp.status, endpoint!.mptcp.fallback], ["no", null]);
    assert.deepEqual(verdicts.map(({ code }) => code), ["mptcp-fails", "tcp-fails"]);
  },
});

Deno.test({
  name: "probe() shakes hands with a TLS server over the probed connection",
  ...requires("tool:openssl"),
  async fn() {
    const server = createServer({ ...await selfSigned(), ALPNProtocols: ["h2", "http/1.1"] });
    const names: unknown[] = [];
    const sockets: TLSSocket[] = [];
    server.on("secureConnection", (socket) => {
      sockets.push(socket);
      names.push("servername" in socket ? socket.servername : null);
      socket.on("error", () => {});
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert(address !== null && typeof address !== "string");
    const { endpoints } = await of(`tcp4@localhost:${address.port}`, { data: "tls" });
    const { tcp, mptcp } = endpoints[0]!;
    const checks = withoutFfi() ? [tcp] : [tcp, mptcp];
    for (const { detail } of checks) {
      assert.deepEqual([detail?.data?.kind, detail?.data?.status, detail?.data?.text], [
        "tls",
        "yes",
        "TLSv1.3, ALPN h2",
      ]);
      assert(detail?.data?.ms !== null);
    }
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
    // RFC 6066 3: the name that was asked for goes to the server.
    assert.deepEqual(names, checks.map(() => "localhost"));
  },
});

Deno.test("probe() with data none sends nothing and still tells whether the connection came up", async () => {
  await using server = await rawServer(() => {});
  const { endpoints: [endpoint] } = await of(server.address, { data: "none", transports: ["tcp"] });
  assert.equal(endpoint!.tcp.status, "yes");
  assert.deepEqual(endpoint!.tcp.detail?.data, {
    kind: "none",
    status: "skipped",
    ms: null,
    text: "nothing was sent",
  });
});

Deno.test("probe() tells what HTTP server answered, without the control characters in its name", async () => {
  const answers: readonly (readonly [string, string])[] = [
    ["HTTP/1.1 200 OK\r\nServer: nginx/1.26\r\nContent-Length: 2\r\n\r\nok", "HTTP 200 from nginx/1.26"],
    ["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "HTTP 404"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "HTTP 200"],
    ["HTTP/1.0 200 OK\r\nServer: \xe4\xff\r\n\r\nuntil the end", "HTTP 200 from ??"],
    [`HTTP/1.1 200 OK\r\nServer: ${"x".repeat(200)}\r\n\r\n`, `HTTP 200 from ${"x".repeat(60)}`],
  ];
  for (const [answer, text] of answers) {
    await using server = await rawServer(async (peer) => {
      await peer.until(/\r\n\r\n/);
      await peer.send(answer);
    });
    const { endpoints: [endpoint] } = await of(server.address, { transports: ["tcp"] });
    assert.deepEqual([endpoint!.tcp.detail?.data?.status, endpoint!.tcp.detail?.data?.text], ["yes", text]);
  }
});

Deno.test("probe() asks with the host and port of the target", async () => {
  let request = "";
  await using server = await rawServer(async (peer) => {
    await peer.until(/\r\n\r\n/);
    request = peer.received;
    await peer.send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  await of(server.address, { transports: ["tcp"] });
  assert.match(request, new RegExp(`^GET / HTTP/1\\.1\r\nHost: ${server.address}\r\nUser-Agent: mpt/`));
  await of(`localhost:${server.port}`, { transports: ["tcp"] });
  assert.match(request, new RegExp(`\r\nHost: localhost:${server.port}\r\n`));
});

Deno.test("probe() that is aborted gives what it has seen, and leaves open what it has not", async () => {
  const stop = new AbortController();
  await using server = await rawServer(async (peer) => {
    await peer.until(/\r\n\r\n/);
    stop.abort(new MptError("ERR_ABORTED", "Cannot go on: interrupted"));
  });
  const result = await of(server.address, { transports: ["tcp"], signal: stop.signal });
  assert.equal(result.end.reason, "interrupted");
  const { tcp } = result.endpoints[0]!;
  assert.equal(tcp.status, "yes");
  assert.deepEqual([tcp.detail?.data?.status, tcp.detail?.data?.text], ["unknown", "interrupted"]);
});

Deno.test("probe() whose time is over before the connect says neither yes nor no", async () => {
  const late = new MptError("ERR_TIMED_OUT", "Cannot go on: --timeout 1 is over");
  const result = await of("127.0.0.1:4433", { signal: AbortSignal.abort(late) });
  assert.equal(result.end.reason, "timeout");
  const { tcp, mptcp } = result.endpoints[0]!;
  assert.deepEqual([tcp.status, mptcp.status], ["unknown", "unknown"]);
  assert(result.verdicts.every(({ level }) => level === "unknown"));
});

Deno.test("probe() of a name with a signal that is raised: ERR_ABORTED", async () => {
  await assert.rejects(of("localhost:1", { signal: AbortSignal.abort() }), { code: "ERR_ABORTED" });
});

Deno.test({
  name: "probe() leaves open what this host could not do",
  ...requires("ffi"),
  async fn() {
    await using server = await served();
    const target = `127.0.0.1:${server.port}`;
    for (const option of [{ interface: "no-such-if0" }, { congestion: "no-such-cc" }]) {
      const { endpoints: [endpoint] } = await of(target, { ...option, transports: ["tcp"] });
      const { status, reason, detail } = endpoint!.tcp;
      assert.deepEqual([status, detail?.error], ["unknown", "ERR_OPTION_REFUSED"]);
      assert(reason?.includes(Object.values(option)[0]!), reason ?? "");
    }
  },
});
