import assert from "node:assert/strict";
import fc from "fast-check";
import type { Measurement } from "../../../lib/protocol/meter.ts";
import { parsePerfReport, type PerfReport } from "../../../lib/protocol/perf_report.ts";
import { paths, readsOrRefuses, spoiled } from "./arbitraries.ts";

const numbers = fc.nat({ max: 1e9 });

const measurements: fc.Arbitrary<Measurement> = fc.record({
  bytes: fc.maxSafeNat(),
  duration_ms: numbers,
  longest_stall_ms: numbers,
  longest_stall_at_ms: fc.option(numbers, { nil: null }),
  intervals: fc.array(
    fc.record({
      at_ms: numbers,
      bytes: numbers,
      paths: fc.array(fc.record({ id: fc.nat(9), bytes: numbers }, { noNullPrototype: true }), {
        maxLength: 3,
      }),
    }, { noNullPrototype: true }),
    { maxLength: 4 },
  ),
  rtt_samples_ms: fc.array(numbers, { maxLength: 4 }),
}, { noNullPrototype: true });

const reports: fc.Arbitrary<PerfReport> = fc.record({
  schema: fc.constant("mpt.perf/1" as const),
  end: fc.constantFrom("running", "done", "duration", "limit", "idle", "reset", "error"),
  received: fc.option(measurements, { nil: null }),
  sent: fc.option(measurements, { nil: null }),
  paths: fc.array(paths, { maxLength: 3 }),
}, { noNullPrototype: true });

const EXAMPLE: PerfReport = { schema: "mpt.perf/1", end: "done", received: null, sent: null, paths: [] };

Deno.test("parsePerfReport() reads every report through JSON text", () => {
  fc.assert(fc.property(reports, (report) => {
    assert.deepEqual(parsePerfReport(JSON.stringify(report)), report);
  }));
});

Deno.test("parsePerfReport() takes an end that it does not know as an error", () => {
  assert.equal(parsePerfReport(JSON.stringify({ ...EXAMPLE, end: "struck by lightning" })).end, "error");
});

Deno.test("parsePerfReport() refuses what is no report: ERR_PROTOCOL", () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ schema: "mpt.check/1" }, /^Cannot read the perf report: it is not mpt\.perf\/1$/],
    [{ schema: undefined }, /"schema" is not a short text/],
    [{ end: 1 }, /"end" is not a short text/],
    [{ paths: null }, /"paths" is not a list/],
    [{ sent: [] }, /^Cannot read the perf report, sent: it is not a JSON object$/],
    [{ received: { bytes: -1 } }, /"bytes" is not a number/],
  ];
  for (const [part, message] of wrong) {
    const text = JSON.stringify({ ...EXAMPLE, ...part });
    assert.throws(() => parsePerfReport(text), { code: "ERR_PROTOCOL", message }, text);
  }
});

Deno.test("parsePerfReport() reads or refuses whatever was changed in a report, and any cut", () => {
  fc.assert(
    fc.property(spoiled(reports), (text) => readsOrRefuses(() => parsePerfReport(text))),
    { numRuns: 300 },
  );
  fc.assert(fc.property(reports, fc.nat(), (report, cut) => {
    const text = JSON.stringify(report);
    readsOrRefuses(() => parsePerfReport(text.slice(0, cut % text.length)));
  }));
});
