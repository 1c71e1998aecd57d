import assert from "node:assert/strict";
import {
  CATALOGUE,
  diagnose,
  type DiagnosisCode,
  type Evidence,
} from "../../../../lib/mptcp/diagnosis/mod.ts";
import { bothEnds, counters, oneEnd } from "./recorded.ts";
import type { Expected, Row } from "./row.ts";
import { ROWS } from "./rows.ts";

function found(evidence: Evidence): readonly (readonly [string, string])[] {
  return diagnose(evidence).map(({ code, certainty }) => [code, certainty]);
}

function tests(which: "both" | "one", evidenceOf: (parts: Row["parts"]) => Evidence): void {
  for (const row of ROWS) {
    const expected: Expected | null = row[which];
    if (expected === null) continue;
    Deno.test(`diagnose(), ${which === "both" ? "both ends" : "one end"}: ${row.name}`, () => {
      assert.deepEqual(found(evidenceOf(row.parts)), expected);
    });
  }
}

tests("both", bothEnds);
tests("one", oneEnd);

Deno.test("every code of the catalogue that a probe can find is found in a recorded case", () => {
  const named = new Set<string>(
    ROWS.flatMap(({ both, one }) => [...both, ...one ?? []]).map(([code]) => code),
  );
  // Plain TCP's own verdicts are the probe's, the penalty is the benchmark's.
  const elsewhere: readonly DiagnosisCode[] = ["tcp-fails", "tcp-unknown", "tcp-works", "multipath-penalty"];
  const missing = Object.keys(CATALOGUE).filter((code) =>
    !named.has(code) && !elsewhere.some((each) => each === code)
  );
  assert.deepEqual(missing, []);
});

Deno.test("what other connections may have counted is not proof", () => {
  for (const shared of ["yes", "unknown"] as const) {
    const evidence = bothEnds({
      mptcp: { afterConnect: "no", afterData: "no", atEnd: "no" },
      client: { counters: counters("MPCapableSYNTX 1 MPCapableFallbackSYNACK 1") },
      server: { inForce: "tcp", counters: counters("MPCapableSYNRX 1 MPCapableFallbackACK 1", shared) },
    });
    assert.deepEqual(found(evidence), [["option-stripped-synack", "likely"]]);
    assert.match(diagnose(evidence)[0]!.evidence.join("\n"), /MPCapableSYNRX \+1 \(other connections/);
  }
});

Deno.test("the ambiguity names the way out", () => {
  const [first, ...others] = diagnose(oneEnd(ROWS.find(({ name }) => name.includes("blanked"))!.parts));
  assert.equal(first!.code, "fallback-cause-ambiguous");
  assert.equal(first!.level, "unknown");
  assert.match(
    first!.fix!,
    /^run `mpt serve` on that machine and probe its port: mpt probe 10\.78\.1\.2:4433$/,
  );
  assert(others.every(({ level, text }) => level === "unknown" && text.startsWith("Possible: ")));
});

Deno.test("a join verdict names its way, and an endpoint its own command", () => {
  const row = (name: string) => diagnose(bothEnds(ROWS.find((each) => each.name === name)!.parts)).at(-1)!;
  assert.equal(
    row("the second path is dead").text,
    "A further path from 10.77.2.1 to 10.78.1.2:4433 is dead: nothing comes back from it.",
  );
  assert.match(row("the endpoint's address is not here").fix!, /ip address add 10\.77\.2\.1 dev path2$/);
});

Deno.test("the probe's own black hole says how long it lasts and how to clear it", () => {
  const verdicts = diagnose(
    oneEnd(ROWS.find(({ name }) => name === "SYNs with the option are dropped")!.parts),
  );
  const hole = verdicts.find(({ code }) => code === "blackhole-active")!;
  assert.match(hole.evidence.join("\n"), /lasts 3600 s .* twice as long/);
  assert.equal(hole.fix, "sysctl -w net.mptcp.blackhole_timeout=3600");
});
