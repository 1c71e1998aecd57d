import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { bench, type BenchEvent, type BenchOptions, type BenchResult } from "../../../lib/bench/mod.ts";
import { requires, withoutFfi } from "../../support/requires.ts";
import { type Served, served } from "../serve/served.ts";

const QUICK: BenchOptions = { durationMs: 300, intervalMs: 50, transports: ["tcp"] };

function of(
  server: Pick<Served, "port">,
  options: BenchOptions = {},
  events: BenchEvent[] = [],
): Promise<BenchResult> {
  const target = Endpoint.of("127.0.0.1", server.port);
  return bench(target, { ...QUICK, ...options }, (event) => void events.push(event));
}

for (const transport of ["tcp", "mptcp"] as const) {
  const needs = transport === "tcp" ? {} : requires("mptcp");

  for (const direction of ["download", "upload"] as const) {
    Deno.test({
      name: `bench() measures the ${direction} over ${transport} for a time`,
      ...needs,
      async fn() {
        await using server = await served({}, transport);
        const result = await of(server, { transports: [transport], directions: [direction] });
        assert.deepEqual([result.schema, result.end.reason, result.runs.length], ["mpt.bench/1", "done", 1]);
        const [run] = result.runs;
        assert.deepEqual([run!.transport, run!.transport_in_force, run!.direction, run!.error], [
          transport,
          transport,
          direction,
          null,
        ]);
        assert(run!.bytes > 0);
        assert(run!.duration_ms >= 200, `it took ${run!.duration_ms} ms`);
        // Goodput is payload over time at the receiver.
        assert.equal(run!.goodput_bps, Math.round(run!.bytes * 8 / (run!.duration_ms / 1000)));
        assert(run!.longest_stall_ms !== null && run!.longest_stall_ms <= run!.duration_ms);
        assert.equal(run!.intervals.reduce((sum, each) => sum + each.bytes, 0), run!.bytes);
        assert(run!.intervals.length >= 3);
        assert.equal(run!.paths.length, 1);
        if (withoutFfi()) return;
        assert(run!.rtt_ms !== null && run!.rtt_ms.samples > 0);
        const [path] = run!.paths;
        assert.deepEqual([path?.id, path?.interface, path?.share], [0, "lo", 1]);
      },
    });

    Deno.test({
      name:
        `bench() transfers exactly the bytes asked for, over several connections too: ${direction}, ${transport}`,
      ...needs,
      async fn() {
        await using server = await served({}, transport);
        for (const [bytes, streams] of [[1_000_003, 4], [1, 1], [2, 3]] as const) {
          const { runs: [run], options } = await of(server, {
            transports: [transport],
            directions: [direction],
            bytes,
            streams,
          });
          assert.deepEqual([run!.error, run!.bytes, run!.streams], [null, bytes, streams]);
          assert.deepEqual([options.bytes, options.duration_ms], [bytes, null]);
        }
      },
    });
  }
}

Deno.test({
  name: "bench() compares TCP with MPTCP, each direction by itself",
  ...requires("mptcp"),
  async fn() {
    await using server = await served({}, "mptcp");
    const events: BenchEvent[] = [];
    const result = await of(server, {
      transports: ["tcp", "mptcp"],
      directions: ["download", "upload"],
      durationMs: 200,
    }, events);
    assert.deepEqual(result.runs.map((run) => [run.transport, run.direction, run.error]), [
      ["tcp", "download", null],
      ["mptcp", "download", null],
      ["tcp", "upload", null],
      ["mptcp", "upload", null],
    ]);
    assert.deepEqual(result.aggregations.map(({ direction, singles }) => [direction, singles]), [
      ["download", 1],
      ["upload", 1],
    ]);
    assert.equal(result.aggregation, result.aggregations[0]);
    const [first] = result.aggregations;
    assert.equal(first!.multipath_bps, result.runs[1]!.goodput_bps);
    assert.equal(first!.best_single_bps, result.runs[0]!.goodput_bps);
    assert.equal(result.verdicts.length, 2);
  },
});

