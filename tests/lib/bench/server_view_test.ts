import assert from "node:assert/strict";
import type { PathJson } from "../../../lib/base/path_json.ts";
import { PathTable } from "../../../lib/bench/path_table.ts";
import { serverView } from "../../../lib/bench/server_view.ts";
import type { Measurement } from "../../../lib/protocol/meter.ts";
import type { PerfReport } from "../../../lib/protocol/perf_report.ts";
import { path } from "../probe/fixtures.ts";
import { livePath } from "./fixtures.ts";

const OURS = [
  livePath(0, "192.0.2.1:50000", "198.51.100.1:443"),
  livePath(1, "192.0.2.2:50001", "198.51.100.1:443"),
];

function measurement(fields: Partial<Measurement> = {}): Measurement {
  return {
    bytes: 30,
    duration_ms: 200,
    longest_stall_ms: 5,
    longest_stall_at_ms: 50,
    intervals: [
      { at_ms: 100, bytes: 10, paths: [{ id: 0, bytes: 10 }] },
      { at_ms: 200, bytes: 20, paths: [{ id: 0, bytes: 5 }, { id: 1, bytes: 15 }] },
    ],
    rtt_samples_ms: [1, 2],
    ...fields,
  };
}

/** A report whose paths end at the given addresses of ours. */
function report(
  remotes: readonly string[],
  received: Measurement | null,
  sent: Measurement | null = null,
): PerfReport {
  const paths = remotes.map((remote, id) => ({ ...path(id), local: "198.51.100.1:443", remote }));
  return { schema: "mpt.perf/1", end: "done", received, sent, paths };
}

Deno.test("serverView() gives the server's paths our numbers, by their addresses", () => {
  const table = new PathTable();
  OURS.forEach((each) => table.idOf(each));
  const crossed = report(["192.0.2.2:50001", "192.0.2.1:50000"], measurement());
  const { received } = serverView([crossed], [OURS], table);
  assert.deepEqual(received?.intervals.map(({ paths }) => paths), [
    [{ id: 1, bytes: 10 }],
    [{ id: 0, bytes: 15 }, { id: 1, bytes: 5 }],
  ]);
});

Deno.test("serverView() behind a NAT goes by the number of the path", () => {
  const table = new PathTable();
  OURS.forEach((each) => table.idOf(each));
  const { received } = serverView([report(["203.0.113.9:1", "203.0.113.9:2"], measurement())], [OURS], table);
  assert.deepEqual(received?.intervals[1]?.paths, [{ id: 0, bytes: 5 }, { id: 1, bytes: 15 }]);
});

Deno.test("serverView() has the server's own numbers of our paths, those of all connections together", () => {
  const table = new PathTable();
  OURS.forEach((each) => table.idOf(each));
  const of = (fields: readonly Partial<PathJson>[]): PerfReport => {
    const told = report(["192.0.2.2:50001", "192.0.2.1:50000", "203.0.113.9:1"], null);
    return {
      ...told,
      paths: told.paths.map((each, index) => ({ ...each, id: 7 + index, ...fields[index] })),
    };
  };
  const { paths } = serverView(
    [
      of([{ rtt_ms: 300, bytes_retransmitted: 5 }, { rtt_ms: 10, bytes_retransmitted: 1 }]),
      of([{ rtt_ms: null, bytes_retransmitted: 6 }, { rtt_ms: 12, bytes_retransmitted: 0 }]),
      null,
    ],
    [OURS, OURS, OURS],
    table,
  );
  assert.deepEqual([...paths], [
    [1, { rttMs: 300, retransmittedBytes: 11 }],
    [0, { rttMs: 12, retransmittedBytes: 1 }],
  ]);
});

Deno.test("serverView() adds up the connections of a run, interval by interval", () => {
  const table = new PathTable();
  OURS.forEach((each) => table.idOf(each));
  const others = [
    livePath(0, "192.0.2.2:60000", "198.51.100.1:443"),
    livePath(1, "192.0.2.1:60001", "198.51.100.1:443"),
  ];
  const short = measurement({
    bytes: 100,
    duration_ms: 90,
    longest_stall_ms: 40,
    longest_stall_at_ms: 7,
    intervals: [{ at_ms: 101, bytes: 100, paths: [{ id: 0, bytes: 60 }, { id: 1, bytes: 40 }] }],
    rtt_samples_ms: [3],
  });
  const { received } = serverView(
    [
      report(["192.0.2.1:50000", "192.0.2.2:50001"], measurement()),
      report(["192.0.2.2:60000", "192.0.2.1:60001"], short),
    ],
    [OURS, others],
    table,
  );
  assert.deepEqual(received, {
    bytes: 130,
    duration_ms: 200,
    longest_stall_ms: 40,
    longest_stall_at_ms: 7,
    intervals: [
      { at_ms: 101, bytes: 110, paths: [{ id: 0, bytes: 50 }, { id: 1, bytes: 60 }] },
      { at_ms: 200, bytes: 20, paths: [{ id: 0, bytes: 5 }, { id: 1, bytes: 15 }] },
    ],
    rtt_samples_ms: [1, 2, 3],
  });
});

Deno.test("serverView() without every report says nothing about what arrived", () => {
  const complete = report(["192.0.2.1:50000"], measurement(), measurement({ rtt_samples_ms: [7, 8] }));
  const { received, rttSamplesMs } = serverView([complete, null], [OURS, OURS], new PathTable());
  assert.deepEqual([received, rttSamplesMs], [null, [7, 8]]);
  assert.equal(serverView([complete, report([], null)], [OURS, OURS], new PathTable()).received, null);
  assert.deepEqual(serverView([], [], new PathTable()), {
    received: null,
    rttSamplesMs: [],
    paths: new Map(),
  });
});
