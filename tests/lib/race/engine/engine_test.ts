import assert from "node:assert/strict";
import { Ip } from "../../../../lib/base/ip.ts";
import { MptError } from "../../../../lib/base/errors.ts";
import { RaceEngine } from "../../../../lib/race/engine/engine.ts";
import type { RaceOptions } from "../../../../lib/race/engine/options.ts";
import { addresses, byType, DUAL_STACK, type Fate, IPV4_ONLY, negative, run, services } from "./world.ts";

const list = (...texts: readonly string[]) =>
  ({ kind: "addresses", addresses: texts.map((text) => Ip.parse(text)) }) as const;
const [A, B, C] = ["2001:db8::a", "2001:db8::b", "192.0.2.3"] as const;
const CONNECTS: Fate = { kind: "connects", afterMs: 20 };

Deno.test("MPTCP that disappears in a black hole loses to TCP one attempt delay later", () => {
  const race = run({
    options: { target: list(A, C), transports: ["mptcp", "tcp"] },
    fate: ({ transport }) => transport === "tcp" ? CONNECTS : { kind: "connects", afterMs: 3079 },
  });
  assert.deepEqual([race.engine.winner, race.endMs], [2, 270]);
  assert.equal(race.engine.attempts[1]?.candidate.connectTo.toString(), A);
});

Deno.test("transports are raced for each address, or all addresses with the first of them", () => {
  const order = (transportOrder: "address" | "transport"): readonly string[] =>
    run({ options: { target: list(A, C), transports: ["mptcp", "tcp"], transportOrder, deadlineMs: 2000 } })
      .engine.attempts.map(
        ({ candidate }) => `${candidate.transport}${candidate.connectTo.family}`,
      );
  assert.deepEqual(order("address"), ["mptcp6", "tcp6", "mptcp4", "tcp4"]);
  assert.deepEqual(order("transport"), ["mptcp6", "mptcp4", "tcp6", "tcp4"]);
});

Deno.test("another interface begins later and then takes turns", () => {
  const race = run({
    options: {
      target: list(A, B),
      interfaces: [{ name: "eth0", delayMs: 0 }, { name: "wwan0", delayMs: 600 }],
      deadlineMs: 3000,
    },
  });
  assert.deepEqual(race.engine.attempts.map(({ startMs, candidate }) => [startMs, candidate.interface]), [
    [0, "eth0"],
    [250, "eth0"],
    [600, "wwan0"],
    [850, "wwan0"],
  ]);
});

Deno.test("no more attempts run at once than the budget allows", () => {
  const race = run({
    options: { target: list(A, B, C), maxParallel: 1, attemptTimeoutMs: 1000, deadlineMs: 10_000 },
  });
  assert.deepEqual(race.starts.map(({ atMs }) => atMs), [0, 1000, 2000]);
  assert.deepEqual(race.engine.attempts.map(({ failure }) => failure), [
    "timed-out",
    "timed-out",
    "timed-out",
  ]);
  assert.deepEqual([race.engine.end, race.endMs], ["all-failed", 3000]);
});

Deno.test("an exhaustive race tries everything and keeps its first winner", () => {
  const race = run({
    options: { target: list(A, B, C), exhaustive: true, attemptTimeoutMs: 2000, deadlineMs: 10_000 },
    fate: ({ connectTo }) => connectTo.toString() === B ? { kind: "never" } : CONNECTS,
  });
  assert.deepEqual(race.engine.attempts.map(({ state }) => state), ["connected", "connected", "cancelled"]);
  assert.deepEqual([race.engine.winner, race.engine.end], [1, "won"]);
  assert.equal(race.log.filter(({ kind }) => kind === "won").length, 1);
});

Deno.test("the race ends at its deadline with everything cancelled", () => {
  const race = run({ options: { target: list(A), deadlineMs: 700 } });
  assert.deepEqual([race.engine.end, race.endMs, race.engine.attempts[0]?.failure], [
    "deadline",
    700,
    "deadline",
  ]);
  const silent = run({ options: { deadlineMs: 700 } });
  assert.deepEqual([silent.engine.end, silent.endMs], ["deadline", 700]);
});

