// Measures: when attempts start, within 2 ms in the median.
import assert from "node:assert/strict";
import { median } from "../../lib/base/statistics.ts";
import { inferClient } from "../../lib/race/infer/infer.ts";
import type { InferResult } from "../../lib/race/infer/result.ts";
import { mptArgv } from "../support/command.ts";
import { PROMPTLY } from "../support/promptly.ts";
import { requires } from "../support/requires.ts";

/** RFC 8305 8 and draft-ietf-happy-happyeyeballs-v3 9. */
const ATTEMPT_DELAY_MS = 250;
const RESOLUTION_DELAY_MS = 50;

/** How far the starts may be from the schedule in the median, by the clock of the kernel. */
const MEDIAN_MS = 2;

/** How far a single wait may be: it begins and ends in a process that has to be woken up. */
const SINGLE_MS = 15;

/** Long enough for eight attempts, and for the kernel to send the first one again. */
const WATCH_MS = 2600;

/** A machine that is busy with something else is asked again. */
const TRIES = 3;

/** The difference of every start on the wire to when the schedule has it, in the median. */
function deviation({ findings, runs }: InferResult, delayMs: number): number {
  const fallback = runs.filter(({ scenario }) => scenario === "fallback").flatMap(({ attempts }) => {
    const [first, second] = attempts;
    return first === undefined || second === undefined ? [] : [second.at_ms - first.at_ms];
  });
  const gaps = [...fallback, ...findings.attempt_gaps_ms];
  assert.ok(gaps.length >= 8, `only ${gaps.length} attempts were seen`);
  return median(gaps.map((gap) => Math.abs(gap - delayMs))) ?? Infinity;
}

Deno.test({
  name: "mpt race starts attempts when the schedule has it, as seen on the wire, and as exactly as curl",
  ...requires("namespaces", "ffi", "tool:nft", "tool:curl"),
  async fn() {
    const deviations: number[] = [];
    for (let attempt = 1;; attempt++) {
      const mpt = await inferClient([...PROMPTLY, ...mptArgv(["race", "--json", "test.example"])], {
        rounds: 5,
        watchMs: WATCH_MS,
      });
      const curl = await inferClient([...PROMPTLY, "curl", "-s", "http://test.example/"], {
        rounds: 8,
        watchMs: WATCH_MS,
      });
      const { findings } = mpt;
      // Order, families and waits do not depend on how busy the machine is
      assert.deepEqual(findings.query_order, ["HTTPS", "AAAA", "A"]);
      assert.deepEqual(findings.family_order, [6, 4, 6, 4, 6, 4, 6, 4]);
      assert.equal(findings.address_order, "as-answered");
      assert.equal(findings.waits_for_a, false);
      assert.equal(findings.keeps_earlier, true);
      deviations.push(deviation(mpt, ATTEMPT_DELAY_MS));
      const waits = [findings.resolution_delay_ms, findings.https_delay_ms].map((wait) =>
        typeof wait === "number" ? Math.abs(wait - RESOLUTION_DELAY_MS) : Infinity
      );
      const beside = curl.findings.attempt_delay_ms?.p50 ?? NaN;
      const close = (deviations.at(-1) ?? Infinity) <= MEDIAN_MS && waits.every((wait) =>
        wait <= SINGLE_MS
      ) &&
        Math.abs(beside - 200) <= SINGLE_MS;
      if (close) return;
      assert.ok(
        attempt < TRIES,
        `median deviations ${deviations} ms, waits off by ${waits} ms, curl ${beside} ms after its first attempt`,
      );
    }
  },
});
