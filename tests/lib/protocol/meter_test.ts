import assert from "node:assert/strict";
import fc from "fast-check";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import type { PathInfo } from "../../../lib/base/path.ts";
import { type Measurement, Meter } from "../../../lib/protocol/meter.ts";

function path(id: number, fields: Partial<PathInfo> = {}): PathInfo {
  return {
    id,
    local: Endpoint.of("192.0.2.1", 50_000 + id),
    remote: Endpoint.of("192.0.2.2", 443),
    state: "active",
    status: "available",
    bytesSent: 0,
    bytesReceived: 0,
    bytesRetransmitted: 0,
    ...fields,
  };
}

/** What happens at a moment: so many bytes arrive, or an interval ends. */
type Step = readonly [atMs: number, what: number | "sample"];

function measure(steps: readonly Step[], endMs: number): Measurement {
  const meter = new Meter("receiver", 1000, []);
  for (const [atMs, what] of steps) {
    if (what === "sample") meter.sample(1000 + atMs, []);
    else meter.add(1000 + atMs, what);
  }
  return meter.finish(1000 + endMs);
}

Deno.test("Meter finds the longest stall and when it began", () => {
  const cases: readonly (readonly [string, readonly Step[], number, number, number | null])[] = [
    ["nothing ever arrived", [], 500, 0, null],
    ["one arrival at the end", [[500, 1]], 500, 0, null],
    ["before the first arrival is no stall", [[400, 1], [410, 1]], 410, 10, 400],
    ["even arrivals: the first", [[0, 1], [10, 1], [20, 1]], 20, 10, 0],
    ["a gap in the middle", [[0, 1], [10, 1], [310, 1], [320, 1]], 320, 300, 10],
    ["the longest of several", [[0, 1], [50, 1], [250, 1], [350, 1]], 350, 200, 50],
    ["nothing more until the end", [[0, 1], [10, 1]], 3010, 3000, 10],
    ["an interval does not end a stall", [[0, 1], [100, "sample"], [200, 1]], 200, 200, 0],
  ];
  for (const [name, steps, endMs, ms, atMs] of cases) {
    const { longest_stall_ms, longest_stall_at_ms } = measure(steps, endMs);
    assert.deepEqual([longest_stall_ms, longest_stall_at_ms], [ms, atMs], name);
  }
});

Deno.test("Meter.finish() may be asked while the transfer goes on", () => {
  const meter = new Meter("receiver", 0, []);
  meter.add(0, 5);
  assert.equal(meter.finish(400).longest_stall_ms, 400);
  meter.add(450, 5);
  meter.add(460, 5);
  const { bytes, duration_ms, longest_stall_ms } = meter.finish(460);
  assert.deepEqual([bytes, duration_ms, longest_stall_ms], [15, 460, 450]);
});

Deno.test("Meter counts into each interval what arrived since the one before", () => {
  const { bytes, duration_ms, intervals } = measure(
    [[10, 100], [90, 50], [100, "sample"], [200, "sample"], [250, 7], [300, "sample"], [310, 1]],
    310,
  );
  assert.deepEqual([bytes, duration_ms], [158, 310]);
  assert.deepEqual(intervals, [
    { at_ms: 100, bytes: 150, paths: [] },
    { at_ms: 200, bytes: 0, paths: [] },
    { at_ms: 300, bytes: 7, paths: [] },
  ]);
});

Deno.test("Meter loses and doubles no byte, whatever the steps", () => {
  const steps = fc.array(fc.tuple(fc.nat(50), fc.option(fc.nat(1000), { nil: "sample" as const })), {
    maxLength: 40,
  });
  fc.assert(fc.property(steps, (gaps) => {
    let now = 0;
    const times = gaps.map(([gap, what]): Step => [now += gap, what]);
    const { bytes, intervals, duration_ms, longest_stall_ms } = measure([...times, [now, "sample"]], now);
    assert.equal(bytes, gaps.reduce((sum, [, what]) => sum + (what === "sample" ? 0 : what), 0));
    assert.equal(intervals.reduce((sum, each) => sum + each.bytes, 0), bytes);
    assert(longest_stall_ms <= duration_ms);
  }));
});

