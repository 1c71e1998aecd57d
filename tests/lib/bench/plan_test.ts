import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { type BenchOptions, benchSettings } from "../../../lib/bench/options.ts";
import { costOf, planRuns } from "../../../lib/bench/plan.ts";
import type { BenchServer } from "../../../lib/bench/bench_server.ts";
import { CHECK, livePath, server } from "./fixtures.ts";

/** The runs as text: transport, direction, and how they are tied down. */
function runs(options: BenchOptions, target: BenchServer = server()): readonly string[] {
  return planRuns(target, benchSettings(options)).map((run) =>
    [
      run.transport,
      run.direction,
      `from ${run.local ?? "any"}`,
      `to ${run.remote.address}`,
      ...(run.interface === undefined ? [] : [`on ${run.interface}`]),
      ...(run.single ? ["alone"] : []),
    ].join(" ")
  );
}

Deno.test("planRuns() measures TCP on each path that the subflows took, then MPTCP", () => {
  assert.deepEqual(runs({}), [
    "tcp download from 192.0.2.1 to 198.51.100.1:4433 alone",
    "tcp download from 203.0.113.1 to 198.51.100.2:4433 alone",
    "mptcp download from any to 198.51.100.1:4433",
  ]);
});

Deno.test("planRuns() does the same for every direction, one after the other", () => {
  const both = runs({ directions: ["download", "upload"] });
  assert.deepEqual(both.map((run) => run.split(" ").slice(0, 2).join(" ")), [
    "tcp download",
    "tcp download",
    "mptcp download",
    "tcp upload",
    "tcp upload",
    "mptcp upload",
  ]);
});

Deno.test("planRuns() does not tie TCP to a path where there is only one", () => {
  const one = server({ paths: [livePath(0, "192.0.2.1:50000", "198.51.100.1:4433")] });
  assert.deepEqual(runs({}, one), [
    "tcp download from any to 198.51.100.1:4433 alone",
    "mptcp download from any to 198.51.100.1:4433",
  ]);
  assert.deepEqual(runs({ transports: ["tcp"] }), ["tcp download from any to 198.51.100.1:4433 alone"]);
});

Deno.test("planRuns() takes the paths that were named, and MPTCP begins on the first", () => {
  const paths = [
    { local: Ip.parse("192.0.2.9"), interface: "eth0" },
    { local: Ip.parse("203.0.113.9"), remote: Endpoint.parse("198.51.100.7") },
    { remote: Endpoint.parse("198.51.100.8:5000") },
  ];
  assert.deepEqual(runs({ paths }), [
    "tcp download from 192.0.2.9 to 198.51.100.1:4433 on eth0 alone",
    "tcp download from 203.0.113.9 to 198.51.100.7:4433 alone",
    "tcp download from any to 198.51.100.8:5000 alone",
    "mptcp download from 192.0.2.9 to 198.51.100.1:4433 on eth0",
  ]);
});

Deno.test("planRuns() measures two subflows over the same addresses once, and at most 8 paths", () => {
  const twice = server({
    paths: [
      livePath(0, "192.0.2.1:50000", "198.51.100.1:4433"),
      livePath(1, "192.0.2.1:50001", "198.51.100.1:4433"),
      livePath(2, "203.0.113.1:50002", "198.51.100.1:4433"),
    ],
  });
  assert.equal(
    runs({ transports: ["tcp", "mptcp"] }, twice).filter((run) => run.startsWith("tcp")).length,
    2,
  );
  const many = server({
    paths: Array.from({ length: 20 }, (_, id) => livePath(id, `192.0.2.${id + 1}:5000`, "198.51.100.1:4433")),
  });
  assert.equal(runs({}, many).length, 9);
});

Deno.test("planRuns() asks for no more than the server allows, and says what would help", () => {
  const strict = server({
    check: { ...CHECK, limits: { max_bytes: 1000, max_duration_ms: 2000, token_required: true } },
  });
  const wrong: readonly (readonly [BenchOptions, string, RegExp, RegExp])[] = [
    [{}, "ERR_PERMISSION", /^Cannot measure: the server wants its token$/, /^--token TEXT$/],
    [
      { token: "x" },
      "ERR_LIMIT",
      /^Cannot measure for 5 s: the server allows 2 s$/,
      /^--duration 2, or mpt serve --max-duration with more on that machine$/,
    ],
    [
      { token: "x", bytes: 1001 },
      "ERR_LIMIT",
      /^Cannot transfer 1001 bytes: the server allows 1000$/,
      /^--bytes 1000, or mpt serve --max-bytes with more on that machine$/,
    ],
  ];
  for (const [options, code, message, fix] of wrong) {
    assert.throws(() => runs(options, strict), { code, message, fix });
  }
  const none = server({
    check: { ...CHECK, limits: { max_bytes: 0, max_duration_ms: 0, token_required: false } },
  });
  assert.throws(() => runs({}, none), { fix: "mpt serve --max-duration with more on that machine" });
  assert.equal(runs({ token: "x", durationMs: 2000 }, strict).length, 3);
  assert.equal(runs({ token: "x", bytes: 1000 }, strict).length, 3);
});

Deno.test("costOf() says what the runs take, and what they can take at the most", () => {
  const cost = (options: BenchOptions): ReturnType<typeof costOf> => {
    const settings = benchSettings(options);
    return costOf(planRuns(server(), settings), server(), settings);
  };
  assert.deepEqual(cost({}), { runs: 3, duration_ms: 18_000, max_duration_ms: 75_000, bytes: null });
  assert.deepEqual(cost({ bytes: 1000, directions: ["download", "upload"] }), {
    runs: 6,
    duration_ms: null,
    max_duration_ms: 480_000,
    bytes: 6000,
  });
});

Deno.test("planRuns() lets mpquic open exactly the paths that QUIC is measured on, further addresses included", () => {
  const pairs = (options: BenchOptions, target: BenchServer = server()): readonly string[] =>
    planRuns(target, benchSettings({ transports: ["quic", "mpquic"], ...options })).at(-1)!.paths
      .map(({ local, remote, status }) =>
        [String(local), remote?.address, status].filter((part) => part !== undefined).join(" ")
      );
  assert.deepEqual(pairs({}), ["192.0.2.1 198.51.100.1:4433", "203.0.113.1 198.51.100.2:4433"]);
  const local = Ip.parse("192.0.2.9");
  assert.deepEqual(pairs({ paths: [{ local, status: "backup" }] }), ["192.0.2.9 backup"]);
  assert.deepEqual(pairs({}, server({ paths: server().paths.slice(0, 1) })), []);
  assert.deepEqual(pairs({ transports: ["mptcp"] }), []);
});
