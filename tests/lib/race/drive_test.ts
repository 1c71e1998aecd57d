import assert from "node:assert/strict";
import fc from "fast-check";
import type { QueryType } from "../../../lib/race/engine/values.ts";
import { RaceHistory } from "../../../lib/race/order/history.ts";
import { Ip } from "../../../lib/base/ip.ts";
import {
  type FakeAnswer,
  type FakeConnection,
  type FakeFate,
  type FakeRun,
  runFake,
} from "./fake_environment.ts";

const V6 = "2001:db8::1";
const V4 = "192.0.2.1";

function both(aaaaMs: number = 10, aMs: number = 10): (name: string, type: QueryType) => FakeAnswer | null {
  return (_name, type) => {
    if (type === "AAAA") return { afterMs: aaaaMs, answer: [V6] };
    return type === "A" ? { afterMs: aMs, answer: [V4] } : { afterMs: 1, answer: "no-data" };
  };
}

/** What holds after every race, whatever happened. */
async function checkLaws(
  { outcome, connections, aborted, lateEvents, forgotten, time }: FakeRun,
): Promise<void> {
  const { attempts, winner, connection, timeline, duration_ms } = outcome;
  assert.equal(attempts.filter(({ outcome }) => outcome === "won").length, winner === null ? 0 : 1);
  assert.equal(connection === null, winner === null);
  if (winner !== null) assert.equal(attempts[winner]?.outcome, "won");
  if (connection !== null && !aborted) assert.equal(connection.end, null, "the winner is not open");
  for (const [index, attempt] of attempts.entries()) {
    assert.equal(attempt.index, index);
    const started = attempt.start_ms !== null;
    assert.equal(started, attempt.outcome !== "not-started");
    assert.equal(started, attempt.end_ms !== null, `attempt ${index} has no end`);
    if (started) {
      assert.ok(attempt.end_ms! >= attempt.start_ms! && attempt.end_ms! <= duration_ms);
      assert.equal(attempt.outcome === "failed", attempt.error !== null);
    }
  }
  assert.ok(timeline.every(({ at_ms }) => at_ms <= duration_ms));
  assert.deepEqual(timeline.at(-1)?.event, "end");
  const last = outcome.toJSON();
  const before = JSON.stringify(last);
  await time.drain();
  assert.equal(JSON.stringify(last), before, "the result changed after the race");
  assert.equal(lateEvents(), 0, "a callback came too late");
  assert.equal(forgotten(), 0, "something goes on that nobody waits for");
  for (const each of connections) {
    if (each !== connection) assert.notEqual(each.end, null, "a connection is left behind");
  }
  await outcome[Symbol.asyncDispose]();
  if (connection !== null) assert.notEqual(connection.end, null);
}

Deno.test("drive() gives the first connection to the caller and ends the others", async () => {
  const run = await runFake({
    dns: both(),
    fate: ({ ip }) => ip.family === 6 ? { kind: "never" } : { kind: "connects", afterMs: 20 },
  });
  assert.equal(run.outcome.end_reason, "won");
  assert.equal(run.outcome.connection?.candidate.ip.toString(), V4);
  assert.deepEqual(
    run.outcome.attempts.map((
      { address, start_ms, end_ms, outcome, cancel_reason, connect_ms },
    ) => [address, start_ms, end_ms, outcome, cancel_reason, connect_ms]),
    [[V6, 10, 280, "cancelled", "lost", null], [V4, 260, 280, "won", null, 20]],
  );
  assert.equal(run.outcome.connect_ms, 280);
  await checkLaws(run);
});

Deno.test("drive() starts the next attempt as soon as one fails, and says why it failed", async () => {
  const run = await runFake({
    dns: both(),
    fate: ({ ip }) => ip.family === 6 ? { kind: "fails", afterMs: 5 } : { kind: "connects", afterMs: 1 },
  });
  const [first, second] = run.outcome.attempts;
  assert.deepEqual([first?.outcome, first?.error?.code], ["failed", "ERR_REFUSED"]);
  assert.deepEqual([second?.start_ms, second?.reason, second?.outcome], [15, "failure", "won"]);
  await checkLaws(run);
});

