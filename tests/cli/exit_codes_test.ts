import assert from "node:assert/strict";
import { benchExitCode } from "../../cli/bench_exit.ts";
import { exitCodeOf } from "../../cli/exit_codes.ts";
import { probeExitCode } from "../../cli/probe_exit.ts";
import type { MptErrorCode } from "../../lib/base/errors.ts";
import type { Transport } from "../../lib/base/transport.ts";
import type { BenchRun, Penalty } from "../../lib/bench/result.ts";
import type { CheckJson } from "../../lib/probe/result.ts";
import { failed, multi, result as benchResult, single } from "../lib/bench/fixtures.ts";
import { check, endpoint, mptcpWithout, result as probeResult, watch } from "../lib/probe/fixtures.ts";

Deno.test("exitCodeOf(): 2 for what was asked, 1 for what the other end did, 130 for an interrupt, else 3", () => {
  const codes: Readonly<Record<number, readonly MptErrorCode[]>> = {
    2: ["ERR_USAGE", "ERR_INVALID_ADDRESS", "ERR_INVALID_ENDPOINT", "ERR_INVALID_VALUE"],
    1: [
      "ERR_NAME_NOT_FOUND",
      "ERR_REFUSED",
      "ERR_UNREACHABLE",
      "ERR_TIMED_OUT",
      "ERR_RESET",
      "ERR_CLOSED",
      "ERR_PROTOCOL",
      "ERR_LIMIT",
      "ERR_TLS",
    ],
    130: ["ERR_ABORTED"],
    3: [
      "ERR_NOT_LINUX",
      "ERR_MPTCP_UNSUPPORTED",
      "ERR_MPTCP_DISABLED",
      "ERR_FFI_PERMISSION",
      "ERR_FFI_UNAVAILABLE",
      "ERR_NET_PERMISSION",
      "ERR_PERMISSION",
      "ERR_NOT_SUPPORTED",
      "ERR_OPTION_REFUSED",
      "ERR_ADDRESS_NOT_LOCAL",
      "ERR_ADDRESS_IN_USE",
      "ERR_TOO_MANY_FILES",
      "ERR_NAME_LOOKUP",
      "ERR_NO_ROUTE",
      "ERR_SYSTEM",
    ],
  };
  for (const [code, errors] of Object.entries(codes)) {
    for (const error of errors) assert.equal(exitCodeOf(error), Number(code), error);
  }
});

Deno.test("probeExitCode(): what was required decides, else whether anything works", () => {
  type Status = CheckJson["status"];
  const cases: readonly (readonly [Status, Status, "tcp" | "mptcp" | undefined, number])[] = [
    ["yes", "yes", "mptcp", 0],
    ["yes", "no", "mptcp", 1],
    ["yes", "unknown", "mptcp", 3],
    ["no", "yes", "tcp", 1],
    ["unknown", "yes", "tcp", 3],
    ["yes", "no", undefined, 0],
    ["no", "no", undefined, 1],
    ["no", "skipped", undefined, 1],
    ["unknown", "no", undefined, 1],
    ["unknown", "unknown", undefined, 3],
    ["unknown", "skipped", undefined, 3],
  ];
  for (const [tcp, mptcp, required, code] of cases) {
    const endpoints = [endpoint({ tcp: check({ status: tcp }), mptcp: mptcpWithout({ status: mptcp }) })];
    assert.equal(probeExitCode(probeResult({ endpoints }), required), code, `${tcp} ${mptcp} ${required}`);
  }
});

Deno.test("probeExitCode(): that there is no QUIC is no failure for whoever did not ask for it", () => {
  const answer = (status: CheckJson["status"], quic: CheckJson["status"], asked?: readonly Transport[]) => {
    const bare = endpoint({ tcp: check({ status }), mptcp: mptcpWithout({ status }) });
    const endpoints = [{ ...bare, quic: { ...bare.quic, status: quic } }];
    return probeExitCode(probeResult({ endpoints }), undefined, false, asked);
  };
  assert.equal(answer("unknown", "no"), 3);
  assert.equal(answer("unknown", "no", ["tcp", "mptcp", "quic", "mpquic"]), 1);
  assert.equal(answer("skipped", "no", ["quic"]), 1);
  assert.equal(answer("no", "unknown"), 1);
  assert.equal(answer("no", "yes"), 0);
});