Deno.test("bench() tells its plan and cost before it starts, then each run with its intervals", async () => {
  await using server = await served();
  const events: BenchEvent[] = [];
  const { runs, cost } = await of(server, { directions: ["download", "upload"] }, events);
  const [plan] = events;
  assert(plan?.event === "plan");
  assert.deepEqual(plan.cost, cost);
  assert.deepEqual(cost, { runs: 2, duration_ms: 2600, max_duration_ms: 40_600, bytes: null });
  assert.equal(plan.target, `127.0.0.1:${server.port}`);
  const order = events.slice(1).map((event) => event.event);
  assert.match(order.join(" "), /^run( interval)+ run-end run( interval)+ run-end$/);
  const ends = events.filter((event) => event.event === "run-end");
  assert.deepEqual(ends.map(({ run, goodput_bps, error }) => [run, goodput_bps, error]), [
    [0, runs[0]!.goodput_bps, null],
    [1, runs[1]!.goodput_bps, null],
  ]);
});

Deno.test("bench() with several connections adds them up", async () => {
  await using server = await served();
  for (const direction of ["download", "upload"] as const) {
    const { runs: [run] } = await of(server, { streams: 4, directions: [direction] });
    assert.deepEqual([run!.error, run!.streams, run!.paths.length], [null, 4, 1]);
    assert.equal(run!.intervals.reduce((sum, each) => sum + each.bytes, 0), run!.bytes);
  }
  const perf = server.events.filter((event) => event.event === "connection" && event.protocol === "perf");
  assert.equal(perf.length, 8);
});

Deno.test("bench() at the server's own limits: connections and duration", async () => {
  await using server = await served({ maxPerAddress: 3, maxConnections: 3, maxDurationMs: 400 });
  const options = { streams: 3, durationMs: 400, directions: ["download", "upload"] } as const;
  const { runs } = await of(server, options);
  assert.deepEqual(runs.map(({ error }) => error), [null, null]);
  assert(runs[1]!.longest_stall_ms !== null);
});

for (const direction of ["download", "upload"] as const) {
  Deno.test(`bench() beyond the server's connections says what the server said: ${direction}`, async () => {
    await using server = await served({ maxPerAddress: 2 });
    const { runs: [run], verdicts } = await of(server, { streams: 3, directions: [direction] });
    assert.equal(run!.error?.code, "ERR_PROTOCOL");
    assert.equal(
      run!.error?.message,
      "Cannot start the transfer: the server answered 503 Service Unavailable " +
        "(this address has its 2 connections; try again later)",
    );
    assert.equal(verdicts[0]?.code, "run-failed");
    assert.match(verdicts[0].fix ?? "", /^fewer --streams, or on the server mpt serve --max-per-address /);
  });
}

Deno.test("bench() names its token, and says when it is wrong", async () => {
  await using server = await served({ token: "secret" });
  const directions = ["download", "upload"] as const;
  const { runs } = await of(server, { token: "secret", bytes: 1000, directions });
  assert.deepEqual(runs.map(({ error, bytes }) => [error, bytes]), [[null, 1000], [null, 1000]]);
  await assert.rejects(of(server), {
    code: "ERR_PERMISSION",
    message: "Cannot measure: the server wants its token",
  });
  for (const direction of directions) {
    await assert.rejects(of(server, { token: "wrong", directions: [direction] }), {
      code: "ERR_PERMISSION",
      message: "Cannot measure: the server refused the token",
      fix: "--token TEXT",
    });
  }
  await assert.rejects(of(server, { token: "sécret" }), { code: "ERR_INVALID_VALUE" });
});

Deno.test("bench() asks for no more than the server allows", async () => {
  await using server = await served({ maxBytes: 1000, maxDurationMs: 200 });
  await assert.rejects(of(server), { code: "ERR_LIMIT", message: /the server allows 0\.2 s$/ });
  await assert.rejects(of(server, { bytes: 2000 }), {
    code: "ERR_LIMIT",
    message: /the server allows 1000$/,
  });
  const { runs: [run] } = await of(server, { bytes: 1000 });
  assert.equal(run!.bytes, 1000);
});

