import assert from "node:assert/strict";
import { envelope } from "../../../lib/base/result.ts";
import { findings } from "../../../lib/race/infer/findings.ts";
import type { InferResult, ScenarioRun } from "../../../lib/race/infer/result.ts";
import { inferVerdicts } from "../../../lib/race/infer/verdicts.ts";
import { inferStatus, renderInfer } from "../../../cli/render/race_infer.ts";
import { PLAIN } from "../../../cli/render/paint.ts";

const RUN: ScenarioRun = {
  scenario: "fallback",
  text: "IPv6 is silent and IPv4 works",
  round: 1,
  queries: [
    { name: "test.example", type: "A", at_ms: 0, answered_ms: 0.5 },
    { name: "test.example", type: "AAAA", at_ms: 0.1, answered_ms: 0.6 },
  ],
  attempts: [
    {
      transport: "tcp",
      address: "2001:db8:b::1",
      family: 6,
      port: 80,
      at_ms: 1.5,
      retransmissions: 0,
      answered_ms: null,
      outcome: "silent",
    },
    {
      transport: "tcp",
      address: "192.0.2.1",
      family: 4,
      port: 80,
      at_ms: 201.5,
      retransmissions: 0,
      answered_ms: 202,
      outcome: "accepted",
    },
  ],
  exit_code: 0,
  stderr: "",
  duration_ms: 230,
};

function resultOf(runs: readonly ScenarioRun[], warnings: readonly string[] = []): InferResult {
  const found = findings(runs);
  return {
    ...envelope({
      schema: "mpt.race-infer/1",
      host: { os: "linux", kernel: "6.18.44", deno: "2.9.6", cpus: 2 },
      startedAtMs: 0,
      durationMs: 230,
      warnings,
      verdicts: inferVerdicts(found, 1),
    }),
    command: ["curl", "-s", "http://test.example/"],
    findings: found,
    runs,
  };
}

Deno.test("renderInfer() says what a program does, then what was seen", () => {
  assert.equal(
    renderInfer(resultOf([RUN]), PLAIN, false),
    `curl -s http://test.example/

✓ The next attempt starts after 200 ms.
? Whether it waits for AAAA was not seen.
! IPv6 first, and no further attempt.
? What follows a refusal was not seen.
· It does not ask for HTTPS records.

SCENARIO                       QUERIES               ATTEMPTS
IPv6 is silent and IPv4 works  A 0 ms, AAAA 0.10 ms  IPv6 1.50 ms, IPv4 202 ms`,
  );
});

Deno.test("renderInfer() shows every round when asked to, and warnings", () => {
  const text = renderInfer(
    resultOf([RUN, { ...RUN, round: 2 }], ["the client made no attempt"]),
    PLAIN,
    true,
  );
  assert.equal(text.match(/IPv6 is silent and IPv4 works/g)?.length, 2);
  assert.match(text, /warning: the client made no attempt$/);
});

Deno.test("inferStatus() names the program and what it is put into", () => {
  assert.deepEqual(inferStatus(RUN, ["curl"]), ["watching curl: IPv6 is silent and IPv4 works (2 attempts)"]);
});
