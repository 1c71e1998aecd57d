import assert from "node:assert/strict";
import { Endpoint } from "../../lib/base/endpoint.ts";
import { serve } from "../../lib/serve/mod.ts";
import { QuicTransportListener } from "../../lib/transport/quic.ts";
import { mpt, mptArgv, run, start, startMpt } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import { type Served, served } from "../lib/serve/served.ts";
import { jsonOf, linesOf } from "./answers.ts";

function args(server: Served, ...extra: readonly string[]): readonly string[] {
  return [
    "bench",
    "-t",
    "tcp",
    "--duration",
    "0.3",
    "--interval",
    "0.05",
    ...extra,
    `127.0.0.1:${server.port}`,
  ];
}

Deno.test("mpt bench prints its cost before it starts, and then the verdict and a table", async () => {
  await using server = await served();
  const { code, stdout, stderr } = await mpt(args(server, "--direction", "both", "--color", "never"));
  assert.equal(code, 0);
  assert.match(
    stderr,
    /^cost: 2 runs, about 2\.60 s, at most 40\.6 s; paths: 127\.0\.0\.1 to 127\.0\.0\.1:\d+\n$/,
  );
  const lines = stdout.trimEnd().split("\n");
  assert.match(lines[0]!, /^· TCP download: \S+ [kMG]bit\/s\.$/);
  assert.match(lines[1]!, /^· TCP upload: \S+ [kMG]bit\/s\.$/);
  const heading = lines.findIndex((line) => line.startsWith("TRANSPORT"));
  assert.match(
    lines[heading]!,
    /^TRANSPORT +DIRECTION +PATH +GOODPUT +BYTES +TIME +STALL +LOADED RTT p50\/p95 +CPU +/,
  );
  assert.deepEqual(lines.slice(heading + 1).map((line) => line.split(/ +/).slice(0, 2)), [
    ["tcp", "download"],
    ["tcp", "upload"],
  ]);
  assert.match(lines.at(-1)!, /[▁▂▃▄▅▆▇█]+$/);
});

Deno.test("mpt bench --quiet leaves stderr empty", async () => {
  await using server = await served();
  const { code, stderr } = await mpt(
    args(server, "--quiet", "--bytes", "1000").filter((arg) => !/duration|0\.3/.test(arg)),
  );
  assert.deepEqual([code, stderr], [0, ""]);
});

Deno.test("mpt bench --json prints one object and nothing else", async () => {
  await using server = await served();
  const result = await mpt(args(server, "--json", "--streams", "2"));
  assert.deepEqual([result.code, result.stderr], [0, ""]);
  const { schema, options, cost } = jsonOf(result);
  assert.equal(schema, "mpt.bench/1");
  assert.deepEqual(cost, { runs: 1, duration_ms: 1300, max_duration_ms: 20_300, bytes: null });
  assert.deepEqual(options, {
    transports: ["tcp"],
    directions: ["download"],
    duration_ms: 300,
    bytes: null,
    streams: 2,
    interval_ms: 50,
    congestion: null,
    try_fix: false,
    scheduler: null,
    fail: null,
    insecure: false,
    paths: [],
  });
});

Deno.test("mpt bench --ndjson prints events a line each, and the result in the last", async () => {
  await using server = await served();
  const { events, result } = linesOf(await mpt(args(server, "--ndjson")));
  assert.match(events.map(({ event }) => event).join(" "), /^plan run( interval)+ run-end end$/);
  assert.equal(result.schema, "mpt.bench/1");
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`mpt bench that gets ${signal} ends with 130 and what was measured so far`, async () => {
    await using server = await served();
    await using bench = startMpt(args(server, "--duration", "20", "--ndjson"));
    await bench.line(/"event":"interval"/);
    bench.kill(signal);
    const { result } = linesOf(await bench.finished);
    assert.equal((await bench.finished).code, 130);
    assert.equal(result.end.reason, "interrupted");
    assert.match(JSON.stringify(result.runs), /"bytes":[1-9].*"error":\{"code":"ERR_ABORTED"/);
  });
}

Deno.test("mpt bench that is interrupted says so to people, too", async () => {
  await using server = await served();
  await using bench = startMpt(args(server, "--duration", "20", "--color", "never"));
  await bench.line(/^cost: /, "stderr");
  bench.kill("SIGINT");
  const { code, stdout } = await bench.finished;
  assert.equal(code, 130);
  assert.match(stdout, /^interrupted: this is what was measured so far$/m);
});

Deno.test("mpt bench --timeout ends with what was measured so far, and 3 when no run came to its end", async () => {
  await using server = await served();
  const cut = await mpt(args(server, "--json", "--timeout", "0.7").map((arg) => arg === "0.3" ? "20" : arg));
  assert.equal(cut.code, 3);
  const { end, verdicts } = jsonOf(cut);
  assert.deepEqual([end.reason, JSON.stringify(verdicts).match(/"code":"([^"]*)"/)?.[1]], [
    "timeout",
    "run-cut-short",
  ]);
});

Deno.test({
  name: "mpt bench whose reader goes away in the middle is no error",
  ...requires("tool:bash"),
  async fn() {
    await using server = await served();
    const argv = mptArgv(args(server, "--ndjson").map((arg) => arg === "0.3" ? "20" : arg));
    // The third line is an interval: the next comes out of a timer.
    const piped = await run(["bash", "-c", 'set -o pipefail; "$@" | head -3', "bash", ...argv]);
    assert.deepEqual([piped.code, piped.stderr], [0, ""]);
    assert.match(piped.stdout, /"event":"interval".*\n$/);
  },
});

