// Measures: what MPTCP is worth over links of 50 and 2 Mbit/s.
import assert from "node:assert/strict";
import type { BenchResult } from "../../lib/bench/mod.ts";
import { createLab, type Lab, type MptcpMode } from "../../lib/lab/mod.ts";
import { mptArgv, type ProcessResult, ROOT } from "../support/command.ts";
import { requires } from "../support/requires.ts";

const TARGET = "10.78.1.2:4433";

/** Halves what MPTCP carries: as much data as fits into the slow path's delay waits for it. */
const GOOD = { rateMbit: 50, delayMs: 5 };
const SLOW = { rateMbit: 2, delayMs: 100 };

const ARGS = ["--duration", "1", "--try-fix"];

async function withPenalty(
  mptcp: MptcpMode,
  work: (lab: Lab) => Promise<void>,
  paths = [GOOD, SLOW],
): Promise<void> {
  await using lab = await createLab({ mptcp, paths });
  await using server = lab.spawn("server", mptArgv(["serve", "--ndjson"]), { deadlineMs: 240_000 });
  await server.line(/"event":"listening"/);
  await work(lab);
}

function bench(lab: Lab, launcher: readonly string[], ...args: readonly string[]): Promise<ProcessResult> {
  return lab.run("client", [...launcher, ...mptArgv(["bench", ...args, TARGET])], { deadlineMs: 90_000 });
}

