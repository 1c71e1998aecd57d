import assert from "node:assert/strict";
import { PLAIN } from "../../cli/render/paint.ts";
import { renderBench } from "../../cli/render/bench.ts";
import { renderDoctor } from "../../cli/render/doctor.ts";
import { renderProbe } from "../../cli/render/probe.ts";
import { renderRace } from "../../cli/render/race.ts";
import type { BenchResult } from "../../lib/bench/mod.ts";
import type { DoctorResult } from "../../lib/doctor/mod.ts";
import type { ProbeResult } from "../../lib/probe/mod.ts";
import type { RaceResult } from "../../lib/race/mod.ts";
import { mpt, ROOT } from "../support/command.ts";
import { withoutFfi } from "../support/requires.ts";
import { served } from "../lib/serve/served.ts";
import { jsonOf } from "./answers.ts";

/** Result files as earlier versions saved them: they stay readable for ever. */
function golden(name: string): string {
  return Deno.readTextFileSync(`${ROOT}/tests/data/${name}`);
}

const PROBE: ProbeResult = JSON.parse(golden("probe-v1.json"));
const BENCH: BenchResult = JSON.parse(golden("bench-v1.json"));
const DOCTOR: DoctorResult = JSON.parse(golden("doctor-v1.json"));
const RACE: RaceResult = JSON.parse(golden("race-v1.json"));

/** Objects whose keys are data. */
const DICTIONARIES: ReadonlySet<string> = new Set(["counters", "options", "timeline", "errors"]);

const ENVELOPE = [
  "schema",
  "tool",
  "host",
  "started_at",
  "duration_ms",
  "options",
  "warnings",
  "verdicts",
  "end",
] as const;

const PATH_KEYS = [
  "id",
  "local",
  "remote",
  "interface",
  "state",
  "status",
  "rtt_ms",
  "min_rtt_ms",
  "cwnd_bytes",
  "mtu",
  "bytes_sent",
  "bytes_received",
  "bytes_retransmitted",
  "delivery_rate_bps",
] as const;

const CHECK_KEYS = ["status", "reason", "ms", "detail", "paths"] as const;

function hasKeys(value: unknown, keys: readonly string[]): void {
  assert(typeof value === "object" && value !== null);
  for (const key of keys) assert(key in value, `${key} is missing in ${Object.keys(value)}`);
}

/** Keys that results got after these files were made: a reader of the first version passes over them. */
const LATER: ReadonlySet<string> = new Set([
  // the check answer
  ...["listener", "defer_accept", "counter_window", "subflows", "mptcp", "path_manager", "instance"],
  ...["penalties", "sender_rtt_ms", "sender_retransmitted_bytes"],
  ...["watch", "syn_mirror", "announced", "tried", "answered", "accepted", "usable", "why", "events_skipped"],
  // quic
  ...["version", "versions", "alpn", "alpn_offered", "retry", "cipher_suite", "group", "certificate"],
  ...["transport_parameters", "blocked", "max_path_id", "ways", "ways_skipped"],
  ...["code_points", "drafts_offered"],
  // of runs and aggregations over multipath QUIC
  ...["failure", "failure_missed", "transport"],
]);

/** Checks that two results have the same keys at every depth, and values of the same kind; null may be anything. */
function sameShape(actual: unknown, expected: unknown, where: string): void {
  if (actual === null || expected === null) return;
  assert.equal(typeof actual, typeof expected, where);
  if (Array.isArray(expected)) {
    assert(Array.isArray(actual), where);
    if (actual.length > 0 && expected.length > 0) sameShape(actual[0], expected[0], `${where}[]`);
  } else if (typeof expected === "object" && typeof actual === "object") {
    const keys = Object.keys(actual).filter((key) => key in expected || !LATER.has(key));
    assert.deepEqual(keys.toSorted(), Object.keys(expected).toSorted(), where);
    for (const [key, value] of Object.entries(expected)) {
      if (!DICTIONARIES.has(key)) {
        sameShape(new Map(Object.entries(actual)).get(key), value, `${where}.${key}`);
      }
    }
  }
}

for (
  const [name, result] of [["probe", PROBE], ["bench", BENCH], ["doctor", DOCTOR], ["race", RACE]] as const
) {
  Deno.test(`${name}/1 has the envelope of every result`, () => {
    hasKeys(result, ENVELOPE);
    assert.equal(result.schema, `mpt.${name}/1`);
    assert.match(result.tool.version, /^\d+\.\d+\.\d+$/);
    hasKeys(result.host, ["os", "kernel", "deno", "cpus"]);
    assert.equal(new Date(result.started_at).toISOString(), result.started_at);
    assert.equal(result.end.reason, "done");
    for (const verdict of result.verdicts) {
      hasKeys(verdict, ["code", "level", "certainty", "text", "evidence", "fix"]);
      assert.match(verdict.code, /^[a-z0-9-]+$/);
    }
  });
}

