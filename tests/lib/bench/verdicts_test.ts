import assert from "node:assert/strict";
import { benchVerdicts, benchWarnings, isMissingHere } from "../../../lib/bench/verdicts.ts";
import type { Penalty } from "../../../lib/bench/result.ts";
import { aggregation, CHECK, failed, multi, run, server, single } from "./fixtures.ts";

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

Deno.test("benchVerdicts() names the path behind a penalty as surely as it is known, and what mends it", () => {
  const tried = {
    before_bps: 20_000_000,
    after_bps: 47_000_000,
    helped: true,
    restored: true,
    run: multi(47),
  };
  const cure = {
    host: "this",
    endpoint_id: 4,
    address: "192.0.2.2",
    command: "ip mptcp endpoint change id 4 backup",
    undo: "ip mptcp endpoint change id 4 nobackup",
  } as const;
  const found: Penalty = {
    direction: "download",
    path: { id: 1, local: "192.0.2.2:50001", remote: "198.51.100.1:443", interface: "eth1" },
    certainty: "likely",
    evidence: ["each path"],
    cure,
    tried: null,
    not_tried: null,
  };
  const path = "the path from 192.0.2.2 to 198.51.100.1:443 (eth1)";
  const cases: readonly (readonly [Penalty, string, string | null])[] = [
    [found, `What holds it back is most likely ${path}.`, cure.command],
    [{ ...found, certainty: "possible" }, `What holds it back may be ${path}.`, cure.command],
    [
      { ...found, cure: { ...cure, host: "server" } },
      `What holds it back is most likely ${path}.`,
      `on the server: ${cure.command}`,
    ],
    [{ ...found, cure: null }, `What holds it back is most likely ${path}.`, null],
    [
      { ...found, certainty: "proved", tried },
      `It is ${path} that holds it back: with that as a backup it carries 47.0 Mbit/s.`,
      cure.command,
    ],
    [
      { ...found, certainty: "possible", tried: { ...tried, after_bps: 19_000_000, helped: false } },
      `With ${path} as a backup it carries 19.0 Mbit/s: that is no cure.`,
      null,
    ],
  ];
  for (const [penalty, sentence, fix] of cases) {
    const [verdict] = benchVerdicts([], [aggregation(20, 48, 50)], [penalty]);
    const slower = "MPTCP download is slower than the best single path: 20.0 Mbit/s against 48.0 Mbit/s.";
    assert.deepEqual(
      [verdict?.code, verdict?.certainty, verdict?.text, verdict?.fix],
      ["multipath-penalty", penalty.certainty, `${slower} ${sentence}`, fix],
    );
    assert(verdict!.evidence.includes("each path"));
  }
  const unknown: Penalty = { ...found, path: null, certainty: "possible", evidence: [], cure: null };
  const [verdict] = benchVerdicts([], [aggregation(20, 48, 50)], [unknown]);
  assert.deepEqual([verdict?.certainty, verdict?.fix], ["proved", null]);
});

Deno.test("benchWarnings() says why a fix was not tried, and what is left of one that was", () => {
  const penalty: Penalty = {
    direction: "download",
    path: null,
    certainty: "possible",
    evidence: [],
    cure: { host: "this", endpoint_id: 4, address: "192.0.2.2", command: "do it", undo: "undo it" },
    tried: null,
    not_tried: "because",
  };
  const tried = { before_bps: 1, after_bps: 2, helped: true, restored: false, run: multi(2) };
  assert.deepEqual(
    benchWarnings([], [], server(), [penalty, { ...penalty, not_tried: null, tried }]),
    [
      "The fix for the download was not tried: because.",
      "The endpoint could not be restored and is still a backup: undo it.",
    ],
  );
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
  const error = { code: "ERR_TLS", message: "Cannot connect", fix: "--pin HASH" };
  assert.equal(benchVerdicts([failed("ERR_TLS", { error })], []).at(-1)?.fix, "--pin HASH");
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
  const other = server({ check: { ...CHECK, server: { ...CHECK.server, name: "other", version: "1" } } });
  assert.deepEqual(
    benchWarnings([single(50), short, deaf, failed("ERR_RESET")], [aggregation(30, 50, 60)], other),
    [
      "MPTCP download is slower than the best single path: 30.0 Mbit/s against 50.0 Mbit/s.",
      "1 of 4 runs has fewer than 4 intervals: measure longer.",
      "The server did not report on an upload: its figures are the sender's.",
      "The server is not mpt serve.",
    ],
  );
});
