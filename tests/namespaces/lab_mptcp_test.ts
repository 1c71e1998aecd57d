// Measures: the sum of two paths.
import assert from "node:assert/strict";
import type { BenchResult } from "../../lib/bench/mod.ts";
import { createLab, type Lab, type MptcpMode } from "../../lib/lab/mod.ts";
import type { ProbeResult } from "../../lib/probe/mod.ts";
import { mptArgv, type RunningProcess } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import { iperf3 } from "./lab/measure.ts";

/** Two paths of 20 and 10 Mbit/s: less than this is no aggregation worth the name. */
const AGGREGATE_MBIT = 27;

async function serve(lab: Lab): Promise<RunningProcess> {
  const server = lab.spawn("server", mptArgv(["serve", "--ndjson"]), { deadlineMs: 60_000 });
  await server.line(/"event":"listening"/);
  return server;
}

async function mpt<T>(lab: Lab, ...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await lab.run("client", mptArgv([...args, "--json"]), {
    deadlineMs: 60_000,
  });
  assert.equal(code, 0, `${stderr}\n${stdout}`);
  const result: T = JSON.parse(stdout);
  return result;
}

Deno.test({
  name: "kernel MPTCP adds up two emulated paths: 20 Mbit/s 10 ms and 10 Mbit/s 35 ms",
  ...requires("namespaces", "mptcp", "tun", "tool:iperf3", "tool:mptcpize"),
  async fn() {
    await using lab = await createLab("two-path");
    const launcher = ["mptcpize", "run"];
    for (const args of [[], ["-R"]]) {
      // The first seconds are slow start on both paths.
      const { mbit } = await iperf3(lab, "", "10.78.1.2", ["-t", "4", "-O", "2", ...args], launcher);
      // What waited in queues while nothing was counted comes on top.
      assert(mbit >= AGGREGATE_MBIT && mbit < 31.5, `iperf3 ${args} got ${mbit} Mbit/s`);
    }
    await using _server = await serve(lab);
    const { aggregations, runs } = await mpt<BenchResult>(lab, "bench", "--duration", "4", "10.78.1.2:4433");
    // Slow start is in these numbers, and longer over two paths.
    const { multipath_bps = 0, sum_of_singles_bps = NaN } = aggregations[0] ?? {};
    assert(multipath_bps >= 0.9 * sum_of_singles_bps, `mpt bench got ${multipath_bps} bit/s`);
    const singles = runs.filter((run) => run.transport === "tcp").map((run) => run.path?.local);
    assert.deepEqual(singles, ["10.77.1.1", "10.77.2.1"]);
  },
});

for (const mptcp of ["subflow", "signal", "fullmesh"] as const satisfies readonly MptcpMode[]) {
  Deno.test({
    name: `mpt probe finds both paths of a lab with mptcp = "${mptcp}", over each family`,
    ...requires("namespaces", "mptcp"),
    async fn() {
      await using lab = await createLab({ mptcp, paths: [{}, {}] });
      await using _server = await serve(lab);
      for (const target of ["10.78.1.2:4433", "[fd78:0:0:1::2]:4433"]) {
        const result = await mpt<ProbeResult>(lab, "probe", "--transport", "mptcp", target);
        const paths = result.endpoints.flatMap((endpoint) => endpoint.mptcp?.paths ?? []);
        const interfaces = new Set(paths.map((path) => path.interface));
        assert.deepEqual([...interfaces].sort(), ["path1", "path2"], `over ${target}`);
        if (mptcp === "fullmesh") assert(paths.length >= 4, `only ${paths.length} paths to ${target}`);
      }
    },
  });
}

Deno.test({
  name: "mpt probe finds both paths of the preset dual-stack, of which each has one family, from IPv6",
  ...requires("namespaces", "mptcp", "tun"),
  async fn() {
    await using lab = await createLab("dual-stack");
    await using _server = await serve(lab);
    const result = await mpt<ProbeResult>(lab, "probe", "--transport", "mptcp", "[fd78:0:0:2::2]:4433");
    const paths = result.endpoints.flatMap((endpoint) => endpoint.mptcp?.paths ?? []);
    assert.deepEqual(paths.map((path) => path.interface), ["ipv6", "ipv4"]);
  },
});

Deno.test({
  name: "mpt probe finds one path of a lab that allows no subflows, and a backup where it is one",
  ...requires("namespaces", "mptcp"),
  async fn() {
    for (
      const [mptcp, statuses] of [["none", ["available"]], ["subflow", ["available", "backup"]]] as const
    ) {
      await using lab = await createLab({ mptcp, paths: [{}, { backup: true }] });
      await using _server = await serve(lab);
      const result = await mpt<ProbeResult>(lab, "probe", "--transport", "mptcp", "10.78.1.2:4433");
      const paths = result.endpoints.flatMap((endpoint) => endpoint.mptcp?.paths ?? []);
      assert.deepEqual(paths.map((path) => path.status), statuses);
    }
  },
});

Deno.test({
  name: "MPTCP goes on over the other path when one goes down, loses its address or falls silent",
  ...requires("namespaces", "mptcp", "tool:iperf3", "tool:mptcpize", "tool:nft", "tool:ethtool"),
  async fn() {
    for (const change of [{ state: "down" }, { address: "removed" }, { blackhole: true }] as const) {
      await using lab = await createLab({ paths: [{ rateMbit: 20 }, { rateMbit: 20 }] });
      await using server = lab.spawn("server", ["mptcpize", "run", "iperf3", "-s", "-1", "--forceflush"]);
      await server.line(/Server listening/);
      const argv = ["mptcpize", "run", "iperf3", "-c", "10.78.1.2", "-n", "6M", "-i", "0.2", "--forceflush"];
      await using client = lab.spawn("client", argv);
      await client.line(/ 0\.[34]\d-0\.[56]\d /);
      await lab.set("path2", change);
      const { code, stderr } = await client.finished;
      assert.equal(code, 0, `${JSON.stringify(change)}: ${stderr}`);
    }
  },
});
