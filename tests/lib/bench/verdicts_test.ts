import assert from "node:assert/strict";
import { benchVerdicts, benchWarnings, isMissingHere } from "../../../lib/bench/verdicts.ts";
import { aggregation, failed, multi, run, server, single } from "./fixtures.ts";

Deno.test("benchVerdicts() says in words what multipath is worth", () => {
  const cases: readonly (readonly [ReturnType<typeof aggregation>, string, string, RegExp])[] = [
    [
      aggregation(94, 50, 100),
      "multipath-gain",
      "ok",
      /^MPTCP download over 2 paths carries 94\.0 Mbit\/s: 1\.88 times the best single path, 94% of the sum\.$/,
    ],
    [
      aggregation(30, 50, 60),
      "multipath-penalty",
      "warn",
      /^MPTCP download is slower than the best single path: 30\.0 Mbit\/s against 50\.0 Mbit\/s\.$/,
    ],
    [aggregation(49, 50, 100), "multipath-gain", "ok", /0\.98 times the best single path/],
    [
      aggregation(50, 50, 50, 1),
      "multipath-one-path",
      "info",
      /^MPTCP download carries 50\.0 Mbit\/s, TCP over the one path that was measured 50\.0 Mbit\/s\.$/,
    ],
    [
      aggregation(40, 50, 50, 1),
      "multipath-penalty",
      "warn",
      /^MPTCP download is slower than TCP over the one path that was measured: /,
    ],
  ];
  for (const [each, code, level, text] of cases) {
    const [verdict, ...rest] = benchVerdicts([single(50), multi(94)], [each]);
    assert.deepEqual([verdict?.code, verdict?.level, verdict?.certainty, rest], [code, level, "proved", []]);
    assert.match(verdict!.text, text);
    assert.match(verdict!.evidence.join(" "), /efficiency -?\d\.\d\d, benefit -?\d\.\d\d/);
  }
});

Deno.test("benchVerdicts() without a comparison says what was measured", () => {
  const verdicts = benchVerdicts([single(50), single(20, { direction: "upload" })], []);
  assert.deepEqual(verdicts.map(({ code, level, text }) => [code, level, text]), [
    ["measured", "info", "TCP download: 50.0 Mbit/s."],
    ["measured", "info", "TCP upload: 20.0 Mbit/s."],
  ]);
});

Deno.test("benchVerdicts() tells a fallback, a failure, missing MPTCP and a run cut short apart", () => {
  const last = (each: ReturnType<typeof run>): readonly unknown[] => {
    const { code, level, text } = benchVerdicts([each], []).at(-1)!;
    return [code, level, text];
  };
  assert.deepEqual(last(multi(50, { transport_in_force: "tcp" })), [
    "mptcp-fell-back",
    "fail",
    "The download asked for MPTCP and was plain TCP: the connection fell back.",
  ]);
  const path = { local: "192.0.2.1", remote: "198.51.100.1:443" };
  assert.deepEqual(last(failed("ERR_REFUSED", { path })), [
    "run-failed",
    "fail",
    "The download over tcp from 192.0.2.1 failed: Cannot measure: why.",
  ]);
  assert.deepEqual(last(failed("ERR_MPTCP_DISABLED", { transport: "mptcp" })), [
    "mptcp-unknown",
    "unknown",
    "What MPTCP is worth for the download is unknown: Cannot measure: why.",
  ]);
  assert.deepEqual(last(failed("ERR_ABORTED", { goodput_bps: 7_000_000, bytes: 1 })), [
    "run-cut-short",
    "unknown",
    "The download over tcp was cut short; until then it ran at 7.00 Mbit/s.",
  ]);
});

Deno.test("isMissingHere() is for MPTCP that this host does not have, not for what the network did", () => {
  const here = [
    "ERR_NOT_LINUX",
    "ERR_FFI_PERMISSION",
    "ERR_FFI_UNAVAILABLE",
    "ERR_MPTCP_DISABLED",
    "ERR_MPTCP_UNSUPPORTED",
  ];
  for (const code of here) assert.equal(isMissingHere(failed(code)), true, code);
  for (const code of ["ERR_REFUSED", "ERR_RESET", "ERR_ABORTED"]) {
    assert.equal(isMissingHere(failed(code)), false);
  }
  assert.equal(isMissingHere(run()), false);
});

Deno.test("benchWarnings() has a sentence for each weakness, and none for a good run", () => {
  const good = [single(50), single(50), multi(94)];
  assert.deepEqual(benchWarnings(good, [aggregation(94, 50, 100)], server()), []);
  const short = multi(94, { intervals: [] });
  const deaf = single(20, { direction: "upload", longest_stall_ms: null });
  const { check } = server();
  const other = server({ check: { ...check, server: { ...check.server, name: "other", version: "1" } } });
  assert.deepEqual(
    benchWarnings([single(50), short, deaf, failed("ERR_RESET")], [aggregation(30, 50, 60)], other),
    [
      "MPTCP download is slower than the best single path: 30.0 Mbit/s against 50.0 Mbit/s.",
      "1 of 4 runs have fewer than 4 intervals: measure longer.",
      "The server did not report on an upload: its figures are the sender's.",
      "The server is not mpt serve.",
    ],
  );
});