Deno.test("mpt bench with a wrong token ends with 3 and says what to do", async () => {
  await using server = await served({ token: "secret" });
  const missing = await mpt(args(server, "--json"));
  assert.equal(missing.code, 3);
  assert.equal(missing.stderr, "mpt: Cannot measure: the server wants its token\n     try: --token TEXT\n");
  assert.equal(jsonOf(missing).end.error?.code, "ERR_PERMISSION");
  const wrong = await mpt(args(server, "--token", "wrong"));
  assert.deepEqual([wrong.code, wrong.stdout], [3, ""]);
  assert.match(wrong.stderr, /mpt: Cannot measure: the server refused the token\n/);
  const right = await mpt(args(server, "--token", "secret"));
  assert.equal(right.code, 0, right.stderr);
});

Deno.test("mpt bench without --allow-ffi measures TCP, and says that MPTCP is unknown", async () => {
  await using server = await served();
  const permissions = ["--allow-net", "--allow-env", "--allow-sys", "--allow-read"];
  const both = args(server, "--json").map((arg) => arg === "tcp" ? "tcp,mptcp" : arg);
  // MPTCP was asked for by name.
  const asked = await mpt(both, { permissions });
  assert.equal(asked.code, 3, asked.stderr);
  const { runs, verdicts } = jsonOf(asked);
  assert.match(
    JSON.stringify(runs),
    /"transport":"tcp".*"error":null.*"transport":"mptcp".*"ERR_FFI_PERMISSION"/,
  );
  assert.match(JSON.stringify(verdicts), /"code":"mptcp-unknown","level":"unknown".*--allow-ffi/);
  // By default it is a comparison that this host cannot make, not a failure.
  const byDefault = await mpt(both.filter((arg) => arg !== "-t" && arg !== "tcp,mptcp"), { permissions });
  assert.equal(byDefault.code, 0, byDefault.stderr);
  const alone = await mpt(both.map((arg) => arg === "tcp,mptcp" ? "mptcp" : arg), { permissions });
  assert.equal(alone.code, 3);
  assert.equal(jsonOf(alone).end.error?.code, "ERR_FFI_PERMISSION");
});

Deno.test({
  name: "mpt bench on a terminal draws lines for each path while it runs, and takes them away",
  ...requires("tool:script"),
  async fn() {
    await using server = await served();
    const command = mptArgv(args(server)).map((arg) => `'${arg}'`).join(" ");
    await using child = start(["script", "-qec", command, "/dev/null"], {
      env: { TERM: "xterm", NO_COLOR: "" },
    });
    const { code, stdout } = await child.finished;
    assert.equal(code, 0, stdout);
    assert.match(stdout, /run 1 of 1: tcp download {2}\d+/);
    assert.match(stdout, /path 0 [█▏▎▍▌▋▊▉ ]{24} \S+ [kMG]bit\/s/);
    const drawn = stdout.match(/run 1 of 1: tcp download/g)?.length ?? 0;
    // 300 ms at most 10 times a second, and the title.
    assert(drawn >= 1 && drawn <= 6, `drawn ${drawn} times`);
    // Cursor up and clear to the end, before the answer.
    // deno-lint-ignore no-control-regex
    assert.match(stdout, /\x1b\[\dA\r\x1b\[J/);
  },
});

/** `mpt serve` over QUIC: its port, and its pin. */
async function quicServed(): Promise<AsyncDisposable & { readonly port: number; readonly pin: string }> {
  const listen = [Endpoint.parse("quic@127.0.0.1:0", { allowPortZero: true })];
  const server = await serve({ listen, synMirrorPort: null });
  const [listener] = server.listeners;
  assert(listener instanceof QuicTransportListener);
  return {
    port: listener.local.port!,
    pin: listener.pin,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

Deno.test("mpt bench quic@HOST --pin measures both ways; -v says what held the upload up", async () => {
  await using server = await quicServed();
  const { code, stdout } = await mpt([
    ...[
      "bench",
      `quic@127.0.0.1:${server.port}`,
      "--pin",
      server.pin,
      "--direction",
      "both",
      "--bytes",
      "500k",
    ],
    ...["--interval", "0.05", "--color", "never", "-v"],
  ]);
  assert.equal(code, 0);
  assert.match(stdout, /^· QUIC download: \S+ [kMG]bit\/s\.\n· QUIC upload: \S+ [kMG]bit\/s\.$/m);
  assert.match(stdout, /^quic +upload +- +\S+ [kMG]bit\/s +500 kB/m);
  assert.match(
    stdout,
    /^What held the quic upload up, in times: the congestion window \d+, the pacer \d+, /m,
  );
});

Deno.test("mpt bench to a server that is not the pinned one: exit 1, and what would help", async () => {
  await using server = await quicServed();
  const pin = `sha256/${btoa("x".repeat(32))}`;
  const { code, stderr } = await mpt([
    "bench",
    `quic@127.0.0.1:${server.port}`,
    "--pin",
    pin,
    "--bytes",
    "1k",
  ]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^mpt: Cannot connect to 127\.0\.0\.1:\d+: the server's certificate is not trusted: /m,
  );
  assert.match(stderr, /--pin with what mpt serve prints/);
});
