import assert from "node:assert/strict";
import { mpt, mptArgv, output, ROOT, type RunningProcess, start, startMpt } from "../support/command.ts";
import { rawClient, type RawPeer, rawServer } from "../support/raw_tcp.ts";
import { requires, withoutFfi } from "../support/requires.ts";
import { perfHeader, stillServes } from "../lib/serve/served.ts";
import { jsonOf, linesOf } from "./answers.ts";

const LISTEN = ["serve", "--listen", "tcp@127.0.0.1:0"];

/** The port that a running `mpt serve` listens on. */
async function portOf(server: RunningProcess): Promise<number> {
  const [, port] = await server.line(/127\.0\.0\.1:(\d+)/);
  return Number(port);
}

Deno.test("mpt serve prints what it listens on, what to type elsewhere, and a line for each connection", async () => {
  await using server = startMpt([...LISTEN, "--color", "never"]);
  const port = await portOf(server);
  await server.line(/^Ctrl-C ends it\.$/);
  const lines = server.stdout.split("\n").map((line) => line.replace(/^(SYN mirror on .*:)\d+:/, "$1PORT:"));
  assert.deepEqual(lines.slice(0, withoutFfi() ? 5 : 6), [
    `listening on tcp@127.0.0.1:${port}`,
    ...(withoutFfi() ? [] : ["SYN mirror on 127.0.0.1:PORT: tells mpt probe what of its SYN arrives here"]),
    "on this machine:",
    `  mpt probe 127.0.0.1:${port}`,
    `  mpt bench 127.0.0.1:${port}`,
    "Ctrl-C ends it.",
  ]);
  await stillServes({ port });
  await server.line(/^127\.0\.0\.1:\d+ {2}tcp, 1 path {2}http {2}\d+ B in, \d+ B out {2}\S+ ms$/);
  await using client = await rawClient(port);
  await client.send("\x80");
  await server.line(/^127\.0\.0\.1:\d+ {2}tcp, 1 path {2}unknown {2}0 B in, 0 B out {2}\S+ ms {2}error$/);
  server.kill("SIGINT");
  const { code, stdout, stderr } = await server.finished;
  assert.equal(code, 130);
  assert.match(stdout, /\nserved 2 connections, refused 0, in \d+ s\n$/);
  assert.equal(stderr, "");
});

Deno.test("mpt serve --ndjson prints an event a line and the result in the last", async () => {
  await using server = startMpt([...LISTEN, "--ndjson", "--once"]);
  await stillServes({ port: await portOf(server) });
  const { code, ...printed } = await server.finished;
  assert.equal(code, 0);
  const { events, result } = linesOf({ code, ...printed });
  const mirror = withoutFfi() ? [] : ["syn-mirror"];
  assert.deepEqual(events.map(({ event }) => event), ["listening", ...mirror, "connection", "end"]);
  assert.deepEqual([result.schema, result.end.reason, result.connections], ["mpt.serve/1", "done", 1]);
});

Deno.test("mpt serve --json prints its result when it is over, and nothing before", async () => {
  await using server = startMpt([...LISTEN, "--json", "--timeout", "0.5"]);
  const result = await server.finished;
  assert.equal(result.code, 0);
  const { schema, end, listeners } = jsonOf(result);
  assert.deepEqual([schema, end.reason, result.stderr], ["mpt.serve/1", "timeout", ""]);
  assert.match(JSON.stringify(listeners), /^\[\{"address":"127\.0\.0\.1:\d+","transport":"tcp"\}\]$/);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`mpt serve drains on ${signal}: the transfer under way finishes, then comes the summary`, async () => {
    await using server = startMpt([...LISTEN, "--ndjson"]);
    const port = await portOf(server);
    await using client = await rawClient(port);
    await client.send(perfHeader(1000n));
    await client.send("x");
    await stillServes({ port });
    server.kill(signal);
    // It has stopped listening as soon as nobody gets in any more.
    while (await rawClient(port).then((each) => each[Symbol.asyncDispose]().then(() => true), () => false));
    await client.send("y");
    client.end();
    assert.equal((await client.rest()).length, 1000);
    const { code, ...printed } = await server.finished;
    const { result, events } = linesOf({ code, ...printed });
    assert.deepEqual([code, result.end.reason], [130, "interrupted"]);
    const perf = events.find(({ protocol }) => protocol === "perf");
    assert.deepEqual([perf?.end, perf?.bytes_received, perf?.bytes_sent], ["done", 2, 1000]);
  });
}

