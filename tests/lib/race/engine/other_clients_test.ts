import assert from "node:assert/strict";
import fc from "fast-check";
import { RaceEngine } from "../../../../lib/race/engine/engine.ts";
import { addresses, byType, DUAL_STACK, type Fate, negative, type Reply, type Run, run } from "./world.ts";

const [A, B, C, D] = ["2001:db8::a", "2001:db8::b", "192.0.2.3", "192.0.2.4"] as const;
const BOTH = byType({ AAAA: addresses(10, A, B), A: addresses(10, C, D) });

const startsOf = ({ starts }: Run): readonly (readonly [number, string])[] =>
  starts.map(({ atMs, to }) => [atMs, to]);

Deno.test("waitForAllAnswers: nothing starts before both families are known, however long that takes", () => {
  const options = { version: "hev2", waitForAllAnswers: true } as const;
  for (
    const dns of [{ AAAA: addresses(10, A), A: addresses(1500, C) }, {
      AAAA: negative(1500),
      A: addresses(10, C),
    }]
  ) {
    assert.equal(run({ options, dns: byType(dns) }).starts[0]?.atMs, 1500);
  }
});

Deno.test("keepEarlier: false gives an attempt up when the next one starts, and keeps the last one", () => {
  const { engine, log } = run({
    options: { keepEarlier: false, deadlineMs: 3000 },
    dns: BOTH,
  });
  assert.deepEqual(engine.attempts.map(({ endMs }) => endMs), [260, 510, 760, 3000]);
  assert.deepEqual(
    log.flatMap((each) => each.kind === "cancel" ? [each.reason] : []),
    ["overtaken", "overtaken", "overtaken", "deadline"],
  );
});

Deno.test("lists: by-family tries one address of each family, the second family after the attempt delay", () => {
  const race = run({ options: { lists: "by-family", attemptDelayMs: 300, deadlineMs: 3000 }, dns: BOTH });
  assert.deepEqual(startsOf(race), [[10, A], [310, C]]);
});

Deno.test("lists: by-family goes on within a family after a failure, and to the other when one is used up", () => {
  const fate = (name: string): Fate =>
    name === A || name === B ? { kind: "fails", afterMs: 5 } : { kind: "never" };
  const race = run({
    options: { lists: "by-family", deadlineMs: 3000 },
    dns: BOTH,
    fate: ({ connectTo }) => fate(connectTo.toString()),
  });
  assert.deepEqual(startsOf(race), [[10, A], [15, B], [20, C]]);
  assert.deepEqual(race.starts.map(({ reason }) => reason), ["first", "failure", "failure"]);
});

Deno.test("lists: by-family goes on in both lists when attempts time out", () => {
  const race = run({
    options: { lists: "by-family", attemptTimeoutMs: 1000, deadlineMs: 5000 },
    dns: BOTH,
  });
  assert.deepEqual(startsOf(race), [[10, A], [260, C], [1010, B], [1260, D]]);
  assert.equal(race.engine.end, "all-failed");
});

Deno.test("lists: by-family does not go with interfaces", () => {
  assert.throws(
    () =>
      new RaceEngine({
        target: { kind: "name", name: "example.com" },
        port: 443,
        lists: "by-family",
        interfaces: [{ name: "eth0", delayMs: 0 }],
      }, DUAL_STACK),
    /interfaces need one list/,
  );
});

Deno.test("property: whatever a client does, it has one winner, ends every attempt and keeps its deadline", () => {
  const fate = fc.oneof(
    fc.record({ kind: fc.constant("connects" as const), afterMs: fc.nat(2000) }),
    fc.record({ kind: fc.constant("fails" as const), afterMs: fc.nat(2000) }),
    fc.constant({ kind: "never" as const }),
  );
  const reply = (list: readonly string[]): fc.Arbitrary<Reply | null> =>
    fc.option(fc.oneof(
      fc.nat(3000).map((afterMs) => addresses(afterMs, ...list)),
      fc.nat(3000).map(negative),
    ));
  const options = fc.record({
    version: fc.constantFrom("hev2" as const, "hev3" as const),
    lists: fc.constantFrom("mixed" as const, "by-family" as const),
    keepEarlier: fc.boolean(),
    waitForAllAnswers: fc.boolean(),
    exhaustive: fc.boolean(),
    attemptTimeoutMs: fc.constantFrom(300, 1000, Infinity),
  });
  fc.assert(
    fc.property(
      options,
      reply([A, B]),
      reply([C, D]),
      fc.array(fate, { minLength: 4, maxLength: 4 }),
      (chosen, aaaa, a, fates) => {
        const { engine, log, endMs } = run({
          options: { ...chosen, deadlineMs: 6000 },
          dns: byType({ AAAA: aaaa, A: a }),
          fate: (_candidate, index) => fates[index] ?? { kind: "never" },
        });
        assert.ok(endMs <= 6000);
        assert.equal(log.filter(({ kind }) => kind === "won").length, engine.winner === null ? 0 : 1);
        assert.ok(engine.attempts.every(({ endMs }) => endMs !== null && endMs <= 6000));
        if (chosen.waitForAllAnswers && engine.attempts.length > 0) {
          const last = Math.max(aaaa?.afterMs ?? Infinity, a?.afterMs ?? Infinity);
          assert.ok((engine.attempts[0]?.startMs ?? 0) >= last, "it started before all answers were there");
        }
        for (const [index, attempt] of engine.attempts.entries()) {
          const before = engine.attempts.slice(0, index).filter((each) =>
            (each.endMs ?? 0) > attempt.startMs &&
            (chosen.lists === "mixed" || each.candidate.ip.family === attempt.candidate.ip.family)
          );
          const alone = !chosen.keepEarlier || chosen.lists === "by-family";
          if (alone) assert.deepEqual(before, [], "two attempts of one list at once");
        }
      },
    ),
    { numRuns: 500 },
  );
});
