import assert from "node:assert/strict";
import fc from "fast-check";
import { aggregationOf, benefit } from "../../../lib/bench/aggregation.ts";
import { aggregation, failed, multi, single } from "./fixtures.ts";

Deno.test("benefit() is 0 at the best single path, 1 at the sum, -1 at nothing", () => {
  const cases: readonly (readonly [string, number, number, number, number])[] = [
    ["nothing", 0, 50, 100, -1],
    ["half the best", 25, 50, 100, -0.5],
    ["the best", 50, 50, 100, 0],
    ["half the gain", 75, 50, 100, 0.5],
    ["the sum", 100, 50, 100, 1],
    ["more than the sum", 110, 50, 100, 1.2],
    ["unequal paths", 60, 50, 60, 1],
    ["one path, as fast", 50, 50, 50, 0],
    ["one path, faster", 60, 50, 50, 0],
    ["one path, slower", 40, 50, 50, -0.2],
  ];
  for (const [name, multipath, best, sum, expected] of cases) {
    assert.equal(benefit(multipath, best, sum), expected, name);
  }
});

Deno.test("benefit() grows with the goodput, and its sign says whether multipath gains", () => {
  const rates = fc.double({ min: 1, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(rates, rates, rates, fc.double({ min: 0, max: 1e9, noNaN: true }), (g, more, best, rest) => {
      const sum = best + rest;
      const value = benefit(g, best, sum);
      assert(value >= -1);
      assert(benefit(g + more, best, sum) >= value);
      assert.equal(value < 0, g < best);
    }),
  );
});

Deno.test("aggregationOf() compares multipath with every single path of its direction", () => {
  const runs = [
    single(30),
    single(50),
    multi(72),
    single(10, { direction: "upload" }),
    multi(9, { direction: "upload" }),
  ];
  assert.deepEqual(aggregationOf(runs, "download"), aggregation(72, 50, 80));
  assert.deepEqual(aggregationOf(runs, "upload"), { ...aggregation(9, 10, 10, 1), direction: "upload" });
});

Deno.test("aggregationOf() is null where a term is missing: the rest would look too good", () => {
  const nothing: readonly (readonly [string, Parameters<typeof aggregationOf>[0]])[] = [
    ["no run", []],
    ["no multipath", [single(50), single(50)]],
    ["no single path", [multi(90)]],
    ["multipath fell back", [single(50), multi(50, { transport_in_force: "tcp" })]],
    ["multipath failed", [single(50), failed("ERR_RESET", { transport: "mptcp" })]],
    ["a single path failed", [single(50), failed("ERR_REFUSED"), multi(90)]],
    ["a single path broke off", [
      single(50),
      single(20, { error: { code: "ERR_RESET", message: "" } }),
      multi(90),
    ]],
    ["nothing went through", [single(0), single(0), multi(90)]],
    ["the other direction", [single(50, { direction: "upload" }), multi(90, { direction: "upload" })]],
  ];
  for (const [name, runs] of nothing) assert.equal(aggregationOf(runs, "download"), null, name);
});

Deno.test("aggregationOf() counts a path that carried nothing, and multipath that carried nothing", () => {
  assert.deepEqual(aggregationOf([single(50), single(0), multi(50)], "download"), aggregation(50, 50, 50));
  const lost = aggregationOf([single(50), single(50), multi(0)], "download");
  assert.deepEqual([lost?.efficiency, lost?.benefit], [0, -1]);
});

Deno.test("aggregationOf() compares multipath QUIC with QUIC on each path, or with TCP where that is all there is", () => {
  const quic = { transport: "quic", transport_in_force: "quic" } as const;
  const mpquic = { transport: "mpquic", transport_in_force: "mpquic" } as const;
  const runs = [single(30), single(60), single(30, quic), single(50, quic), multi(72, mpquic)];
  assert.deepEqual(aggregationOf(runs, "download", "mpquic"), {
    ...aggregation(72, 50, 80),
    transport: "mpquic",
  });
  const tcpOnly = [single(30), single(50), multi(72, mpquic)];
  assert.equal(aggregationOf(tcpOnly, "download", "mpquic")?.best_single_bps, 50e6);
  assert.equal(aggregationOf(runs, "download"), null);
  const notAgreed = multi(72, { ...mpquic, transport_in_force: "quic" });
  assert.equal(aggregationOf([single(50, quic), notAgreed], "download", "mpquic"), null);
});
