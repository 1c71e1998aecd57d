import assert from "node:assert/strict";
import fc from "fast-check";
import { diagnose } from "../../../lib/mptcp/diagnosis/mod.ts";
import { serverEvidence } from "../../../lib/probe/server_evidence.ts";
import { bothEnds } from "../mptcp/diagnosis/recorded.ts";
import { ROWS } from "../mptcp/diagnosis/rows.ts";
import { answers } from "../protocol/check_arbitraries.ts";

const maybe = fc.option(answers, { nil: null });

/** What this host sees for itself; no server can talk it out of that. */
const OWN: ReadonlySet<string> = new Set([
  ...["mptcp-works", "mptcp-fails", "mptcp-disabled", "kernel-without-mptcp", "forbidden"],
]);

Deno.test("whatever a server claims, there is a verdict, and what this host saw itself stands", () => {
  fc.assert(
    fc.property(maybe, maybe, maybe, fc.constantFrom(...ROWS), (before, after, own, { parts }) => {
      const truth = bothEnds(parts);
      const server = serverEvidence({ before, after, own, name: null, answered: true });
      const verdicts = diagnose({ ...truth, server });
      assert(verdicts.length > 0);
      const ours = (codes: readonly { readonly code: string }[]): readonly string[] =>
        codes.map(({ code }) => code).filter((code) => OWN.has(code));
      assert.deepEqual(ours(verdicts), ours(diagnose(truth)));
      for (const { text, evidence } of verdicts) {
        // Nothing of a stranger's reaches a terminal but printable words, and not without end.
        for (const line of [text, ...evidence]) assert.match(line, /^[ -~]{1,400}$/);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("a server that calls a connection MPTCP that fell back is not believed", () => {
  fc.assert(
    fc.property(answers, ({ counters }) => {
      const row = ROWS.find(({ name }) => name.includes("blanked"))!;
      const evidence = bothEnds(row.parts);
      const liar = {
        ...evidence.server,
        inForce: "mptcp",
        counters: { moved: counters, shared: "no" },
      } as const;
      const verdicts = diagnose({ ...evidence, server: liar });
      assert(verdicts.every(({ code }) => code !== "mptcp-works"));
    }),
  );
});
