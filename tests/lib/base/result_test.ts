import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { envelope, TOOL, type Verdict } from "../../../lib/base/result.ts";

const HOST = { os: "linux", kernel: null, deno: "2.9.6", cpus: 2 };

Deno.test("TOOL has the version of deno.json", async () => {
  const config: unknown = JSON.parse(await readFile(new URL("../../../deno.json", import.meta.url), "utf8"));
  assert.ok(typeof config === "object" && config !== null && "version" in config);
  assert.equal(TOOL.version, config.version);
});

Deno.test("envelope() fills in what a plain run leaves out", () => {
  const startedAtMs = Date.UTC(2026, 10, 21, 10, 0, 0, 5);
  assert.deepEqual(envelope({ schema: "mpt.probe/1", host: HOST, startedAtMs, durationMs: 812.0004 }), {
    schema: "mpt.probe/1",
    tool: { name: "mpt", version: TOOL.version },
    host: HOST,
    started_at: "2026-11-21T10:00:00.005Z",
    duration_ms: 812,
    options: {},
    warnings: [],
    verdicts: [],
    end: { reason: "done" },
  });
});

Deno.test("envelope() carries everything it is given", () => {
  const verdict: Verdict = {
    code: "mptcp-works",
    level: "ok",
    certainty: "proved",
    text: "MPTCP works.",
    evidence: ["two paths"],
    fix: null,
  };
  const parts = {
    options: { transport: ["tcp", "mptcp"], timeout_ms: null },
    warnings: ["few samples"],
    verdicts: [verdict],
    end: { reason: "error", error: { code: "ERR_RESET", message: "Cannot read: reset" } },
  } as const;
  const result = envelope({
    schema: "mpt.bench/1",
    host: HOST,
    startedAtMs: 0,
    durationMs: 1.2345,
    ...parts,
  });
  assert.deepEqual(
    { options: result.options, warnings: result.warnings, verdicts: result.verdicts, end: result.end },
    parts,
  );
  assert.equal(result.duration_ms, 1.235);
  assert.deepEqual(JSON.parse(JSON.stringify(result)), result);
});