function resultOf({ stdout, stderr }: ProcessResult): BenchResult {
  assert.match(stdout, /^\{/, stderr);
  return JSON.parse(stdout);
}

/** The flags of the endpoint that holds an address. */
async function flagsOf(lab: Lab, host: "client" | "server", address: string): Promise<string> {
  const text = await lab.output(host, ["ip", "mptcp", "endpoint", "show"]);
  const line = text.split("\n").find((each) => each.startsWith(`${address} `));
  assert(line !== undefined, text);
  return line.replace(/^\S+ id \d+ /, "").replace(/ dev .*$/, "").trim();
}

Deno.test({
  name: "mpt bench --try-fix proves which path holds MPTCP back, and leaves the endpoint as it was",
  ...requires("namespaces", "mptcp", "tun"),
  fn: () =>
    withPenalty("subflow", async (lab) => {
      for (const direction of ["download", "upload"] as const) {
        const run = await bench(lab, [], "--json", "-d", direction, ...ARGS);
        assert.equal(run.code, 0, run.stderr);
        const { verdicts: [verdict], penalties: [penalty, ...more], runs, aggregation } = resultOf(run);
        assert.deepEqual([verdict?.code, verdict?.certainty], ["multipath-penalty", "proved"]);
        const command = "ip mptcp endpoint change id 1 backup";
        assert.equal(verdict!.fix, command);
        assert.match(verdict!.text, /It is the path from 10\.77\.2\.1 to 10\.78\.1\.2:4433 \(path2\) that /);
        assert.deepEqual(
          [penalty?.path?.interface, penalty?.cure?.host, penalty?.cure?.command, more.length],
          ["path2", "this", command, 0],
        );
        // What each path does stands in the evidence: the rate alone, RTT, share and retransmissions.
        assert.match(
          verdict!.evidence.join("\n"),
          /\(path2\): [\d.]+ Mbit\/s alone, RTT 2\d\d ms, .* under load, .*% of the bytes, .* retransmitted/,
        );
        const { tried } = penalty!;
        assert(tried !== null && tried.helped && tried.restored, JSON.stringify(tried));
        assert.deepEqual([tried.before_bps, runs.length], [aggregation?.multipath_bps, 3]);
        assert(tried.after_bps > tried.before_bps);
        assert.equal(tried.run.paths.find((path) => path.interface === "path2")?.status, "backup");
        assert.equal(await flagsOf(lab, "client", "10.77.2.1"), "subflow");
      }
    }),
});

Deno.test({
  name: "mpt bench --try-fix takes the fix back when it is interrupted, hung up on or made to leave at once",
  ...requires("namespaces", "mptcp", "tun"),
  fn: () =>
    withPenalty("subflow", async (lab) => {
      for (const [signal, code] of [["SIGINT", 130], ["SIGHUP", 3]] as const) {
        // Long enough to be interrupted in the middle, however slow the machine.
        const argv = mptArgv(["bench", "--ndjson", ...ARGS, "--duration", "2", TARGET]);
        await using run = lab.spawn("client", argv, { deadlineMs: 60_000 });
        await run.line(/"event":"try-fix","command":"ip mptcp endpoint change id 1 backup"/);
        await run.line(/"event":"run","run":3,/);
        assert.equal(await flagsOf(lab, "client", "10.77.2.1"), "subflow backup");
        run.kill(signal);
        const ended = await run.finished;
        assert.equal(ended.code, code, `${signal}: ${ended.stderr}`);
        assert.equal(await flagsOf(lab, "client", "10.77.2.1"), "subflow", signal);
      }
      await lab.output("client", "ip mptcp endpoint change id 1 fullmesh".split(" "));
      const program = `${ROOT}/tests/namespaces/sources/leave_during_trial.ts`;
      const left = await lab.run("client", [Deno.execPath(), "run", "--quiet", "-A", program, "1"]);
      assert.deepEqual([left.code, left.stdout], [7, "a backup in the middle"], left.stderr);
      assert.equal(await flagsOf(lab, "client", "10.77.2.1"), "subflow fullmesh");
    }),
});

Deno.test({
  name: "mpt bench --try-fix without the right says so, ends with 3 and still names the path and the command",
  ...requires("namespaces", "mptcp", "tun", "tool:setpriv"),
  fn: () =>
    withPenalty("subflow", async (lab) => {
      const launcher = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--"];
      const run = await bench(lab, launcher, "--json", ...ARGS);
      assert.equal(run.code, 3, run.stderr);
      const { verdicts: [verdict], penalties: [penalty] } = resultOf(run);
      assert.deepEqual([verdict?.code, verdict?.certainty], ["multipath-penalty", "likely"]);
      assert.equal(penalty?.not_tried, "Cannot make the endpoint 1 a backup: it needs CAP_NET_ADMIN");
      assert.equal(verdict!.fix, "ip mptcp endpoint change id 1 backup");
      // Who only measures is not told that something could not be done.
      assert.equal((await bench(lab, launcher, "--duration", "1")).code, 0);
      assert.equal(await flagsOf(lab, "client", "10.77.2.1"), "subflow");
    }),
});

Deno.test({
  name:
    "mpt bench gives the command for the server where the slow path goes to an address of it, and it helps",
  ...requires("namespaces", "mptcp", "tun"),
  fn: () =>
    withPenalty("signal", async (lab) => {
      const run = await bench(lab, [], ...ARGS, "--color", "never");
      assert.equal(run.code, 3, run.stderr);
      const command = "ip mptcp endpoint change 10.78.2.2 backup";
      assert.match(
        run.stdout,
        /^! MPTCP download is slower than .* What holds it back is most likely the path from 10\.77\.2\.1 to 10\.78\.2\.2:4433 \(path2\)\.\n/,
      );
      assert(run.stdout.includes(`\n    try: on the server: ${command}\n`), run.stdout);
      assert.match(
        run.stdout,
        /not tried: the endpoint 10\.78\.2\.2 is the server's: run the command there\.$/m,
      );
      await lab.output("server", command.split(" "));
      const { runs, verdicts } = resultOf(await bench(lab, [], "--json", "--duration", "1"));
      const paths = runs.at(-1)!.paths;
      assert.equal(paths.find((path) => path.interface === "path2")?.status, "backup");
      assert(verdicts.every((verdict) => verdict.fix === null), JSON.stringify(verdicts));
    }),
});

Deno.test({
  name: "mpt bench tells how to make a backup of a slow first path, which has no endpoint yet",
  ...requires("namespaces", "mptcp", "tun"),
  fn: () =>
    withPenalty("subflow", async (lab) => {
      const { verdicts: [verdict], penalties: [penalty] } = resultOf(
        await bench(lab, [], "--json", "--duration", "1"),
      );
      assert.deepEqual([penalty?.path?.interface, penalty?.certainty], ["path1", "likely"]);
      assert.equal(verdict?.fix, "ip mptcp endpoint add 10.77.1.1 dev path1 subflow backup");
      await lab.output("client", verdict.fix.split(" "));
      const after = resultOf(await bench(lab, [], "--json", "-t", "mptcp", "--duration", "1"));
      assert.equal(after.runs[0]?.paths.find((path) => path.interface === "path1")?.status, "backup");
    }, [SLOW, GOOD]),
});