Deno.test("probeExitCode(): a watch needs MPTCP, and fails with its connection", () => {
  const with_ = (status: CheckJson["status"]) => [endpoint({ mptcp: mptcpWithout({ status }) })];
  const cases: readonly (readonly [Parameters<typeof probeResult>[0], number])[] = [
    [{ watch: watch() }, 0],
    [{ watch: watch({ end: "closed" }) }, 0],
    [{ watch: watch({ end: "failed" }) }, 1],
    [{ watch: null, endpoints: with_("no") }, 1],
    [{ watch: null, endpoints: with_("unknown") }, 3],
  ];
  for (const [fields, code] of cases) assert.equal(probeExitCode(probeResult(fields), undefined, true), code);
  assert.equal(probeExitCode(probeResult({ watch: watch({ end: "failed" }) }), "mptcp", true), 1);
  assert.equal(probeExitCode(probeResult({ endpoints: with_("no") }), undefined, false), 0);
});

Deno.test("benchExitCode(): a fix that could not be tried counts, where no run failed", () => {
  const penalty: Penalty = {
    direction: "download",
    path: null,
    certainty: "possible",
    evidence: [],
    cure: null,
    tried: null,
    not_tried: null,
  };
  const runs = [single(50), multi(20)];
  const cut: Penalty = { ...penalty, not_tried: "because" };
  assert.equal(benchExitCode(benchResult({ runs, penalties: [penalty] }), false), 0);
  assert.equal(benchExitCode(benchResult({ runs, penalties: [penalty, cut] }), false), 3);
  assert.equal(
    benchExitCode(benchResult({ runs: [...runs, failed("ERR_RESET")], penalties: [cut] }), false),
    1,
  );
});

Deno.test("benchExitCode(): a failed run is a failure, MPTCP that is not here only when asked for", () => {
  const missing = failed("ERR_MPTCP_DISABLED", { transport: "mptcp" });
  const cut = failed("ERR_ABORTED");
  const cases: readonly (readonly [string, readonly BenchRun[], boolean, number])[] = [
    ["all well", [single(50), multi(90)], true, 0],
    ["one failed", [single(50), failed("ERR_RESET", { transport: "mptcp" })], false, 1],
    ["MPTCP is missing", [single(50), missing], false, 0],
    ["MPTCP is missing and was asked for", [single(50), missing], true, 3],
    ["missing and failed", [failed("ERR_RESET"), missing], true, 1],
    ["only missing", [missing], false, 3],
    ["cut short after a run", [single(50), cut], false, 0],
    ["cut short in the first", [cut], false, 3],
    ["cut short before the first", [], false, 3],
  ];
  for (const [name, runs, asked, code] of cases) {
    assert.equal(benchExitCode(benchResult({ runs }), asked), code, name);
  }
});

Deno.test("benchExitCode(): MPTCP that fell back is a failure where it was asked for by name", () => {
  const fallen = benchResult({ runs: [single(48), multi(48, { transport_in_force: "tcp" })] });
  assert.equal(benchExitCode(fallen, false), 0);
  assert.equal(benchExitCode(fallen, true), 1);
  assert.equal(benchExitCode(benchResult({ runs: [single(48), multi(90)] }), true), 0);
});

Deno.test("benchExitCode(): a path that was broken ends with 1 where nothing came after it, with 3 where it was whole", () => {
  const failure = { path: 0, at_ms: 1000, longest_stall_ms: 80, recovered: true };
  const mpquic = (fields: Partial<BenchRun>): number =>
    benchExitCode(benchResult({ runs: [multi(50, { transport: "mpquic", ...fields })] }), false);
  assert.equal(mpquic({ failure }), 0);
  assert.equal(mpquic({ failure: { ...failure, recovered: false } }), 1);
  assert.equal(mpquic({ failure: null, failure_missed: "no-such-path" }), 3);
  // Several paths were asked for by name
  assert.equal(mpquic({ transport_in_force: "quic" }), 1);
});
