import assert from "node:assert/strict";
import {
  type ByteEvidence,
  diagnose,
  type DiagnosisCode,
  type Evidence,
  INDISTINGUISHABLE,
} from "../../../../lib/mptcp/diagnosis/mod.ts";
import { bothEnds, oneEnd } from "./recorded.ts";
import type { Row } from "./row.ts";
import { ROWS } from "./rows.ts";

/** Verdicts that name no cause, or one that is there whatever the other causes are. */
const NO_CAUSE: ReadonlySet<string> = new Set([
  ...["mptcp-works", "nat", "blackhole-active", "fallback-cause-ambiguous", "join-cause-ambiguous"],
]);

/** What both ends know to be the cause. */
function causes(row: Row): readonly DiagnosisCode[] {
  return diagnose(bothEnds(row.parts))
    .filter(({ code, certainty }) => certainty !== "possible" && !NO_CAUSE.has(code))
    .map(({ code }) => code as DiagnosisCode);
}

/** Evidence without what is another number each time: ports, times, amounts, and how often beyond once. */
function shapeOf(evidence: Evidence): string {
  return JSON.stringify(evidence, (key, value) => {
    if (key === "bytes" && value !== "unknown") {
      const { subflowsAcked, connectionAcked, subflowsReceived, connectionReceived }: ByteEvidence = value;
      return `${subflowsAcked - connectionAcked > 2} ${subflowsReceived - connectionReceived > 2}`;
    }
    if (key === "ms" || key === "rtt") return null;
    // Only that a way is long for the wait is the same each time.
    if (key === "rttMs") return typeof value === "number" && value > 500;
    if (typeof value === "string") return value.replace(/:\d+$/, "");
    return typeof value === "number" && key !== "heldMs" ? Math.sign(value) : value;
  });
}

/** The recorded cases that are one case to one end. */
function alike(): readonly (readonly Row[])[] {
  return [...Map.groupBy(ROWS, ({ parts }) => shapeOf(oneEnd(parts))).values()];
}

Deno.test("causes whose evidence at one end is equal are all listed there, and none is claimed", () => {
  for (const rows of alike()) {
    const all = new Set(rows.flatMap(causes));
    for (const { name, parts } of rows) {
      const verdicts = diagnose(oneEnd(parts));
      const said = JSON.stringify(verdicts);
      for (const cause of all) {
        // What one end does not miss is named beside what it does miss.
        assert(said.includes(`"${cause}"`) || said.includes(`(${cause})`), `${name}: ${cause} is not listed`);
      }
      const claimed = verdicts.filter(({ code, certainty }) =>
        certainty !== "possible" && all.has(code as DiagnosisCode)
      );
      // That there is no further address here is so, whatever happened to one of the server's.
      const elsewhere = claimed.filter(({ code }) => code !== "no-extra-address");
      assert(all.size < 2 || elsewhere.length === 0, `${name}: ${claimed.map(({ code }) => code)}`);
    }
  }
});

Deno.test("the recorded cases show everything that is said to look the same from one end", () => {
  const shown = alike().map((rows) => new Set(rows.flatMap(causes)))
    .filter((found) => found.size > 1).map((found) => [...found].toSorted().join(" "));
  const said = INDISTINGUISHABLE.map(({ codes }) => codes.toSorted().join(" "));
  assert.deepEqual([...new Set(shown)].toSorted(), said.toSorted());
});