Deno.test("an abort ends the race at once", () => {
  const race = run({ options: { target: list(A) }, events: [{ atMs: 100, input: { kind: "abort" } }] });
  assert.deepEqual([race.engine.end, race.endMs, race.engine.attempts[0]?.failure], [
    "aborted",
    100,
    "aborted",
  ]);
});

Deno.test("a network that changes is asked for what it can newly reach", () => {
  const race = run({
    network: IPV4_ONLY,
    options: { deadlineMs: 3000 },
    dns: byType({ A: addresses(0, C), AAAA: addresses(10, A) }),
    events: [{ atMs: 100, input: { kind: "network", network: DUAL_STACK } }],
  });
  assert.deepEqual(race.starts.map(({ atMs, to }) => [atMs, to]), [[0, C], [250, A]]);
});

Deno.test("10,000 addresses in an answer are as many attempts as there may be", () => {
  const many = Array.from({ length: 10_000 }, (_, index) => `2001:db8::${(index + 1).toString(16)}`);
  const race = run({
    options: { deadlineMs: 100_000 },
    dns: byType({ AAAA: addresses(0, ...many), A: negative(0) }),
    fate: () => ({ kind: "fails", afterMs: 1 }),
  });
  assert.deepEqual([race.starts.length, race.engine.end, race.endMs], [256, "all-failed", 256]);
});

Deno.test("10,000 services in an answer are as many names as there may be", () => {
  const many = Array.from(
    { length: 10_000 },
    (_, index) => ({ priority: 1 + (index % 100), target: `s${index}.example` }),
  );
  const race = run({
    options: { serviceQuery: { type: "HTTPS" }, deadlineMs: 1000 },
    dns: (name, type) =>
      type === "HTTPS" ? services(0, ...many) : name === "example.com" ? addresses(0, A) : negative(0),
  });
  assert.equal(race.log.filter(({ kind }) => kind === "query").length, 3 + 2 * 32);
});

Deno.test("RaceEngine.handle() refuses ids that were never given out and ignores those that are over", () => {
  const engine = new RaceEngine({ target: list(A), port: 1 }, DUAL_STACK);
  const refuses = (action: () => void): void => {
    assert.throws(action, (error) => error instanceof MptError && error.code === "ERR_INVALID_VALUE");
  };
  refuses(() => engine.handle({ kind: "connected", attemptId: 1 }, 0));
  refuses(() => engine.handle({ kind: "answer", queryId: 1, outcome: { kind: "negative" } }, 0));
  refuses(() => engine.handle({ kind: "abort" }, NaN));
  engine.poll(0);
  engine.handle({ kind: "failed", attemptId: 1, reason: "refused" }, 5);
  engine.handle({ kind: "connected", attemptId: 1 }, 6);
  engine.poll(6);
  assert.deepEqual([engine.end, engine.winner, engine.attempts[0]?.state], ["all-failed", null, "failed"]);
});

Deno.test("RaceEngine: a clock that goes back stands still", () => {
  const engine = new RaceEngine({ target: list(A, B), port: 1 }, DUAL_STACK);
  assert.equal(engine.poll(1000).length, 1);
  assert.deepEqual(engine.poll(0), []);
  assert.equal(engine.wakeAtMs, 1250);
  assert.equal(engine.poll(1250).length, 1);
});

Deno.test("RaceEngine refuses options that cannot be", () => {
  const bad: readonly Partial<RaceOptions>[] = [
    { port: 0 },
    { port: 65536 },
    { transports: [] },
    { preferredFamilyCount: 0 },
    { preferredFamilyCount: 1.5 },
    { maxParallel: 0 },
    { deadlineMs: 0 },
    { resolutionDelayMs: -1 },
    { attemptDelayFactor: 0.5 },
    { attemptDelayMs: NaN },
    { interfaces: [{ name: "eth0", delayMs: -1 }] },
  ];
  for (const options of bad) {
    assert.throws(
      () => new RaceEngine({ target: list(A), port: 443, ...options }, DUAL_STACK),
      /^MptError: Cannot race: /,
      JSON.stringify(options),
    );
  }
});