Deno.test("drive() writes every query, list, timer, attempt and outcome into the timeline", async () => {
  const run = await runFake({
    dns: both(40, 10),
    fate: ({ ip }) => ip.family === 6 ? { kind: "never" } : { kind: "connects", afterMs: 20 },
  });
  assert.deepEqual(run.events.map((each) => `${each.at_ms} ${each.event}`), [
    "0 query",
    "0 query",
    "10 answer",
    "10 candidates",
    "10 timer",
    "40 answer",
    "40 candidates",
    "40 attempt",
    "40 timer",
    "40 timer",
    "290 attempt",
    "290 timer",
    "310 connected",
    "310 won",
    "310 cancelled",
    "310 end",
  ]);
  assert.deepEqual(run.outcome.timeline, run.events);
  const timers = run.events.flatMap((each) => each.event === "timer" ? [[each.timer, each.until_ms]] : []);
  assert.deepEqual(timers, [
    ["resolution-delay", 60],
    ["resolution-delay", null],
    ["next-attempt", 290],
    ["next-attempt", null],
  ]);
  await checkLaws(run);
});

Deno.test("drive() lets every attempt finish when it is to be exhaustive, and keeps the winner only", async () => {
  const run = await runFake({
    options: { exhaustive: true, transports: ["mptcp", "tcp"] },
    dns: both(),
    fate: ({ ip, transport }) => {
      if (ip.family === 6) return { kind: "fails", afterMs: 300 };
      return { kind: "connects", afterMs: transport === "tcp" ? 5 : 600 };
    },
  });
  assert.deepEqual(
    run.outcome.attempts.map(({ family, transport, outcome }) => `${family} ${transport} ${outcome}`)
      .toSorted(),
    ["4 mptcp lost", "4 tcp won", "6 mptcp failed", "6 tcp failed"],
  );
  assert.equal(run.connections.filter(({ end }) => end === null).length, 1);
  await checkLaws(run);
});

Deno.test("drive() resets a connection that comes through after it was given up", async () => {
  const run = await runFake({
    dns: both(),
    fate: ({ ip }) =>
      ip.family === 6 ? { kind: "connects", afterMs: 400, deaf: true } : { kind: "connects", afterMs: 1 },
  });
  assert.equal(run.outcome.connection?.candidate.ip.toString(), V4);
  await checkLaws(run);
  assert.deepEqual(run.connections.map(({ end }) => end), ["closed", "aborted"]);
});

Deno.test("drive() does not wait for an attempt that does not listen", async () => {
  const run = await runFake({
    dns: both(),
    fate: ({ ip }) => ip.family === 6 ? { kind: "never", deaf: true } : { kind: "connects", afterMs: 1 },
  });
  assert.equal(run.outcome.duration_ms, 261);
  assert.ok(run.endedAtMs <= 261 + 250, `it took until ${run.endedAtMs}`);
});

Deno.test("drive() holds its deadline when nobody answers anything", async () => {
  const silent = await runFake({ options: { timeoutMs: 3000 } });
  assert.deepEqual([silent.outcome.end_reason, silent.outcome.duration_ms], ["deadline", 3000]);
  assert.deepEqual(silent.outcome.dns.map(({ status }) => status), ["cancelled", "cancelled"]);
  await checkLaws(silent);
  const black = await runFake({ options: { timeoutMs: 3000 }, dns: both() });
  assert.deepEqual([black.outcome.end_reason, black.outcome.duration_ms], ["deadline", 3000]);
  assert.deepEqual(black.outcome.attempts.map(({ cancel_reason }) => cancel_reason), [
    "deadline",
    "deadline",
  ]);
  await checkLaws(black);
});

Deno.test("drive() gives up an attempt after its time, as a failure with a reason", async () => {
  const run = await runFake({ options: { attemptTimeoutMs: 1000 }, dns: both() });
  assert.equal(run.outcome.end_reason, "all-failed");
  assert.deepEqual(
    run.outcome.attempts.map(({ outcome, error, end_ms }) => [outcome, error?.code, end_ms]),
    [["failed", "ERR_TIMED_OUT", 1010], ["failed", "ERR_TIMED_OUT", 1260]],
  );
  assert.match(run.outcome.attempts[0]!.error!.message, /^Cannot connect to .*: no answer in 1 s$/);
  await checkLaws(run);
});

Deno.test("drive() ends at once when the signal aborts, before and during the race", async () => {
  for (const abortAtMs of [0, 5, 100]) {
    const run = await runFake({ dns: both(), abortAtMs });
    assert.deepEqual([run.outcome.end_reason, run.outcome.duration_ms], ["aborted", abortAtMs]);
    assert.equal(run.outcome.connection, null);
    await checkLaws(run);
  }
});