Deno.test("mpt serve that is interrupted again and again ends before it has drained, without a summary", async () => {
  await using server = startMpt([...LISTEN, "--ndjson"]);
  const port = await portOf(server);
  await using client = await rawClient(port);
  await client.send(perfHeader(1000n));
  await stillServes({ port });
  const interrupting = setInterval(() => server.kill("SIGINT"), 50);
  const { code, stdout } = await server.finished.finally(() => clearInterval(interrupting));
  assert.equal(code, 130);
  assert.doesNotMatch(stdout, /"event":"end"/);
});

Deno.test("mpt serve that gets one Ctrl-C twice, from the terminal and from deno task, prints its summary", async () => {
  await using server = startMpt([...LISTEN, "--ndjson"]);
  const port = await portOf(server);
  await using client = await rawClient(port);
  await client.send(perfHeader(0n));
  await stillServes({ port });
  // Two of a kind could arrive as one.
  server.kill("SIGINT");
  server.kill("SIGTERM");
  while (await rawClient(port).then((each) => each[Symbol.asyncDispose]().then(() => true), () => false));
  client.end();
  const ended = await server.finished;
  assert.equal(ended.code, 130);
  assert.equal(linesOf(ended).result.end.reason, "interrupted");
});

Deno.test("mpt serve takes each limit from its option", async () => {
  const limits = [
    "--max-connections",
    "7",
    "--max-per-address",
    "6",
    "--max-bytes",
    "5kB",
    "--max-duration",
    "4",
  ];
  const others = ["--idle-timeout", "3", "--token", "secret", "--congestion", "reno", "--fallback", "tcp"];
  const congestion = withoutFfi() ? others.filter((_, index) => index < 4 || index > 5) : others;
  await using server = startMpt([...LISTEN, "--json", "--timeout", "0.3", ...limits, ...congestion]);
  const { options } = jsonOf(await server.finished);
  assert.deepEqual(options, {
    max_connections: 7,
    max_per_address: 6,
    max_bytes: 5000,
    max_duration_ms: 4000,
    idle_timeout_ms: 3000,
    once: false,
    token: true,
    fallback: "tcp",
    congestion: withoutFfi() ? null : "reno",
    syn_mirror_port: 0,
  });
});

Deno.test({
  name: "mpt serve --syn-mirror-port and --no-syn-mirror: on a port of choice, or not at all",
  ...requires("ffi"),
  async fn() {
    await using free = await rawServer(() => {});
    const port = free.port;
    await free[Symbol.asyncDispose]();
    await using server = startMpt([...LISTEN, "--ndjson", "--syn-mirror-port", String(port)]);
    await server.line(new RegExp(`"event":"syn-mirror","address":"127\\.0\\.0\\.1:${port}"`));
    await using client = await rawClient(port);
    assert.match(await client.rest(), /^\{"schema":"mpt\.syn-mirror\/1",.*\}\n$/);
    await using taken = await rawServer(() => {});
    const refused = await mpt([...LISTEN, "--json", "--syn-mirror-port", String(taken.port)]);
    assert.equal(refused.code, 3);
    assert.match(refused.stderr, /Cannot listen on 127\.0\.0\.1:\d+/);
    const none = await mpt([...LISTEN, "--json", "--timeout", "0.3", "--no-syn-mirror"]);
    assert.deepEqual(jsonOf(none).syn_mirrors, []);
    const both = await mpt([...LISTEN, "--no-syn-mirror", "--syn-mirror-port", "5"]);
    assert.equal(both.code, 2);
    assert.match(both.stderr, /'--syn-mirror-port <port>' cannot be used with option '--no-syn-mirror'/);
  },
});

for (const mode of [["--ndjson"], ["--color", "never"]]) {
  Deno.test({
    name: `mpt serve ${mode.join(" ")} whose reader goes away ends well, at the next line that it prints`,
    ...requires("tool:bash"),
    async fn() {
      const pipe = ["bash", "-c", 'set -o pipefail; "$@" | head -1', "bash"];
      await using server = start([...pipe, ...mptArgv([...LISTEN, ...mode])]);
      const port = await portOf(server);
      let over = false;
      const finished = server.finished.finally(() => over = true);
      // Each connection makes a line; whether head has gone by the first of them cannot be known.
      while (!over) {
        await stillServes({ port }).catch(() => new Promise((resolve) => setTimeout(resolve, 10)));
      }
      const { code, stdout, stderr } = await finished;
      assert.deepEqual([code, stderr, stdout.trimEnd().split("\n").length], [0, "", 1]);
    },
  });
}

