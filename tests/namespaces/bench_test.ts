// Measures: goodput, and shares of paths.
import assert from "node:assert/strict";
import { createLab, type Lab } from "../../lib/lab/mod.ts";
import { twoPaths } from "../support/two_paths.ts";
import type { BenchResult, BenchRun } from "../../lib/bench/mod.ts";
import { requires } from "../support/requires.ts";
import { clientIn, serveIn } from "./mpt.ts";

const TARGET = "10.77.1.2:4433";

Deno.test({
  name: "mpt bench compares MPTCP over two paths with TCP on each, both ways",
  ...requires("namespaces", "mptcp"),
  async fn() {
    await using network = await createLab(twoPaths({ rateMbit: 20 }, { rateMbit: 20 }));
    await using server = await serveIn(network);
    const args = ["--json", "--duration", "1.2", "--interval", "0.2", "--direction", "both"];
    const { code, stdout, stderr } = await clientIn(network, "bench", ...args, TARGET);
    assert.equal(code, 0, `${stderr}\n${stdout}`);
    const result: BenchResult = JSON.parse(stdout);
    assert.deepEqual(
      result.runs.map((
        run,
      ) => [run.transport, run.direction, run.path?.local ?? null, run.path?.remote ?? null]),
      (["download", "upload"] as const).flatMap((direction) => [
        ["tcp", direction, "10.77.1.1", "10.77.1.2:4433"],
        ["tcp", direction, "10.77.2.1", "10.77.2.2:4433"],
        ["mptcp", direction, null, null],
      ]),
    );
    for (const run of result.runs) {
      assert.deepEqual([run.error, run.transport_in_force], [null, run.transport]);
      assert(run.longest_stall_ms !== null && run.rtt_ms !== null && run.intervals.length >= 5);
    }
    for (const run of result.runs.filter(({ transport }) => transport === "mptcp")) checkShares(run);
    assert.deepEqual(result.aggregations.map(({ direction, singles }) => [direction, singles]), [
      ["download", 2],
      ["upload", 2],
    ]);
    for (const { efficiency, direction } of result.aggregations) {
      // Two links of 20 Mbit/s: a loose bound on a ratio, over runs that are short.
      assert(efficiency > 0.7 && efficiency < 1.3, `efficiency ${efficiency} of the ${direction}`);
    }
    assert.deepEqual(result.verdicts.map(({ level }) => level), ["ok", "ok"]);
    assert.deepEqual(result.verdicts.map((verdict) => verdict.code), ["multipath-gain", "multipath-gain"]);
    // What the server counted is what this end says.
    const perf = server.stdout.split("\n").filter((line) => line.includes('"protocol":"perf"'));
    assert.equal(perf.length, 6);
    assert(perf.every((line) => line.includes('"end":"done"')), perf.join("\n"));
  },
});

function checkShares(run: BenchRun): void {
  assert.deepEqual(run.paths.map(({ id, interface: name }) => [id, name]), [[0, "path1"], [1, "path2"]]);
  const shares = run.paths.map(({ share }) => share ?? 0);
  const sum = shares.reduce((total, share) => total + share, 0);
  assert(Math.abs(sum - 1) < 1e-9, `the shares are ${shares}`);
  for (const share of shares) assert(share > 0.2, `the shares of the ${run.direction} are ${shares}`);
  // In an upload these are the server's figures under our numbers: each interval has both paths.
  const carried = run.intervals.flatMap(({ paths }) => paths).reduce((total, { bytes }) => total + bytes, 0);
  // Subflows repeat a little of what was on its way over the other.
  assert(carried >= run.bytes * 0.98 && carried < run.bytes * 1.2, `${carried} of ${run.bytes}`);
  assert(run.intervals.some(({ paths }) => paths.length === 2 && paths.every(({ bytes }) => bytes > 0)));
}

Deno.test({
  name: "mpt bench measures the paths that are named, and a backup path carries next to nothing",
  ...requires("namespaces", "mptcp"),
  async fn() {
    await using network = await createLab(twoPaths({ rateMbit: 20 }, { rateMbit: 20, backup: true }));
    await using _server = await serveIn(network);
    const paths = ["--path", "local=10.77.2.1,remote=10.77.2.2", "--path", "local=10.77.1.1,interface=path1"];
    const args = ["--json", "--duration", "0.6", "--interval", "0.1", ...paths];
    const named = await clientIn(network, "bench", "-t", "tcp", ...args, TARGET);
    assert.equal(named.code, 0, named.stderr);
    const singles: BenchResult = JSON.parse(named.stdout);
    assert.deepEqual(
      singles.runs.map(({ path, paths: [first] }) => [path?.local, path?.remote, first?.interface]),
      [
        ["10.77.2.1", "10.77.2.2:4433", "path2"],
        ["10.77.1.1", "10.77.1.2:4433", "path1"],
      ],
    );

    const both = await clientIn(network, "bench", "-t", "mptcp", "--json", "--duration", "0.6", TARGET);
    const { runs: [run] }: BenchResult = JSON.parse(both.stdout);
    const backup = run!.paths.find(({ status }) => status === "backup");
    assert(backup !== undefined && (backup.share ?? 0) < 0.1, JSON.stringify(run!.paths));
  },
});

/** A middlebox in front of the server that takes offence at MPTCP. */
async function dropMptcp(network: Lab): Promise<void> {
  const rules = [
    "nft add table inet box",
    "nft add chain inet box in { type filter hook prerouting priority -300; }",
    "nft add rule inet box in tcp option mptcp exists drop",
  ];
  for (const rule of rules) await network.output("server", rule.split(" "));
}

Deno.test({
  name: "where the network drops MPTCP, mpt bench measures TCP and says that MPTCP failed",
  ...requires("namespaces", "mptcp", "tool:nft"),
  async fn() {
    await using network = await createLab(twoPaths());
    await using _server = await serveIn(network);
    await dropMptcp(network);
    const args = ["--json", "--bytes", "100000", "--connect-timeout", "0.4"];
    const { code, stdout, stderr } = await clientIn(network, "bench", ...args, TARGET);
    assert.equal(code, 1, stderr);
    const { runs, aggregation, verdicts }: BenchResult = JSON.parse(stdout);
    assert.deepEqual(runs.map(({ transport, bytes, error }) => [transport, bytes, error?.code ?? null]), [
      ["tcp", 100_000, null],
      ["mptcp", 0, "ERR_TIMED_OUT"],
    ]);
    assert.equal(aggregation, null);
    assert.deepEqual(verdicts.map(({ code }) => code), ["measured", "run-failed"]);

    const probe = await clientIn(network, "probe", "--connect-timeout", "0.4", "--require", "mptcp", TARGET);
    assert.equal(probe.code, 1, probe.stderr);
    assert.match(
      probe.stdout,
      /^✗ (Likely: )?Something on the way to 10\.77\.1\.2:4433 drops SYNs that carry the MPTCP option\.\n/,
    );
  },
});