Deno.test("the caller's signal resets the connection of the winner later", async () => {
  const run = await runFake({
    dns: both(),
    fate: () => ({ kind: "connects", afterMs: 1 }),
    abortAtMs: 500,
  });
  assert.equal(run.outcome.connection?.end, null);
  await run.time.drain();
  assert.equal(run.outcome.connection?.end, "aborted");
});

Deno.test("a query that throws is a failed query, and the race goes on with what is left", async () => {
  const run = await runFake({
    dns: (_name, type) => type === "AAAA" ? { afterMs: 3, answer: "throws" } : { afterMs: 8, answer: [V4] },
    fate: () => ({ kind: "connects", afterMs: 1 }),
  });
  assert.deepEqual(run.outcome.dns.map(({ type, status, reason }) => [type, status, reason]), [
    ["AAAA", "failed", "Cannot ask: no permission"],
    ["A", "positive", null],
  ]);
  assert.deepEqual(run.outcome.attempts.map(({ start_ms, outcome }) => [start_ms, outcome]), [[8, "won"]]);
  await checkLaws(run);
});

Deno.test("NXDOMAIN for one type alone does not stop the other", async () => {
  for (const bad of ["AAAA", "A"] as const) {
    const run = await runFake({
      dns: (_name, type) => ({
        afterMs: 5,
        answer: type === bad ? "no-name" : [type === "A" ? V4 : V6],
      }),
      fate: () => ({ kind: "connects", afterMs: 1 }),
    });
    assert.equal(run.outcome.connection?.candidate.ip.toString(), bad === "A" ? V6 : V4);
    await checkLaws(run);
  }
});

Deno.test("the next name of the search list is tried when one has no address", async () => {
  const run = await runFake({
    target: "host",
    names: ["host.example.org", "host.example.net", "host"],
    dns: (name, type) =>
      name === "host.example.net" && type === "A"
        ? { afterMs: 2, answer: [V4] }
        : { afterMs: 2, answer: "no-name" },
    fate: () => ({ kind: "connects", afterMs: 1 }),
  });
  assert.deepEqual(
    run.outcome.dns.map(({ name, type }) => `${type} ${name}`),
    ["AAAA host.example.org", "A host.example.org", "AAAA host.example.net", "A host.example.net"],
  );
  assert.equal(run.outcome.winner, 0);
  await checkLaws(run);
});

Deno.test("a name without any address ends the race without an attempt", async () => {
  const run = await runFake({ dns: () => ({ afterMs: 4, answer: "no-name" }) });
  assert.deepEqual([run.outcome.end_reason, run.outcome.duration_ms], ["no-addresses", 4]);
  assert.deepEqual(run.outcome.attempts, []);
  await checkLaws(run);
});

Deno.test("an attempt whose local address goes away has failed, and the next one starts", async () => {
  const run = await runFake({
    dns: both(),
    fate: ({ ip }) => ip.family === 6 ? { kind: "never" } : { kind: "connects", afterMs: 10 },
    networks: [{ fromMs: 0 }, { fromMs: 50, ipv6: false, addresses: ["198.51.100.1"] }],
  });
  const [first, second] = run.outcome.attempts;
  assert.deepEqual([first?.outcome, first?.error?.code, first?.end_ms], [
    "failed",
    "ERR_ADDRESS_NOT_LOCAL",
    50,
  ]);
  assert.match(first!.error!.message, /this host lost the address 2001:db8:ffff::1$/);
  assert.deepEqual([second?.start_ms, second?.outcome], [50, "won"]);
  assert.ok(run.events.some((each) => each.event === "network" && !each.ipv6));
  await checkLaws(run);
});

Deno.test("a change of the network that changes nothing is no news", async () => {
  const run = await runFake({
    dns: both(),
    fate: () => ({ kind: "connects", afterMs: 100 }),
    networks: [{ fromMs: 0 }, { fromMs: 50 }],
  });
  assert.ok(!run.events.some(({ event }) => event === "network"));
  await checkLaws(run);
});

Deno.test("a race learns the round trip times, and forgets them with the network", async () => {
  const history = new RaceHistory();
  const fate = (): FakeFate => ({ kind: "connects", afterMs: 30 });
  const run = await runFake({ options: { history }, dns: both(), fate });
  assert.deepEqual(history.of(Ip.parse(V6), null, run.endedAtMs), { rttMs: 30, used: true });
  assert.equal(history.of(Ip.parse(V6), "wlan0", run.endedAtMs), undefined, "shared across interfaces");
  const other = [{ fromMs: 0 }, { fromMs: 5, addresses: ["198.51.100.2", "2001:db8:ffff::1"] }];
  const late = await runFake({
    options: { history },
    dns: both(),
    fate: () => ({ kind: "fails", afterMs: 1 }),
    networks: other,
  });
  assert.equal(history.of(Ip.parse(V6), null, late.endedAtMs), undefined);
});

