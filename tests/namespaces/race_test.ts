// Measures: when attempts start, within 2 ms in the median.
import assert from "node:assert/strict";
import { createLab, type Lab } from "../../lib/lab/mod.ts";
import { hold } from "../../lib/lab/namespaces.ts";
import type { RaceResult } from "../../lib/race/mod.ts";
import type { ProcessResult, RunningProcess } from "../support/command.ts";
import { mptArgv } from "../support/command.ts";
import { PROMPTLY } from "../support/promptly.ts";
import { requires } from "../support/requires.ts";
import { loneHost, twoPaths } from "../support/two_paths.ts";
import { clientIn, mptIn, serveIn } from "./mpt.ts";

const DNS = "10.77.1.2";
const V4 = "10.77.1.2";
/** Global ones: RFC 6724 puts IPv4 before private IPv6. */
const V6 = "2001:db8:77::2";
const CLIENT_V6 = "2001:db8:77::1";
const NEEDS = ["namespaces", "mptcp", "tool:dnsmasq", "tool:nft"] as const;

/** How far the median start may be from the schedule, in milliseconds. */
const MEDIAN_MS = 2;

function resultOf({ stdout, stderr }: ProcessResult): RaceResult {
  assert.match(stdout, /^\{/, stderr);
  return JSON.parse(stdout);
}

/** A DNS server that knows one name with both families, one with each, and nothing else. */
async function dnsIn(network: Lab): Promise<RunningProcess> {
  const server = network.spawn("server", [
    "dnsmasq",
    "--keep-in-foreground",
    "--log-facility=-",
    "--conf-file=/dev/null",
    "--pid-file",
    "--user=root",
    "--no-resolv",
    "--no-hosts",
    "--local=/test/",
    `--listen-address=${DNS}`,
    "--bind-interfaces",
    `--host-record=dual.test,${V4},${V6}`,
    `--host-record=four.test,${V4}`,
  ], { deadlineMs: 60_000 });
  await server.line(/started, version/, "stderr");
  return server;
}

/** A network with a test server, a DNS server and what a firewall of the server does. */
async function inNetwork(rules: string | null, work: (network: Lab) => Promise<void>): Promise<void> {
  await using network = await createLab(twoPaths());
  await using _server = await serveIn(network);
  await using _dns = await dnsIn(network);
  for (const [host, ip] of [["client", CLIENT_V6], ["server", V6]] as const) {
    await network.output(host, ["ip", "address", "add", `${ip}/64`, "dev", "path1", "nodad"]);
  }
  if (rules !== null) await network.output("server", ["nft", rules]);
  await work(network);
}

const RULES = (rule: string): string =>
  `add table inet race; add chain inet race in { type filter hook input priority 0; }; add rule inet race in ${rule}`;
const IPV6_BLACK_HOLE = RULES("meta nfproto ipv6 tcp dport 4433 drop");

function race(network: Lab, ...args: readonly string[]): Promise<ProcessResult> {
  return clientIn(network, "race", "--json", "--resolver", DNS, ...args);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

Deno.test({
  name: "mpt race: IPv6 that is a black hole costs one attempt delay, to the millisecond",
  ...requires(...NEEDS),
  fn: () =>
    inNetwork(IPV6_BLACK_HOLE, async (network) => {
      const options = ["--resolver", DNS, "--rounds", "9", "--attempt-delay", "100"];
      const argv = [...PROMPTLY, ...mptArgv(["race", "--json", ...options, "dual.test:4433"])];
      const raced = await network.run("client", argv, { deadlineMs: 60_000 });
      assert.equal(raced.code, 0, raced.stderr);
      const { rounds, verdicts, candidates } = resultOf(raced);
      for (const { attempts, dns } of rounds) {
        assert.deepEqual(dns.map(({ type, status }) => [type, status]), [
          ["AAAA", "positive"],
          ["A", "positive"],
        ]);
        assert.deepEqual(attempts.map(({ address, outcome }) => [address, outcome]), [
          [V6, "cancelled"],
          [V4, "won"],
        ]);
      }
      const late = rounds.map(({ attempts }) => attempts[1]!.start_ms! - attempts[0]!.start_ms! - 100);
      assert.ok(late.every((ms) => ms >= -0.01), `too early: ${late}`);
      assert.ok(median(late) <= MEDIAN_MS, `late by ${late}`);
      assert.deepEqual(candidates.map(({ won }) => won), [0, 9]);
      assert.match(verdicts[0]!.text, /^IPv4 over tcp won 9 of 9 rounds/);
      assert.ok(verdicts.some(({ code }) => code === "hidden-silence"), JSON.stringify(verdicts));
    }),
});

Deno.test({
  name: "mpt race --exhaustive shows what the race hides, --require fails on it",
  ...requires(...NEEDS),
  fn: () =>
    inNetwork(IPV6_BLACK_HOLE, async (network) => {
      const options = ["--exhaustive", "--connect-timeout", "1", "dual.test:4433"];
      const raced = await race(network, "--require", "clean", ...options);
      assert.equal(raced.code, 1, raced.stderr);
      const { attempts, verdicts } = resultOf(raced);
      assert.deepEqual(attempts.map(({ outcome, error }) => [outcome, error?.code]), [
        ["failed", "ERR_TIMED_OUT"],
        ["won", undefined],
      ]);
      const hidden = verdicts.find(({ code }) => code === "hidden-failure");
      assert.match(hidden!.text, /^IPv6 attempt 1 .* is broken and hidden by the race: no answer in 1 s\.$/);
      assert.equal((await race(network, "--require", "ipv6", "dual.test:4433")).code, 1);
      assert.equal((await race(network, "--require", "ipv4,tcp", "dual.test:4433")).code, 0);
    }),
});

Deno.test({
  name: "mpt race: MPTCP that is a black hole loses to TCP within one attempt delay",
  ...requires(...NEEDS),
  fn: () =>
    inNetwork(RULES("tcp option mptcp exists drop"), async (network) => {
      const raced = await race(network, "--transport", "mptcp,tcp", "four.test:4433");
      assert.equal(raced.code, 0, raced.stderr);
      const { attempts, winner, verdicts } = resultOf(raced);
      assert.equal(attempts[winner!]?.transport, "tcp");
      // The kernel gives up the option after 3 s
      const startMs = attempts[winner!]!.start_ms! - attempts[0]!.start_ms!;
      assert.ok(startMs < 1000, `TCP was tried after ${startMs} ms`);
      assert.deepEqual([attempts[0]?.transport, attempts[0]?.outcome], ["mptcp", "cancelled"]);
      assert.ok(verdicts.some(({ code }) => code === "mptcp-unanswered"), JSON.stringify(verdicts));
    }),
});

Deno.test({
  name: "mpt race: an address that this host loses ends its attempt, and the next one starts",
  ...requires(...NEEDS),
  fn: () =>
    inNetwork(IPV6_BLACK_HOLE, async (network) => {
      const argv = mptArgv(
        [
          "race",
          "--ndjson",
          "--resolver",
          DNS,
          "--attempt-delay",
          "20000",
          "--timeout",
          "25",
          "dual.test:4433",
        ],
      );
      await using run = network.spawn("client", argv, { deadlineMs: 30_000 });
      await run.line(/"event":"attempt","attempt":0/);
      await network.output("client", ["ip", "address", "del", `${CLIENT_V6}/64`, "dev", "path1"]);
      const { code, stdout, stderr } = await run.finished;
      assert.equal(code, 0, stderr);
      const last: { readonly result: RaceResult } = JSON.parse(stdout.trim().split("\n").at(-1)!);
      const { attempts } = last.result;
      assert.deepEqual(attempts.map(({ outcome, error }) => [outcome, error?.code]), [
        ["failed", "ERR_ADDRESS_NOT_LOCAL"],
        ["won", undefined],
      ]);
      assert.ok(attempts[1]!.start_ms! < 15_000, `the next attempt waited until ${attempts[1]!.start_ms} ms`);
    }),
});

Deno.test({
  name: "mpt race --interface races two interfaces, each with its own stagger",
  ...requires(...NEEDS),
  fn: () =>
    inNetwork(null, async (network) => {
      await network.output("server", ["nft", RULES('iifname "path1" tcp dport 4433 drop')]);
      const to = [
        "--interface",
        "path1,path2:150ms",
        "--exhaustive",
        "--connect-timeout",
        "1",
        "10.77.2.2:4433",
      ];
      const raced = await race(network, ...to);
      assert.equal(raced.code, 0, raced.stderr);
      const { attempts, winner } = resultOf(raced);
      const won = attempts[winner!]!;
      assert.deepEqual([won.interface, won.local?.startsWith("10.77.2.1:")], ["path2", true]);
      const startMs = won.start_ms! - attempts[0]!.start_ms!;
      assert.ok(startMs >= 149.9, `path2 began after ${startMs} ms`);
      assert.equal(attempts.find((each) => each.interface === "path1")?.outcome, "failed");
    }),
});

Deno.test({
  name: "mpt race: names that are not there, files that make no sense and hosts without a network",
  ...requires("namespaces", "mptcp", "tool:dnsmasq"),
  async fn() {
    await inNetwork(null, async (network) => {
      const unknown = await race(network, "nowhere.test");
      assert.equal(unknown.code, 1, unknown.stderr);
      assert.match(resultOf(unknown).verdicts[0]!.text, /^There is no host nowhere\.test\.$/);
      const six = await race(network, "--family", "6", "four.test:4433");
      assert.equal(six.code, 1);
      assert.equal(resultOf(six).verdicts[0]?.code, "no-address");
      const preferred = await race(network, "--prefer", "4", "--require", "ipv4", "dual.test:4433");
      assert.equal(preferred.code, 0, preferred.stderr);
      const four = await race(network, "four.test:4433");
      assert.deepEqual(resultOf(four).dns.map(({ status }) => status), ["no-data", "positive"]);

      const file = await Deno.makeTempFile();
      try {
        await Deno.writeTextFile(
          file,
          `nonsense\nnameserver not-an-address\nnameserver ${DNS}\nsearch test\n`,
        );
        await network.namespaces.output("client", ["mount", "--bind", file, "/etc/resolv.conf"]);
        const searched = await clientIn(network, "race", "--json", "dual:4433");
        assert.equal(searched.code, 0, searched.stderr);
        const { warnings, dns, servers } = resultOf(searched);
        assert.deepEqual(servers, [`${DNS}:53`]);
        assert.ok(warnings.some((text) => text.includes("not-an-address")), warnings.join("\n"));
        assert.ok(dns.every(({ name }) => name === "dual.test"));
      } finally {
        await Deno.remove(file);
      }
    });

    await using lone = await loneHost();
    const started = performance.now();
    const alone = await mptIn(lone, "race", "--json", "--resolver", "192.0.2.53", "example.com");
    assert.ok(performance.now() - started < 20_000);
    assert.equal(alone.code, 3, alone.stderr);
    const { verdicts } = resultOf(alone);
    assert.ok(verdicts.some(({ code }) => code === "no-network"), JSON.stringify(verdicts));

    await using bare = await hold([]);
    const empty = await Deno.makeTempFile();
    try {
      await bare.output(undefined, ["mount", "--bind", empty, "/etc/resolv.conf"]);
      const silent = await mptIn(bare, "race", "--json", "example.com");
      assert.equal(silent.code, 3, silent.stderr);
      assert.deepEqual(resultOf(silent).servers, ["127.0.0.1:53"]);
    } finally {
      await Deno.remove(empty);
    }
  },
});
