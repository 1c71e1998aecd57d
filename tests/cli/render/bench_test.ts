import assert from "node:assert/strict";
import { bar, LiveBench } from "../../../cli/render/bench_live.ts";
import { renderBench, sparkline } from "../../../cli/render/bench.ts";
import { PLAIN } from "../../../cli/render/paint.ts";
import { aggregationOf } from "../../../lib/bench/aggregation.ts";
import type { BenchResult, BenchRun } from "../../../lib/bench/result.ts";
import { benchVerdicts, benchWarnings } from "../../../lib/bench/verdicts.ts";
import { failed, multi, path, result, run, server, single } from "../../lib/bench/fixtures.ts";

function of(runs: readonly BenchRun[], fields: Partial<BenchResult> = {}): BenchResult {
  const aggregation = aggregationOf(runs, "download");
  const aggregations = aggregation === null ? [] : [aggregation];
  return result({
    runs,
    aggregation,
    aggregations,
    verdicts: benchVerdicts(runs, aggregations),
    warnings: benchWarnings(runs, aggregations, server()),
    ...fields,
  });
}

const FIRST = { local: "192.0.2.1", remote: "198.51.100.1:443" };
const SECOND = { local: "192.0.2.2", remote: "198.51.100.1:443" };

const COMPARED = [
  single(50, { path: FIRST }),
  single(40, { path: SECOND }),
  multi(81, {
    paths: [
      path(0, { run_bytes: 11_250_000, share: 0.5556 }),
      path(1, { run_bytes: 9_000_000, share: 0.4444, status: "backup", rtt_ms: null }),
    ],
  }),
];

Deno.test("renderBench(): what two paths are worth", () => {
  assert.equal(
    renderBench(of(COMPARED), PLAIN, false),
    `✓ MPTCP download over 2 paths carries 81.0 Mbit/s: 1.62 times the best single path, 90% of the sum.

TRANSPORT  DIRECTION  PATH           GOODPUT    BYTES    TIME    STALL  LOADED RTT p50/p95     CPU  OVER TIME
tcp        download   192.0.2.1  50.0 Mbit/s  12.5 MB  2.00 s  12.5 ms   20.0 ms / 40.0 ms  100 ms  ███
tcp        download   192.0.2.2  40.0 Mbit/s  12.5 MB  2.00 s  12.5 ms   20.0 ms / 40.0 ms  100 ms  ███
mptcp      download   all 2      81.0 Mbit/s  12.5 MB  2.00 s  12.5 ms   20.0 ms / 40.0 ms  100 ms  ███

Paths of mptcp download:
  PATH  LOCAL            REMOTE            INTERFACE  STATE   STATUS     SHARE    BYTES      RTT  RETRANSMITTED
  0     192.0.2.1:50000  198.51.100.1:443  eth0       active  available  55.6%  11.3 MB  12.5 ms            0 B
  1     192.0.2.2:50001  198.51.100.1:443  eth1       active  backup     44.4%  9.00 MB        -            0 B

Aggregation, mptcp download: efficiency 0.90 (of the sum of 2 single paths, 90.0 Mbit/s), benefit 0.78 (0 is the best single path, 50.0 Mbit/s; 1 the sum).`,
  );
});

Deno.test("renderBench(): one single path is no paths", () => {
  const text = renderBench(of([single(50), multi(45)]), PLAIN, true);
  assert.match(text, /\(of the sum of 1 single path, 50\.0 Mbit\/s\)/);
  assert.match(text, /sum of 1 single path 50\.0 Mbit\/s/);
});

Deno.test("renderBench(): a penalty is told once, not as a verdict and a warning", () => {
  const text = renderBench(of([single(50), single(40), multi(30)]), PLAIN, false);
  const sentence = "MPTCP download is slower than the best single path: 30.0 Mbit/s against 50.0 Mbit/s.";
  assert.equal(text.split(sentence).length, 2);
  assert(text.startsWith(`! ${sentence}\n    try: ip mptcp endpoint change ADDRESS backup`));
});

Deno.test("renderBench(): the run with the fix stands below the others, with its paths", () => {
  const fixed = multi(47, { paths: [path(0), path(1, { status: "backup" })] });
  const text = renderBench(
    of([single(50), single(2), multi(20)], {
      penalties: [{
        direction: "download",
        path: null,
        certainty: "proved",
        evidence: [],
        cure: null,
        tried: { before_bps: 20_000_000, after_bps: 47_000_000, helped: true, restored: true, run: fixed },
        not_tried: null,
      }],
    }),
    PLAIN,
    false,
  );
  const rows = text.split("\n").filter((line) => line.includes("download   "));
  assert.deepEqual(rows.at(-1)!.split(/ {2,}/).slice(0, 4), [
    "mptcp",
    "download",
    "all 2, fixed",
    "47.0 Mbit/s",
  ]);
  assert.match(text, /^Paths of mptcp download with the fix:$/m);
});

Deno.test("LiveBench says what is changed for a run, and how to take it back", () => {
  const live = new LiveBench();
  assert.equal(
    live.note({ event: "try-fix", command: "do it", undo: "undo it" }),
    "trying the fix for one run: do it (taken back by: undo it)",
  );
  assert.deepEqual(live.status({ event: "try-fix", command: "do it", undo: null }), []);
});