Deno.test("a listener that throws ends the race with its error, and nothing is left behind", async () => {
  for (const at of ["query", "answer", "candidates", "attempt", "connected", "won", "end"]) {
    const connections: FakeConnection[] = [];
    const failing = runFake({
      dns: both(),
      fate: () => ({ kind: "connects", afterMs: 5 }),
      connections,
      onEvent: ({ event }) => {
        if (event === at) throw new RangeError(`told of ${at}`);
      },
    });
    await assert.rejects(failing, new RangeError(`told of ${at}`));
    assert.ok(connections.every(({ end }) => end !== null), at);
  }
});

Deno.test("an interface that is raced waits for its turn", async () => {
  const run = await runFake({
    target: V4,
    options: { interfaces: [{ name: "wlan0" }, { name: "wwan0" }] },
    fate: (candidate) =>
      candidate.interface === "wlan0" ? { kind: "never" } : { kind: "connects", afterMs: 5 },
  });
  assert.deepEqual(
    run.outcome.attempts.map((each) => [each.interface, each.start_ms, each.outcome]),
    [["wlan0", 0, "cancelled"], ["wwan0", 250, "won"]],
  );
  await checkLaws(run);
});

const addresses = fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 5 });
const answer = fc.oneof(
  { weight: 5, arbitrary: addresses.map((list) => ({ kind: "addresses" as const, list })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("no-data", "no-name", "failed", "throws").map((kind) => ({ kind })),
  },
);
const reply = fc.option(fc.record({ afterMs: fc.integer({ min: 0, max: 1500 }), answer }), { freq: 8 });
const fate: fc.Arbitrary<FakeFate> = fc.oneof(
  fc.record({
    kind: fc.constant("connects" as const),
    afterMs: fc.integer({ min: 0, max: 1200 }),
    deaf: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("fails" as const),
    afterMs: fc.integer({ min: 0, max: 1200 }),
    deaf: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("never" as const) }),
);

Deno.test("property: one winner at the most, every attempt ends, nothing is left behind, deadlines hold", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        replies: fc.record({ AAAA: reply, A: reply }),
        fates: fc.array(fate, { minLength: 1, maxLength: 12 }),
        exhaustive: fc.boolean(),
        algorithm: fc.constantFrom("hev2", "hev3"),
        transports: fc.constantFrom(["tcp"], ["mptcp", "tcp"], ["quic", "tcp"]),
        maxParallel: fc.constantFrom(1, 2, Infinity),
        abortAtMs: fc.option(fc.integer({ min: 0, max: 3000 }), { nil: undefined, freq: 4 }),
        timeoutMs: fc.integer({ min: 1, max: 4000 }),
      }),
      async ({ replies, fates, abortAtMs, timeoutMs, ...rest }) => {
        const run = await runFake({
          options: { ...rest, timeoutMs, attemptTimeoutMs: 900 } as
            & Parameters<typeof runFake>[0]["options"]
            & object,
          dns: (_name, type) => {
            const found = type === "A" ? replies.A : type === "AAAA" ? replies.AAAA : null;
            if (found === null) return null;
            const { answer, afterMs } = found;
            if (!("list" in answer)) return { afterMs, answer: answer.kind as "no-data" };
            const texts = answer.list.map((n) =>
              type === "A" ? `192.0.2.${n}` : `2001:db8::${n.toString(16)}`
            );
            return { afterMs, answer: texts.length === 0 ? "no-data" : texts };
          },
          fate: (_candidate, index) => fates[index % fates.length]!,
          ...(abortAtMs === undefined ? {} : { abortAtMs }),
        });
        assert.ok(run.outcome.duration_ms <= timeoutMs, `it took ${run.outcome.duration_ms} ms`);
        if (abortAtMs !== undefined) assert.ok(run.outcome.duration_ms <= Math.max(abortAtMs, 0));
        assert.ok(run.endedAtMs <= run.outcome.duration_ms + 250);
        await checkLaws(run);
      },
    ),
    { numRuns: 150 },
  );
});
