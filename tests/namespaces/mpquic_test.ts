// Measures: the sum of two paths, and the gap when one of them falls silent.
import assert from "node:assert/strict";
import type { BenchResult } from "../../lib/bench/mod.ts";
import { createLab, type Lab } from "../../lib/lab/mod.ts";
import { mptArgv, type RunningProcess } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import type { Download } from "./mpquic/download.ts";

const DOWNLOAD = new URL("mpquic/download.ts", import.meta.url).pathname;

/** The address of the server that both paths lead to. */
const SERVER = "10.78.1.2";
const MEGABYTE = 1e6;

async function serve(lab: Lab): Promise<RunningProcess> {
  const args = ["serve", "--ndjson", "--no-syn-mirror", "--listen", "mpquic@[::]:4433"];
  const server = lab.spawn("server", mptArgv(args), { deadlineMs: 120_000 });
  await server.line(/"event":"listening"/);
  return server;
}

async function download(lab: Lab, ...args: readonly string[]): Promise<Download> {
  await using client = start(lab, ...args);
  return await resultOf(client);
}

function start(lab: Lab, ...args: readonly string[]): RunningProcess {
  const argv = [Deno.execPath(), "run", "--quiet", "--allow-all", DOWNLOAD, ...args];
  return lab.spawn("client", argv, { deadlineMs: 60_000 });
}

async function resultOf(client: RunningProcess): Promise<Download> {
  const [line] = await client.line(/^\{.*\}$/);
  const result: Download = JSON.parse(line);
  return result;
}

Deno.test({
  name: "mpquic adds up 20 and 10 Mbit/s between two hosts, over each address family",
  ...requires("namespaces"),
  async fn() {
    await using lab = await createLab({ paths: [{ rateMbit: 20 }, { rateMbit: 10 }] });
    await using _server = await serve(lab);
    for (const address of [SERVER, "[fd78:0:0:1::2]"]) {
      const { bytes, mbit, paths, failures } = await download(lab, address, String(10 * MEGABYTE));
      assert.equal(bytes, 10 * MEGABYTE);
      assert.deepEqual(paths.map((path) => path.interface), ["path1", "path2"], failures.join("\n"));
      assert(mbit > 25 && mbit < 31, `${mbit} Mbit/s to ${address}`);
      assert(paths.every((path) => path.bytes > MEGABYTE), JSON.stringify(paths));
    }
  },
});

Deno.test({
  name: "mpquic goes on over the other path, whichever falls silent in the middle of a transfer",
  ...requires("namespaces"),
  async fn() {
    await using lab = await createLab({ paths: [{ rateMbit: 10 }, { rateMbit: 10 }] });
    await using _server = await serve(lab);
    for (const broken of [0, 1]) {
      const result = await download(lab, SERVER, String(8 * MEGABYTE), String(broken));
      assert.equal(result.bytes, 8 * MEGABYTE);
      // Far more than it takes on a machine that does nothing else, far less than an idle timeout
      assert(result.longestGapMs < 1000, `no byte came for ${result.longestGapMs} ms`);
      assert(result.paths[1 - broken]!.bytes > 4 * MEGABYTE, JSON.stringify(result.paths));
    }
  },
});

Deno.test({
  name:
    "mpquic over two unequal paths is not slower than over the better one: 50 Mbit/s 5 ms, 10 Mbit/s 100 ms",
  ...requires("namespaces", "tun"),
  async fn() {
    await using lab = await createLab({
      paths: [{ rateMbit: 50, delayMs: 5 }, { rateMbit: 10, delayMs: 100 }],
    });
    await using _server = await serve(lab);
    const { mbit, paths } = await download(lab, SERVER, String(20 * MEGABYTE));
    assert.equal(paths.length, 2);
    assert(mbit > 0.8 * 50, `${mbit} Mbit/s`);
  },
});

Deno.test({
  name: "mpquic of a client whose second path is cut comes back to it when it works again",
  ...requires("namespaces"),
  async fn() {
    await using lab = await createLab({ paths: [{ rateMbit: 10 }, { rateMbit: 10 }] });
    await using _server = await serve(lab);
    await using client = start(lab, SERVER, String(20 * MEGABYTE));
    await client.line(/^settled$/);
    await lab.set("path2", { blackhole: true });
    await client.line(/^(suspect|status|failed) path2$/);
    await lab.set("path2", { blackhole: false });
    const { bytes, mbit, paths } = await resultOf(client);
    assert.equal(bytes, 20 * MEGABYTE);
    assert(mbit > 11, `${mbit} Mbit/s is no more than one path carries: ${JSON.stringify(paths)}`);
  },
});

Deno.test({
  name: "mpt bench compares mpquic with quic on each path, and breaks a path on purpose",
  ...requires("namespaces"),
  async fn() {
    await using lab = await createLab({ paths: [{ rateMbit: 20 }, { rateMbit: 10 }] });
    await using _server = await serve(lab);
    const bench = async (...args: readonly string[]): Promise<BenchResult> => {
      const argv = mptArgv(["bench", "--json", "--insecure", ...args, `mpquic@${SERVER}`]);
      const { code, stdout, stderr } = await lab.run("client", argv, { deadlineMs: 60_000 });
      assert.equal(code, 0, stderr);
      const result: BenchResult = JSON.parse(stdout);
      return result;
    };
    const { aggregation, runs } = await bench("--duration", "2");
    // The second path leads to the address that the check answer told of
    assert.deepEqual(runs.map(({ transport, path }) => [transport, path?.local, path?.remote]), [
      ["quic", "10.77.1.1", `${SERVER}:4433`],
      ["quic", "10.77.2.1", "10.78.2.2:4433"],
      ["mpquic", undefined, undefined],
    ]);
    assert.deepEqual(runs[2]!.paths.map(({ remote }) => remote), [`${SERVER}:4433`, "10.78.2.2:4433"]);
    assert.equal(aggregation?.transport, "mpquic");
    assert(aggregation.efficiency > 0.85, JSON.stringify(aggregation));
    const paths = ["--path", "local=10.77.1.1", "--path", "local=10.77.2.1,status=backup"];
    const failed = await bench("--duration", "2", "-t", "mpquic", "--fail", "0@1", ...paths);
    const [run] = failed.runs;
    assert.equal(run?.paths[1]?.interface, "path2");
    assert.equal(run.failure?.path, 0);
    assert(run.failure.longest_stall_ms < 900, JSON.stringify(run.failure));
    assert(run.paths[1].run_bytes > 0.5e6, "the backup did not take over");
  },
});