Deno.test("mpt serve that is out of descriptors says so and goes on when there are some again", async () => {
  const limits = ["--max-connections", "1000", "--max-per-address", "1000"];
  const argv = mptArgv([...LISTEN, "--ndjson", ...limits]);
  await using server = start(["sh", "-c", 'ulimit -n 80; exec "$@"', "sh", ...argv]);
  const port = await portOf(server);
  const clients: RawPeer[] = [];
  for (let i = 0; i < 120; i++) clients.push(await rawClient(port));
  await server.line(/"event":"warning","text":"Cannot accept a connection on [^"]*: too many open files/);
  // Those who are in are served meanwhile.
  await clients[0]!.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await clients[0]!.until(/"mpt\.check\/1"/);
  for (const client of clients) await client[Symbol.asyncDispose]();
  await stillServes({ port });
});

Deno.test({
  name: "mpt serve listens with MPTCP unless told otherwise, and serves plain TCP clients",
  ...requires("mptcp"),
  async fn() {
    await using server = startMpt([
      "serve",
      "--listen",
      "127.0.0.1:0",
      "--listen",
      "tcp@127.0.0.1:0",
      "--ndjson",
    ]);
    const [, mptcp] = await server.line(/"address":"127\.0\.0\.1:(\d+)","transport":"mptcp"/);
    const [, tcp] = await server.line(/"address":"127\.0\.0\.1:(\d+)","transport":"tcp"/);
    await stillServes({ port: Number(mptcp) });
    await stillServes({ port: Number(tcp) });
    await server.line(/"event":"connection".*"transport":"tcp","fallback":true/);
    await server.line(/"event":"connection".*"transport":"tcp","fallback":false/);
  },
});

Deno.test("mpt serve without --allow-ffi has no MPTCP: exit 3 with the flag, or TCP with --fallback tcp", async () => {
  const permissions = ["--allow-net", "--allow-env", "--allow-sys", "--allow-read"];
  const listen = ["serve", "--listen", "mptcp@127.0.0.1:0"];
  await using refused = startMpt([...listen, "--json"], { permissions });
  const result = await refused.finished;
  assert.equal(result.code, 3, result.stderr);
  assert.equal(jsonOf(result).end.error?.code, "ERR_FFI_PERMISSION");
  assert.match(result.stderr, /--allow-ffi/);

  await using fallback = startMpt([...listen, "--fallback", "tcp", "--color", "never"], { permissions });
  await fallback.line(/^listening on tcp@127\.0\.0\.1:\d+ instead of mptcp: .*--allow-ffi/);
  await stillServes({ port: await portOf(fallback) });
});

Deno.test({
  name: "curl gets the check and bytes from mpt serve",
  ...requires("tool:curl"),
  async fn() {
    await using server = startMpt([...LISTEN, "--token", "secret"]);
    const url = `http://127.0.0.1:${await portOf(server)}`;
    const check: unknown = JSON.parse(await output(["curl", "-sS", `${url}/`]));
    assert(typeof check === "object" && check !== null && "schema" in check);
    assert.equal(check.schema, "mpt.check/1");
    const bytes = await output(["curl", "-sS", "-H", "Authorization: Bearer secret", `${url}/bytes/12345`]);
    assert.equal(bytes.length, 12_345);
  },
});

Deno.test("mpt serve that may not read its certificate ends with 3, and with 2 when there is none", async () => {
  const cert = `${ROOT}/deno.json`;
  const args = ["serve", "--json", "--listen", "quic@127.0.0.1:0", "--cert"];
  const forbidden = await mpt([...args, cert], { permissions: ["--allow-net"] });
  assert.deepEqual([forbidden.code, jsonOf(forbidden).end.error?.code], [3, "ERR_PERMISSION"]);
  assert.match(forbidden.stderr, /\n {5}try: --allow-read=\S+\/deno\.json\n$/);
  const missing = await mpt([...args, `${cert}.none`]);
  assert.deepEqual([missing.code, jsonOf(missing).end.error?.code], [2, "ERR_USAGE"]);
});