Deno.test("Meter follows what each path received, from the start of the transfer", () => {
  const meter = new Meter("receiver", 0, [path(0, { bytesReceived: 1000 })]);
  const first = meter.sample(100, [path(0, { bytesReceived: 1500 }), path(1, { bytesReceived: 30 })]);
  assert.deepEqual(first.paths, [{ id: 0, bytes: 500 }, { id: 1, bytes: 30 }]);
  const second = meter.sample(200, [path(0, { bytesReceived: 1500 }), path(1, { bytesReceived: 80 })]);
  assert.deepEqual(second.paths, [{ id: 0, bytes: 0 }, { id: 1, bytes: 50 }]);
});

Deno.test("Meter follows what each path sent for the first time", () => {
  const meter = new Meter("sender", 0, [path(0, { bytesSent: 100, bytesRetransmitted: 10 })]);
  const { paths } = meter.sample(100, [
    path(0, { bytesSent: 400, bytesRetransmitted: 110, bytesReceived: 9 }),
  ]);
  assert.deepEqual(paths, [{ id: 0, bytes: 200 }]);
});

Deno.test("Meter takes paths as they come and go", () => {
  const meter = new Meter("receiver", 0, []);
  const seen = [
    [path(0, { bytesReceived: 10 })],
    [path(0, { bytesReceived: 20 }), path(1, { bytesReceived: 5 })],
    [path(1, { bytesReceived: 9 })],
    [],
    [path(0, { bytesReceived: 26 }), path(2, { bytesReceived: 1 })],
  ].map((paths, index) => meter.sample(index * 100, paths).paths);
  assert.deepEqual(seen, [
    [{ id: 0, bytes: 10 }],
    [{ id: 0, bytes: 10 }, { id: 1, bytes: 5 }],
    [{ id: 1, bytes: 4 }],
    [],
    [{ id: 0, bytes: 6 }, { id: 2, bytes: 1 }],
  ]);
});

Deno.test("Meter never counts backwards when a counter does", () => {
  const meter = new Meter("sender", 0, [path(0, { bytesSent: 100 })]);
  assert.deepEqual(meter.sample(1, [path(0, { bytesSent: 120, bytesRetransmitted: 60 })]).paths, [
    { id: 0, bytes: 0 },
  ]);
});

Deno.test("Meter samples the RTT of active paths that have one", () => {
  const meter = new Meter("sender", 0, []);
  meter.sample(100, [path(0, { rttMs: 10 }), path(1, { rttMs: 50, state: "stale" }), path(2)]);
  meter.sample(200, [path(0, { rttMs: 12 }), path(1, { rttMs: 48 })]);
  assert.deepEqual(meter.finish(200).rtt_samples_ms, [10, 12, 48]);
});

Deno.test("Meter bounds its memory: 100,000 intervals, and the bytes still count", () => {
  const meter = new Meter("receiver", 0, []);
  for (let i = 0; i < 100_010; i++) {
    meter.add(i, 1);
    meter.sample(i, []);
  }
  const { intervals, bytes } = meter.finish(100_010);
  assert.deepEqual([intervals.length, bytes], [100_000, 100_010]);
});

Deno.test("Meter.watchStalls() counts the stalls since then for themselves", () => {
  const meter = new Meter("receiver", 0, []);
  meter.add(10, 1);
  meter.add(510, 1);
  meter.watchStalls(560);
  meter.add(600, 1);
  meter.add(670, 1);
  meter.add(680, 1);
  assert.equal(meter.watchedStallMs(690), 70);
  assert.equal(meter.finish(690).longest_stall_ms, 500);
});

Deno.test("Meter.watchedStandsStill() is about silence until now: at all, or longer than any and than a pause at the end", () => {
  const meter = new Meter("receiver", 0, []);
  meter.add(10, 1);
  meter.watchStalls(20);
  assert.equal(meter.watchedStandsStill(50), true, "nothing has arrived");
  meter.add(60, 1);
  meter.add(90, 1);
  assert.equal(meter.watchedStandsStill(100), false);
  assert.equal(meter.watchedStandsStill(150), false, "the longest, and no more than a transfer takes to end");
  assert.equal(meter.watchedStandsStill(400), true);
  meter.add(1000, 1);
  assert.equal(meter.watchedStandsStill(1300), false, "it has stood still for longer, and went on");
});
