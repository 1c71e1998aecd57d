import assert from "node:assert/strict";
import { penaltiesOf } from "../../../lib/bench/penalties.ts";
import { findCulprit, type JudgedPath, judgePaths } from "../../../lib/bench/penalty.ts";
import type { BenchPathJson } from "../../../lib/bench/result.ts";
import type { PathManagerJson } from "../../../lib/mptcp/path_manager_json.ts";
import { aggregation, failed, multi, path, server, single } from "./fixtures.ts";

const REMOTE = "198.51.100.1:443";

function judged(id: number, mbit: number | null, rttMs: number | null, fields: Partial<BenchPathJson> = {}) {
  const each: JudgedPath = {
    path: path(id, fields),
    aloneBps: mbit === null ? null : mbit * 1_000_000,
    rttMs,
  };
  return each;
}

Deno.test("findCulprit() names the path that is slow and late, and how sure that is", () => {
  const cases: readonly (readonly [string, readonly JudgedPath[], readonly [number, string] | null])[] = [
    ["slow and late", [judged(0, 50, 10), judged(1, 2, 300)], [1, "likely"]],
    ["the first path", [judged(0, 2, 300), judged(1, 50, 10)], [0, "likely"]],
    ["slow, but as quick", [judged(0, 50, 10), judged(1, 2, 11)], [1, "possible"]],
    ["as fast, but late", [judged(0, 50, 10), judged(1, 49, 300)], [1, "likely"]],
    ["round-trip times unknown", [judged(0, 50, null), judged(1, 2, null)], [1, "possible"]],
    ["two alike", [judged(0, 50, 10), judged(1, 2, 300), judged(2, 2, 290)], [1, "possible"]],
    ["one much worse", [judged(0, 50, 10), judged(1, 40, 20), judged(2, 2, 300)], [2, "likely"]],
    ["a backup hurts nobody", [judged(0, 50, 10), judged(1, 2, 300, { status: "backup" })], null],
    ["not measured alone", [judged(0, 50, 10), judged(1, null, 300)], null],
    ["alone at nothing", [judged(0, 50, 10), judged(1, 0, 300)], null],
    ["one path", [judged(0, 50, 10)], null],
    ["none", [], null],
  ];
  for (const [name, paths, expected] of cases) {
    const culprit = findCulprit(paths);
    assert.deepEqual(culprit === null ? null : [culprit.path.id, culprit.certainty], expected, name);
    if (culprit !== null) assert.equal(culprit.evidence.length, paths.length);
  }
});

Deno.test("judgePaths() finds what each path does alone by its two ends, in the same direction", () => {
  const multipath = multi(30, {
    paths: [path(0, { min_rtt_ms: 12 }), path(1, { min_rtt_ms: null, rtt_ms: 400 }), path(2)],
  });
  const rtt = { p50: 500, p95: 600, samples: 9 };
  const runs = [
    single(50, { path: { local: "192.0.2.1", remote: REMOTE }, rtt_ms: { ...rtt, min: 10 } }),
    single(2, { path: { local: "192.0.2.2", remote: REMOTE }, rtt_ms: { ...rtt, min: 300 }, paths: [] }),
    single(7, { path: { local: "192.0.2.3", remote: REMOTE }, direction: "upload" }),
    failed("ERR_RESET", { path: { local: "192.0.2.3", remote: REMOTE } }),
    multipath,
  ];
  assert.deepEqual(judgePaths(runs, multipath).map(({ aloneBps, rttMs }) => [aloneBps, rttMs]), [
    [50_000_000, 10],
    [2_000_000, 300],
    [null, 12],
  ]);
});

Deno.test("penaltiesOf() says which path it is, what each does and which command mends it", () => {
  const runs = [
    single(48, { path: { local: "192.0.2.1", remote: REMOTE }, rtt_ms: null }),
    single(2, { path: { local: "192.0.2.2", remote: REMOTE }, rtt_ms: null, paths: [] }),
    multi(20, {
      paths: [
        path(0, { share: 0.97, sender_rtt_ms: 22, sender_retransmitted_bytes: 0 }),
        path(1, { share: 0.03, min_rtt_ms: 300, sender_retransmitted_bytes: 11_400 }),
      ],
    }),
  ];
  const ours: PathManagerJson = {
    kind: "kernel",
    subflows_max: 2,
    add_addr_accepted_max: 2,
    allow_join_initial_address: true,
    checksum_enabled: false,
    endpoints: [{ id: 4, address: "192.0.2.2", port: null, interface: "eth1", flags: ["subflow"] }],
  };
  const [penalty, ...rest] = penaltiesOf(runs, [aggregation(20, 48, 50)], server(), ours);
  assert.deepEqual(rest, []);
  assert.deepEqual(penalty, {
    direction: "download",
    path: { id: 1, local: "192.0.2.2:50001", remote: REMOTE, interface: "eth1" },
    certainty: "likely",
    evidence: [
      `the path from 192.0.2.1 to ${REMOTE} (eth0): 48.0 Mbit/s alone, RTT 12.0 ms, 22.0 ms under load, ` +
      "97% of the bytes, 0 B retransmitted",
      `the path from 192.0.2.2 to ${REMOTE} (eth1): 2.00 Mbit/s alone, RTT 300 ms, 3% of the bytes, ` +
      "11.4 kB retransmitted",
    ],
    cure: {
      host: "this",
      address: "192.0.2.2",
      endpoint_id: 4,
      command: "ip mptcp endpoint change id 4 backup",
      undo: "ip mptcp endpoint change id 4 nobackup",
    },
    tried: null,
    not_tried: null,
  });
  assert.deepEqual(penaltiesOf(runs, [aggregation(47.5, 48, 50)], server(), ours), []);
  // Nothing was tied to a path: there is nothing to compare.
  const [blind] = penaltiesOf([single(48), multi(20)], [aggregation(20, 48, 48, 1)], server(), ours);
  assert.deepEqual([blind?.path, blind?.cure, blind?.certainty], [null, null, "possible"]);
});
