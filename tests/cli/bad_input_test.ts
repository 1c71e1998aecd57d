import assert from "node:assert/strict";
import { mpt } from "../support/command.ts";
import { closedPort, rawServer } from "../support/raw_tcp.ts";
import { served, stillServes } from "../lib/serve/served.ts";
import { jsonOf, linesOf } from "./answers.ts";

/** Arguments that mean nothing, and what is said about them. */
const USAGE: readonly (readonly [args: string, message: RegExp])[] = [
  ["probe", /missing required argument 'host\[:port\]'/],
  ["probe a b", /too many arguments for 'probe'/],
  ["probe host:0", /"host:0".*port 0 cannot be connected to/],
  ["probe host:65536", /the port "65536" is not from 1 to 65535/],
  ["probe host:x", /the port "x" is not a whole number/],
  ["probe host:", /the port after the colon is missing/],
  ["probe [::1", /the bracket "\[" is not closed/],
  ["probe 1.2.3", /a mistyped IPv4 address/],
  ["probe http://host/", /give host:port, not a URL/],
  ["probe sctp@host", /the transport "sctp" is unknown; use tcp, mptcp, quic or mpquic/],
  ["probe mptcp6@127.0.0.1", /pins IPv6, but 127\.0\.0\.1 is an IPv4 address/],
  ["probe -t tcp,sctp host", /Unknown transport "sctp": use tcp, mptcp, quic or mpquic/],
  ["probe --require sctp host", /'sctp' is invalid/],
  ["probe --pin sha256/short host", /It must be sha256\/ and 44 characters of base64/],
  ["probe --alpn h3,, host", /A protocol has 1 to 255 bytes/],
  ["probe --server-name not/a/name host", /It must be a host name/],
  ["probe --insecure --ca file host", /'--insecure' cannot be used with option '--ca <file>'/],
  ["probe --data ftp host", /'ftp' is invalid/],
  ["probe --join-timeout -1 host", /'-1' is invalid/],
  ["probe --timeout 0 host", /It must be more than 0/],
  ["probe --timeout soon host", /'soon' is invalid/],
  ["probe --path nonsense host", /"nonsense" is not of the form name=value/],
  ["probe --path local=1.2.3 host", /'local=1\.2\.3' is invalid/],
  ["probe --path colour=red host", /Unknown part "colour"/],
  ["probe --color sometimes host", /'sometimes' is invalid/],
  ["probe --no-such-option host", /unknown option '--no-such-option'/],
  ["bench host:0", /port 0 cannot be connected to/],
  ["bench --duration 0 host", /It must be more than 0/],
  ["bench --duration 600h host", /It is longer than 24 days/],
  ["bench --bytes 0 host", /It must be more than 0/],
  ["bench --bytes -5 host", /'-5' is invalid/],
  ["bench --bytes 1 --duration 1 host", /'--duration <seconds>' cannot be used with option '--bytes <size>'/],
  ["bench --streams 0 host", /it is less than 1/],
  ["bench --streams 129 host", /129/],
  ["bench --direction sideways host", /'sideways' is invalid/],
  ["bench --path remote=name host", /Remote must be an address, not the name name/],
  ["bench --fail soon mpquic@host", /Use PATH@SECONDS, such as 0@2/],
  ["bench --fail 0@2,softly mpquic@host", /Use PATH@SECONDS, such as 0@2 or 0@2,close/],
  ["serve --listen sctp@[::]", /the transport "sctp" is unknown/],
  ["serve --listen [::]:65536", /the port "65536" is not from 0 to 65535/],
  ["serve --max-connections 0", /it is less than 1/],
  ["serve --idle-timeout 0", /It must be more than 0/],
  ["serve --fallback quic", /'quic' is invalid/],
  ["serve extra", /too many arguments for 'serve'/],
  ["prob host", /unknown command 'prob'/],
];