Deno.test("probe/1 has the target, the resolver's answers and the checks of each address", () => {
  hasKeys(PROBE, ["target", "dns", "endpoints"]);
  hasKeys(PROBE.target, ["host", "port"]);
  for (const query of PROBE.dns ?? []) hasKeys(query, ["type", "status", "answers", "ms"]);
  assert(PROBE.endpoints.length > 0);
  for (const endpoint of PROBE.endpoints) {
    hasKeys(endpoint, ["address", "family", "port", "interface", "tcp", "mptcp", "quic", "mpquic"]);
    for (const check of [endpoint.tcp, endpoint.mptcp, endpoint.quic, endpoint.mpquic]) {
      hasKeys(check, CHECK_KEYS);
    }
    hasKeys(endpoint.mptcp, ["fallback", "joins"]);
    assert.equal(endpoint.mptcp.paths.length, 2);
    for (const path of endpoint.mptcp.paths) hasKeys(path, PATH_KEYS);
  }
});

Deno.test("bench/1 has the runs with their intervals and paths, and the aggregation", () => {
  hasKeys(BENCH, ["target", "runs", "aggregation"]);
  assert.equal(BENCH.runs.length, 6);
  for (const run of BENCH.runs) {
    hasKeys(run, [
      ...["transport", "direction", "bytes", "duration_ms", "goodput_bps", "longest_stall_ms", "rtt_ms"],
      ...["intervals", "paths", "cpu_ms"],
    ]);
    hasKeys(run.rtt_ms, ["min", "p50", "p95"]);
    for (const interval of run.intervals) {
      hasKeys(interval, ["at_ms", "bytes", "paths"]);
      for (const path of interval.paths) hasKeys(path, ["id", "bytes"]);
    }
    for (const path of run.paths) hasKeys(path, [...PATH_KEYS, "share"]);
  }
  hasKeys(BENCH.aggregation, [
    ...["best_single_bps", "sum_of_singles_bps", "multipath_bps", "efficiency", "benefit"],
  ]);
});

Deno.test("doctor/1 has its checks, each with a status and what mends it", () => {
  assert(DOCTOR.checks.length > 5);
  for (const check of DOCTOR.checks) {
    hasKeys(check, ["code", "status", "text", "found", "fix"]);
    assert.match(check.status, /^(ok|warn|fail|unknown)$/);
  }
});

Deno.test("race/1 has the queries and attempts of every round, and each candidate over all of them", () => {
  hasKeys(RACE, [
    "target",
    "algorithm",
    "constants",
    "network",
    "servers",
    "dns",
    "attempts",
    "winner",
    "connect_ms",
  ]);
  hasKeys(RACE, ["timeline", "rounds", "candidates", "rounds_connect_ms"]);
  assert.equal(RACE.rounds.length, 2);
  for (const { dns, attempts, timeline, winner } of RACE.rounds) {
    for (const query of dns) {
      hasKeys(query, ["index", "name", "type", "start_ms", "end_ms", "status", "answers"]);
    }
    for (const attempt of attempts) {
      hasKeys(attempt, [
        "index",
        "address",
        "family",
        "port",
        "transport",
        "interface",
        "start_ms",
        "end_ms",
      ]);
      assert.match(attempt.outcome, /^(won|lost|failed|cancelled|not-started)$/);
    }
    assert.equal(attempts[winner ?? -1]?.outcome, "won");
    assert.ok(timeline.every(({ at_ms }) => typeof at_ms === "number"));
  }
  for (const constant of Object.values(RACE.constants)) hasKeys(constant, ["value", "default", "clause"]);
});

Deno.test("numbers are numbers, and nothing is NaN or undefined, in every result", () => {
  for (const name of ["probe-v1.json", "bench-v1.json", "doctor-v1.json", "race-v1.json"]) {
    JSON.parse(golden(name), (key, value: unknown) => {
      if (/_(ms|bps|bytes)$/.test(key)) {
        assert(
          value === null || typeof value === "number" || typeof value === "object",
          `${key} is ${value}`,
        );
      }
      return value;
    });
  }
});

Deno.test("results of earlier versions can still be shown", () => {
  assert.match(renderProbe(PROBE, PLAIN, true), /^✓ MPTCP works to 10\.0\.1\.2:4433 over 2 paths\.\n/);
  assert.match(renderBench(BENCH, PLAIN, true), /^✓ MPTCP download over 2 paths carries /);
  assert.match(renderDoctor(DOCTOR, PLAIN, true), /MPTCP sockets can be opened\./);
  const race = renderRace(RACE, { paint: PLAIN, verbose: true, columns: 80 });
  assert.match(race, /^✓ IPv4 over tcp won 2 of 2 rounds/);
});

Deno.test("the results of today have the shape of those of version 1", async () => {
  await using server = await served({}, withoutFfi() ? "tcp" : "mptcp");
  const target = `127.0.0.1:${server.port}`;
  const probe = await mpt(["probe", "--json", "--join-timeout", "0", target]);
  sameShape(jsonOf(probe), PROBE, "probe");
  const bench = await mpt([
    "bench",
    "--json",
    "--duration",
    "0.2",
    "--interval",
    "0.05",
    "--direction",
    "both",
    target,
  ]);
  sameShape(jsonOf(bench), BENCH, "bench");
  sameShape(jsonOf(await mpt(["doctor", "--json"])), DOCTOR, "doctor");
  sameShape(jsonOf(await mpt(["race", "--json", `tcp@${target}`])), RACE, "race");
});