Deno.test("bench() for a time says when the server allows fewer bytes than that takes", async () => {
  await using server = await served({ maxBytes: 1000 });
  const { runs: [run], warnings } = await of(server, { streams: 2 });
  assert.deepEqual([run!.error, run!.bytes], [null, 2000]);
  assert.deepEqual(warnings, [
    "1 of 1 run ended before the time was over: the server allows 1.00 kB in one transfer (mpt serve --max-bytes).",
  ]);
  const asked = await of(server, { bytes: 1000 });
  assert.doesNotMatch(asked.warnings.join(" "), /before the time/);
});

Deno.test({
  name: "bench() of MPTCP against a server without it says that it fell back",
  ...requires("mptcp"),
  async fn() {
    await using server = await served();
    const { runs: [run], verdicts, aggregation } = await of(server, { transports: ["mptcp"] });
    assert.deepEqual([run!.transport, run!.transport_in_force, run!.error], ["mptcp", "tcp", null]);
    assert.deepEqual([verdicts.at(-1)?.code, aggregation], ["mptcp-fell-back", null]);
  },
});

Deno.test({
  name: "bench() uses the congestion control that was asked for, at the sender",
  ...requires("ffi"),
  async fn() {
    await using server = await served();
    const { runs: [run], options } = await of(server, { congestion: "reno", bytes: 1000 });
    assert.deepEqual([run!.error, options.congestion], [null, "reno"]);
    await assert.rejects(of(server, { congestion: "no-such-cc", bytes: 1000 }), {
      code: "ERR_OPTION_REFUSED",
    });
  },
});

Deno.test({
  name: "bench() measures each path that was named",
  // All of 127.0.0.0/8 is the loopback interface on Linux alone.
  ...requires("ffi"),
  async fn() {
    await using server = await served();
    const paths = [{ local: Ip.parse("127.0.0.1") }, { local: Ip.parse("127.0.0.3") }];
    const { runs } = await of(server, { paths, bytes: 1000 });
    assert.deepEqual(runs.map(({ path, paths: [first] }) => [path?.local, first?.local.split(":")[0]]), [
      ["127.0.0.1", "127.0.0.1"],
      ["127.0.0.3", "127.0.0.3"],
    ]);
    const nowhere = [{ local: Ip.parse("192.0.2.1") }];
    await assert.rejects(of(server, { paths: nowhere }), { code: "ERR_ADDRESS_NOT_LOCAL" });
  },
});

for (const direction of ["download", "upload"] as const) {
  Deno.test(`bench() that is aborted in the ${direction} gives what it has measured`, async () => {
    await using server = await served();
    const stop = new AbortController();
    const target = Endpoint.of("127.0.0.1", server.port);
    const options = {
      ...QUICK,
      durationMs: 20_000,
      directions: [direction, "upload"],
      signal: stop.signal,
    } as const;
    let intervals = 0;
    const result = await bench(target, options, ({ event }) => {
      if (event === "interval" && ++intervals === 3) stop.abort();
    });
    assert.equal(result.end.reason, "interrupted");
    const [run, ...others] = result.runs;
    assert.deepEqual(others, []);
    assert.equal(run!.error?.code, "ERR_ABORTED");
    assert(run!.bytes > 0 && run!.goodput_bps > 0 && run!.intervals.length >= 3);
    assert.deepEqual(result.verdicts.map(({ code }) => code), ["run-cut-short"]);
  });
}

Deno.test("bench() that is aborted before it has a server: ERR_ABORTED", async () => {
  await using server = await served();
  await assert.rejects(of(server, { signal: AbortSignal.abort() }), { code: "ERR_ABORTED" });
});

Deno.test({
  name: "bench() tells paths that were named by their interface by the address on it",
  ...requires("ffi"),
  async fn() {
    await using server = await served();
    const { runs: [run] } = await of(server, { paths: [{ interface: "lo" }], bytes: 1000 });
    assert.deepEqual([run!.error, run!.path], [null, {
      local: "127.0.0.1",
      remote: `127.0.0.1:${server.port}`,
    }]);
  },
});
