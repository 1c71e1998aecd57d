import assert from "node:assert/strict";
import { Ip } from "../../lib/base/ip.ts";
import type { RaceResult } from "../../lib/race/mod.ts";
import { listen } from "../../lib/transport/mod.ts";
import { FakeServer } from "../lib/dns/fake_server.ts";
import { mpt, type ProcessResult, startMpt } from "../support/command.ts";
import { requires } from "../support/requires.ts";

const LOOPBACK = Ip.parse("127.0.0.1");

function resultOf({ stdout, stderr }: ProcessResult): RaceResult {
  assert.match(stdout, /^\{/, stderr);
  return JSON.parse(stdout);
}

Deno.test("mpt race says who won, then shows every attempt on one time axis", async () => {
  await using listener = listen("tcp", LOOPBACK, 0);
  const { code, stdout, stderr } = await mpt(["race", listener.local.address]);
  assert.deepEqual([code, stderr], [0, ""]);
  const [verdict, blank, heading, axis, attempt, ...rest] = stdout.split("\n");
  assert.match(verdict!, /^✓ IPv4 over tcp won after \S+ ms\.$/);
  assert.equal(blank, "");
  assert.match(heading!, /^Happy Eyeballs v3, port \d+, next attempt after 250 ms:$/);
  assert.match(axis!, /^ +0 .*ms/);
  assert.match(attempt!, /^1 tcp {3}127\.0\.0\.1 +━*✓ +won \S+ ms$/);
  assert.deepEqual(rest, [""]);
});

Deno.test("mpt race ends with 1 where nothing connects, and says why", async () => {
  // Nobody listens on port 1
  const { code, stdout } = await mpt(["race", "tcp@127.0.0.1:1"]);
  assert.equal(code, 1);
  assert.match(stdout, /^✗ Nothing connected to 127\.0\.0\.1: connection refused\.\n/);
  assert.match(stdout, /^1 tcp {3}127\.0\.0\.1 .*✗ +refused$/m);
});

Deno.test("mpt race --require decides the exit code", async () => {
  await using listener = listen("tcp", LOOPBACK, 0);
  const target = listener.local.address;
  for (
    const [required, expected] of [["ipv4", 0], ["ipv4,tcp,clean", 0], ["ipv6", 1], ["mptcp", 1]] as const
  ) {
    const { code, stderr } = await mpt(["race", "--quiet", "--require", required, target]);
    assert.equal(code, expected, `${required}: ${stderr}`);
  }
});

Deno.test("mpt race --json, --ndjson and -o hold the same result", async () => {
  await using listener = listen("tcp", LOOPBACK, 0);
  const file = await Deno.makeTempFile();
  try {
    const { code, stdout } = await mpt(["race", "--ndjson", "-n", "2", "-o", file, listener.local.address]);
    assert.equal(code, 0);
    const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
    assert.ok(lines.every(({ time, event }) => typeof time === "string" && typeof event === "string"));
    assert.deepEqual(new Set(lines.slice(0, -1).map(({ round }) => round)), new Set([0, 1]));
    const last = lines.at(-1);
    assert.equal(last.event, "end");
    assert.deepEqual(last.result, JSON.parse(await Deno.readTextFile(file)));
    const result: RaceResult = last.result;
    assert.deepEqual([result.schema, result.end.reason, result.rounds.length], ["mpt.race/1", "done", 2]);
    assert.deepEqual(result.timeline, result.rounds[0]?.timeline);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("mpt race takes each constant of the race, and tells what was in force", async () => {
  await using listener = listen("tcp", LOOPBACK, 0);
  const raced = await mpt([
    ...["race", "--json", "--algorithm", "hev2", "--attempt-delay", "100ms", "--resolution-delay", "0.02s"],
    ...["--constant", "attempt-delay-factor=2", "--constant", "family-count=2", listener.local.address],
  ]);
  assert.equal(raced.code, 0, raced.stderr);
  const { constants, algorithm } = resultOf(raced);
  assert.equal(algorithm, "hev2");
  assert.deepEqual(constants["attempt_delay_ms"], { value: 100, default: 250, clause: "RFC 8305 5 and 8" });
  assert.equal(constants["resolution_delay_ms"]?.value, 20);
  assert.equal(constants["attempt_delay_factor"]?.value, 2);
  assert.equal(constants["preferred_family_count"]?.value, 2);
});

Deno.test("mpt race refuses what makes no sense with one sentence and exit code 2", async () => {
  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [["--transport", "sctp", "host"], /Unknown transport "sctp": use tcp, mptcp, quic or mpquic/],
    [["--require", "speed", "host"], /"speed" cannot be required: use ipv6, ipv4, tcp/],
    [["--family", "5", "host"], /"5" is not an address family: use 4 or 6/],
    [["--resolver", "dns.example", "host"], /"dns\.example" is not the address of a DNS server/],
    [["--constant", "speed=1", "host"], /"speed=1" sets none of resolution-delay, attempt-delay/],
    [["--constant", "attempt-delay-factor=0.5", "host"], /A factor is a number from 1/],
    [["--attempt-delay", "5", "host"], /the delay between attempts is below 10 ms/],
    [["--attempt-delay", "much", "host"], /Cannot use "much" as a duration/],
    [["--rounds", "0", "host"], /Cannot use "0" as a whole number/],
    [["--nat64", "nonsense", "host"], /Cannot use "nonsense" as a prefix/],
    [["--interface", "", "host"], /The name of an interface is missing/],
    [["--pin", "sha256/AAAA", "host"], /sha256/],
    [["--insecure", "host"], /Cannot use --insecure with tcp: it is about quic/],
    [["--profile", "lynx", "host"], /There is no profile "lynx": use chrome, firefox/],
    [["--policy", "/nonexistent/file", "host"], /Cannot read \/nonexistent\/file/],
    [["host", "other"], /too many arguments behind host: other/],
    [["--infer"], /what should run is missing/],
    [["host:0"], /port/],
    [["a b"], /Cannot use "a b" as an endpoint/],
    [[], /missing required argument 'host\[:port\]'/],
  ];
  for (const [args, message] of mistakes) {
    const { code, stdout, stderr } = await mpt(["race", ...args]);
    assert.deepEqual([code, stdout], [2, ""], `${args}: ${stderr}`);
    assert.match(stderr, message);
    assert.ok(!/\n {4}at /.test(stderr), stderr);
  }
});

Deno.test("mpt race ends with its --timeout, and its JSON says how far it came", async () => {
  await using server = FakeServer.start(() => []);
  const resolver = ["--resolver", server.endpoint.address];
  const { code, stdout, stderr } = await mpt([
    "race",
    "--json",
    "--timeout",
    "3",
    ...resolver,
    "host.example",
  ]);
  assert.equal(code, 3, stderr);
  const result: RaceResult = JSON.parse(stdout);
  assert.equal(result.end.reason, "timeout");
  assert.ok(result.dns.length >= 1 && result.dns.every(({ status }) => status === "cancelled"));
  assert.equal(result.verdicts[0]?.code, "race-undecided");
});

Deno.test("mpt race that is interrupted tells what it has seen and ends with 130", async () => {
  await using server = FakeServer.start(() => []);
  const resolver = ["--resolver", server.endpoint.address];
  await using run = startMpt(["race", "--ndjson", ...resolver, "host.example"]);
  await run.line(/"event":"query"/);
  run.kill("SIGINT");
  const { code, stdout } = await run.finished;
  assert.equal(code, 130);
  const last = JSON.parse(stdout.trim().split("\n").at(-1)!);
  assert.deepEqual([last.event, last.result.end.reason], ["end", "interrupted"]);
});

Deno.test("mpt race without a permission says which one it needs", async () => {
  const flags = ["--allow-env", "--allow-sys", "--allow-write"];
  const files = await mpt(["race", "host.example"], { permissions: ["--allow-net", ...flags] });
  assert.equal(files.code, 3);
  assert.match(files.stderr, /^mpt: Cannot read \/etc\/\S+: run again with --allow-read=\/etc\/\S+\n/);
  const net = await mpt(["race", "127.0.0.1:443"], { permissions: ["--allow-read", ...flags] });
  assert.equal(net.code, 3, net.stdout);
  assert.match(`${net.stdout}${net.stderr}`, /--allow-net/);
});

Deno.test("mpt race goes without system calls for tcp, and says so where it does not", async () => {
  await using listener = listen("tcp", LOOPBACK, 0);
  const permissions = ["--allow-net", "--allow-env", "--allow-sys", "--allow-read", "--allow-write"];
  const plain = await mpt(["race", "--json", listener.local.address], { permissions });
  assert.equal(plain.code, 0, plain.stderr);
  assert.equal(resultOf(plain).network.known, false);
  const mptcp = await mpt(["race", `mptcp@${listener.local.address}`], { permissions });
  assert.equal(mptcp.code, 3, mptcp.stdout);
  assert.match(mptcp.stdout, /--allow-ffi/);
});

Deno.test({
  name: "mpt race quic@ checks the server's key",
  ...requires("ffi"),
  async fn() {
    await using serve = startMpt(["serve", "--ndjson", "--listen", "quic@127.0.0.1:0"]);
    const [line] = await serve.line(/.*"event":"listening".*/);
    const text = line!;
    const port = /"local":"127\.0\.0\.1:(\d+)"|127\.0\.0\.1:(\d+)/.exec(text)!;
    const pin = /sha256\/[A-Za-z0-9+/=]+/.exec(text)?.[0];
    assert.ok(pin !== undefined, text);
    const target = `quic@127.0.0.1:${port[1] ?? port[2]}`;
    const trusted = await mpt(["race", "--pin", pin, target]);
    assert.equal(trusted.code, 0, trusted.stdout);
    assert.match(trusted.stdout, /^✓ IPv4 over quic won after /);
    const stranger = await mpt(["race", target]);
    assert.equal(stranger.code, 1, stranger.stdout);
    assert.match(stranger.stdout, /✗ +TLS failed$/m);
    const insecure = await mpt(["race", "--insecure", target]);
    assert.equal(insecure.code, 0, insecure.stdout);
    assert.match(insecure.stdout, /^warning: The server's certificate was not checked/m);
  },
});