Deno.test("renderBench(): failed runs, missing MPTCP and fallbacks show in the table", () => {
  const runs = [
    failed("ERR_REFUSED"),
    failed("ERR_MPTCP_DISABLED", { transport: "mptcp" }),
    multi(50, { transport_in_force: "tcp" }),
    run({
      bytes: 1000,
      longest_stall_ms: null,
      rtt_ms: null,
      error: { code: "ERR_RESET", message: "Cannot go on: x" },
    }),
  ];
  const rows = renderBench(of(runs), PLAIN, false).split("\n").filter((line) => line.includes("download   "));
  assert.deepEqual(rows.map((row) => row.split(/ {2,}/).slice(0, 4)), [
    ["tcp", "download", "-", "failed"],
    ["mptcp", "download", "-", "unknown"],
    ["mptcp (was tcp)", "download", "-", "50.0 Mbit/s"],
    ["tcp", "download", "-", "50.0 Mbit/s"],
  ]);
  assert.match(rows[3]!, / - +- +100 ms/);
});

Deno.test("renderBench(): a benchmark that was cut short says so", () => {
  const cut = renderBench(of([single(50)], { end: { reason: "interrupted" } }), PLAIN, false);
  assert.match(cut, /^interrupted: this is what was measured so far$/m);
  const late = renderBench(of([single(50)], { end: { reason: "timeout" } }), PLAIN, false);
  assert.match(late, /^--timeout is over: this is what was measured so far$/m);
});

Deno.test("renderBench(): verbose has the path of a single run and the evidence, too", () => {
  const text = renderBench(of(COMPARED), PLAIN, true);
  assert.match(text, /^Paths of tcp download:$/m);
  assert.match(text, /^ {4}efficiency 0\.90, benefit 0\.78$/m);
});

Deno.test("sparkline() draws the rate of each interval, the last one left out", () => {
  const of = (all: readonly (readonly [atMs: number, bytes: number])[]): string =>
    sparkline(run({ intervals: all.map(([at_ms, bytes]) => ({ at_ms, bytes, paths: [] })) }));
  assert.equal(of([]), "");
  assert.equal(of([[100, 0], [200, 0]]), "");
  assert.equal(of([[100, 50]]), "█");
  assert.equal(of([[100, 100], [200, 50], [300, 0], [400, 25], [401, 9999]]), "█▄▁▂");
  // An interval twice as long with as many bytes is half as fast.
  assert.equal(of([[100, 100], [300, 100], [400, 1]]), "█▄");
  assert.equal(of([[0, 5], [100, 100], [200, 1]]), "▁█");
  assert.equal(of(Array.from({ length: 100 }, (_, i) => [i * 100 + 100, 7] as const)).length, 40);
});

Deno.test("bar() is a part of its columns, an eighth fine, whatever the number", () => {
  assert.equal(bar(0, 4), "    ");
  assert.equal(bar(1, 4), "████");
  assert.equal(bar(0.5, 4), "██  ");
  assert.equal(bar(1 / 32, 4), "▏   ");
  assert.equal(bar(31 / 32, 4), "███▉");
  assert.equal(bar(7, 4), "████");
  assert.equal(bar(-1, 4), "    ");
  for (let i = 0; i <= 100; i++) assert.equal(bar(i / 100).length, 24);
});

Deno.test("LiveBench shows the run, and a bar for each path relative to the best so far", () => {
  const live = new LiveBench();
  const plan = {
    event: "plan",
    target: "198.51.100.1:4433",
    cost: { runs: 3, duration_ms: 18_000, max_duration_ms: 75_000, bytes: null },
    paths: ["192.0.2.1 to 198.51.100.1:4433", "192.0.2.2 to 198.51.100.1:4433"],
  } as const;
  assert.equal(
    live.note(plan),
    "cost: 3 runs, about 18.0 s, at most 1 min 15 s; paths: 192.0.2.1 to 198.51.100.1:4433, " +
      "192.0.2.2 to 198.51.100.1:4433",
  );
  assert.deepEqual(live.status(plan), []);
  assert.deepEqual(
    live.status({ event: "run", run: 2, transport: "mptcp", direction: "download", path: null }),
    ["run 3 of 3: mptcp download"],
  );
  const interval = {
    at_ms: 500,
    bytes: 5_000_000,
    paths: [{ id: 0, bytes: 3_750_000 }, { id: 1, bytes: 1_250_000 }],
  };
  assert.deepEqual(live.status({ event: "interval", run: 2, interval, goodput_bps: 80_000_000 }), [
    "run 3 of 3: mptcp download  500 ms  80.0 Mbit/s",
    `  path 0 ${"█".repeat(18)}       60.0 Mbit/s`,
    `  path 1 ${"█".repeat(6)}                   20.0 Mbit/s`,
  ]);
  assert.deepEqual(live.status({ event: "run-end", run: 2, goodput_bps: 1, error: null }), []);
});

Deno.test("LiveBench tells the cost in bytes where bytes were asked for", () => {
  const note = new LiveBench().note({
    event: "plan",
    target: "x",
    cost: { runs: 1, duration_ms: null, max_duration_ms: 140_000, bytes: 100_000_000 },
    paths: ["a to b"],
  });
  assert.equal(note, "cost: 1 run, 100 MB, at most 2 min 20 s; paths: a to b");
});
