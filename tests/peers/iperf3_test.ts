// Measures: goodput over two paths, by two programs.
import assert from "node:assert/strict";
import { createLab, type Lab } from "../../lib/lab/mod.ts";
import { twoPaths } from "../support/two_paths.ts";
import type { BenchResult } from "../../lib/bench/mod.ts";
import { mptArgv } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import { listening, PORT, startServe } from "./support.ts";
import { MPTCPIZE } from "./web_servers.ts";

const RATE_MBIT = 50;
const SECONDS = "2";
/** Where the default congestion control is another, its swings would be measured instead of the tools. */
const CONGESTION = "cubic";

Deno.test({
  name:
    "mpt bench and mptcpize run iperf3 measure the same goodput over two paths, more than one could carry",
  ...requires("namespaces", "mptcp", "tool:iperf3", "tool:mptcpize", "tool:ss"),
  async fn(t) {
    await using network = await createLab(twoPaths({ rateMbit: RATE_MBIT }, { rateMbit: RATE_MBIT }));
    await using _server = await startServe(network);
    await using iperf3 = network.spawn("server", [...MPTCPIZE, "iperf3", "-s"], { deadlineMs: 120_000 });
    await listening(network, "server", 5201, iperf3);
    for (const direction of ["download", "upload"] as const) {
      await t.step(direction, async () => {
        const theirs = await iperf3Mbit(network, direction === "download" ? ["-R"] : []);
        const { ours, shares } = await mptMbit(network, direction);
        const both = `mpt ${ours.toFixed(1)} Mbit/s, iperf3 ${theirs.toFixed(1)} Mbit/s`;
        assert(ours > RATE_MBIT && theirs > RATE_MBIT, both);
        assert(ours < 2 * RATE_MBIT, both);
        assert(ours / theirs > 0.8 && ours / theirs < 1.25, both);
        assert(shares.length === 2 && shares.every((share) => share! > 0.3), `shares ${shares}`);
      });
    }
  },
});

async function iperf3Mbit(network: Lab, args: readonly string[]): Promise<number> {
  const argv = [...MPTCPIZE, "iperf3", "-c", "10.77.1.2", "-t", SECONDS, "-C", CONGESTION, "-J", ...args];
  const report: { readonly end: { readonly sum_received: { readonly bits_per_second: number } } } = JSON
    .parse(
      await network.output("client", argv),
    );
  return report.end.sum_received.bits_per_second / 1e6;
}

async function mptMbit(
  network: Lab,
  direction: "download" | "upload",
): Promise<{ readonly ours: number; readonly shares: readonly (number | null)[] }> {
  const args = ["--transport", "mptcp", "--direction", direction, "--duration", SECONDS];
  const argv = mptArgv(["bench", `10.77.1.2:${PORT}`, ...args, "--congestion", CONGESTION, "--json"]);
  const result: BenchResult = JSON.parse(await network.output("client", argv));
  const [run] = result.runs;
  assert(run !== undefined && run.error === null);
  assert.equal(run.transport_in_force, "mptcp");
  return { ours: run.goodput_bps / 1e6, shares: run.paths.map((path) => path.share) };
}