/** Command lines that each option allows, and all of them together do not. */
const CONTRADICTIONS: readonly (readonly [string, RegExp])[] = [
  ["bench --path local=127.0.0.1,status=backup host", /status of a subflow: it is the kernel's/],
  ["probe --path local=127.0.0.1,status=backup host", /only local and interface can be chosen here/],
  [
    "probe --congestion cubic quic@127.0.0.1:1",
    /Cannot use --congestion with quic: it is about tcp and mptcp/,
  ],
  ["bench --fail 0@2 host", /Cannot use --fail with tcp and mptcp: only the paths of mpquic/],
  ["bench --scheduler blest host", /Cannot use --scheduler with tcp and mptcp: only the paths of mpquic/],
];

/** Runs two at a time: there is nothing to measure. */
async function inPairs<T>(items: readonly T[], check: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await check(item);
  };
  const ends = await Promise.allSettled([worker(), worker()]);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

Deno.test("arguments that mean nothing end with 2 and the reason, with --json as JSON too", async () => {
  await inPairs(USAGE, async ([text, message]) => {
    const [command = "", ...args] = text.split(" ");
    const result = await mpt([command, "--json", ...args]);
    assert.equal(result.code, 2, `${text}: ${result.stderr}`);
    assert.match(result.stderr, message);
    assert.match(result.stderr, /\(add --help for usage\)/);
    assert.doesNotMatch(result.stderr, /^\s+at /m);
    const { schema, end } = jsonOf(result);
    assert.equal(schema, command === "prob" ? "mpt.usage/1" : `mpt.${command}/1`);
    assert.deepEqual([end.reason, end.error?.code], ["error", "ERR_USAGE"]);
    assert.match(end.error!.message, message);
  });
});

Deno.test("arguments that mean nothing print nothing on stdout without --json, and a line with --ndjson", async () => {
  const plain = await mpt(["probe", "host:0"]);
  assert.deepEqual([plain.code, plain.stdout], [2, ""]);
  const lines = await mpt(["probe", "--ndjson", "host:0"]);
  assert.equal(lines.code, 2);
  assert.equal(linesOf(lines).result.end.error?.code, "ERR_USAGE");
});

Deno.test("options that do not go together end with 2 and the reason", async () => {
  await inPairs(CONTRADICTIONS, async ([text, message]) => {
    const [command = "", ...args] = text.split(" ");
    const result = await mpt([command, "--json", ...args]);
    assert.equal(result.code, 2, `${text}: ${result.stderr}`);
    assert.match(result.stderr, message);
    assert.equal(jsonOf(result).end.error?.code, "ERR_USAGE");
  });
});

Deno.test("values that no server could use end with 2", async () => {
  for (const args of [["--token", "two words"], ["--token", ""], ["--token", "a\nb"]]) {
    const result = await mpt(["serve", "--listen", "tcp@127.0.0.1:0", "--json", ...args]);
    assert.equal(result.code, 2, result.stderr);
    assert.equal(jsonOf(result).end.error?.code, "ERR_INVALID_VALUE");
  }
});

Deno.test("a name without an address ends with the resolver's answer", async () => {
  for (const command of ["probe", "bench"]) {
    const result = await mpt([command, "--json", "--timeout", "20", "no-such-name.invalid:1"]);
    const { end } = jsonOf(result);
    // Without a resolver nobody knows whether the name exists.
    const expected = end.error?.code === "ERR_NAME_NOT_FOUND" ? 1 : 3;
    assert.equal(result.code, expected, result.stderr);
    assert.match(end.error!.code, /^ERR_NAME_(NOT_FOUND|LOOKUP)$/);
    assert.match(result.stderr, /^mpt: Cannot look up no-such-name\.invalid: /);
  }
});

Deno.test("a closed port ends with 1: refused", async () => {
  const port = closedPort();
  const probe = await mpt(["probe", "--json", "-t", "tcp", `127.0.0.1:${port}`]);
  assert.equal(probe.code, 1, probe.stderr);
  assert.equal(jsonOf(probe).end.reason, "done");
  const bench = await mpt(["bench", "--json", "-t", "tcp", `127.0.0.1:${port}`]);
  assert.equal(bench.code, 1);
  assert.equal(jsonOf(bench).end.error?.code, "ERR_REFUSED");
  assert.match(bench.stderr, /^mpt: Cannot connect to 127\.0\.0\.1:\d+: connection refused\n$/);
});

Deno.test("a server that accepts and says nothing is waited for no longer than --timeout", async () => {
  await using server = await rawServer(() => {});
  const probe = await mpt(["probe", "--json", "-t", "tcp", "--timeout", "1", server.address]);
  // It did accept: that is what was seen.
  assert.equal(probe.code, 0, probe.stderr);
  assert.equal(jsonOf(probe).end.reason, "timeout");
  const bench = await mpt(["bench", "--json", "-t", "tcp", "--timeout", "1", server.address]);
  assert.equal(bench.code, 3, bench.stderr);
  const { end } = jsonOf(bench);
  assert.deepEqual([end.reason, end.error?.code], ["timeout", "ERR_TIMED_OUT"]);
});

Deno.test("a server that resets in the middle of the transfer ends with 1 and what was measured", async () => {
  const check = {
    schema: "mpt.check/1",
    server: { name: "mpt", version: "0.1.0" },
    transport: "tcp",
    fallback: false,
    local: "127.0.0.1:1",
    remote: "127.0.0.1:2",
    paths: [],
    counters: {},
    addresses: [],
    syn_mirror_port: null,
    limits: { max_bytes: 1_000_000_000, max_duration_ms: 60_000, token_required: false },
  };
  const body = JSON.stringify(check);
  await using server = await rawServer(async (peer) => {
    const [, target] = await peer.until(/^GET (\S+) [^]*\r\n\r\n/);
    if (target === "/") await peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    else if (target === "/perf") {
      await peer.send("HTTP/1.1 101 Switching Protocols\r\nperf-id: x\r\n\r\n");
      await peer.until(/\r\n\r\n[^]{8}/);
      peer.reset();
    } else await peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  });
  const result = await mpt(["bench", "--json", "-t", "tcp", server.address]);
  assert.equal(result.code, 1, result.stderr);
  const { runs, end } = jsonOf(result);
  assert.equal(end.reason, "done");
  assert.match(JSON.stringify(runs), /"code":"ERR_RESET"/);
});

Deno.test("a server that sends garbage ends with the right code, and garbage does not reach the terminal", async () => {
  await using server = await rawServer(async (peer) => {
    await peer.until(/\r\n\r\n/);
    await peer.send("\x1b[2J\x00\xff\n\n\x1b]0;title\x07".repeat(1000));
  });
  for (const [command, code] of [["probe", 0], ["bench", 1]] as const) {
    const json = await mpt([command, "--json", "-t", "tcp", server.address]);
    assert.equal(json.code, code, json.stderr);
    jsonOf(json);
    const text = await mpt([command, "-v", "-t", "tcp", server.address]);
    assert.equal(text.code, code);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(text.stdout + text.stderr, /[\x00-\x09\x0b-\x1f\x7f]/);
  }
});

Deno.test("a result that cannot be saved ends with 3, and is printed all the same", async () => {
  await using server = await served();
  const target = `127.0.0.1:${server.port}`;
  const result = await mpt(["probe", "--json", "-t", "tcp", "-o", "/no/such/folder/result.json", target]);
  assert.equal(result.code, 3, result.stderr);
  assert.equal(jsonOf(result).end.reason, "done");
  assert.match(result.stderr, /^mpt: Cannot save the result to \/no\/such\/folder\/result\.json: /);
  await stillServes(server);
});

Deno.test("mpt serve on a port that is in use ends with 3 and the reason", async () => {
  await using server = await served();
  const result = await mpt(["serve", "--json", "--listen", `tcp@127.0.0.1:${server.port}`]);
  assert.equal(result.code, 3);
  assert.equal(jsonOf(result).end.error?.code, "ERR_ADDRESS_IN_USE");
  assert.match(result.stderr, /^mpt: Cannot listen on 127\.0\.0\.1:\d+: the port is in use\n$/);
});
