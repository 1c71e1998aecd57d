import assert from "node:assert/strict";
import fc from "fast-check";
import { Ip } from "../../../../lib/base/ip.ts";
import type { RaceOptions } from "../../../../lib/race/engine/options.ts";
import type { NetworkView, QueryType, Service } from "../../../../lib/race/engine/values.ts";
import { parsePrefix } from "../../../../lib/race/order/prefix.ts";
import {
  addresses,
  DUAL_STACK,
  type Fate,
  IPV4_ONLY,
  IPV6_ONLY,
  type Reply,
  type Run,
  run,
  services,
  type World,
} from "./world.ts";

const v6 = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `2001:db8::${index + 1}`);
const v4 = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `192.0.2.${index + 1}`);

const delay = fc.oneof(fc.constant(0), fc.nat(120), fc.nat(3000));

/** An answer with addresses, a negative one, an error, or none at all. */
function addressReply(family: 4 | 6): fc.Arbitrary<Reply | null> {
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(delay, fc.nat(6)).map(([afterMs, count]) =>
        addresses(afterMs, ...(family === 6 ? v6(count) : v4(count)))
      ),
    },
    { weight: 1, arbitrary: delay.map((afterMs): Reply => ({ afterMs, outcome: { kind: "negative" } })) },
    {
      weight: 1,
      arbitrary: delay.map((afterMs): Reply => ({
        afterMs,
        outcome: { kind: "failed", reason: "SERVFAIL" },
      })),
    },
    { weight: 1, arbitrary: fc.constant(null) },
  );
}

const service: fc.Arbitrary<Partial<Service>> = fc.record({
  priority: fc.integer({ min: 1, max: 4 }),
  target: fc.constantFrom(".", "one.example", "two.example"),
  ipv6Hints: fc.subarray(["2001:db8::1", "2001:db8::51"]).map((texts) => texts.map((text) => Ip.parse(text))),
  ipv4Hints: fc.subarray(["192.0.2.1", "192.0.2.51"]).map((texts) => texts.map((text) => Ip.parse(text))),
  port: fc.constantFrom(null, 8443),
});

const serviceReply: fc.Arbitrary<Reply | null> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(delay, fc.array(service, { maxLength: 3 })).map(([afterMs, list]) =>
      services(afterMs, ...list)
    ),
  },
  { weight: 2, arbitrary: delay.map((afterMs): Reply => ({ afterMs, outcome: { kind: "negative" } })) },
  {
    weight: 1,
    arbitrary: fc.tuple(delay, fc.constantFrom("one.example", "two.example", "example.com", ".")).map(
      ([afterMs, target]): Reply => ({ afterMs, outcome: { kind: "alias", target } }),
    ),
  },
  { weight: 1, arbitrary: fc.constant(null) },
);

const fate: fc.Arbitrary<Fate> = fc.oneof(
  fc.tuple(fc.nat(2000), fc.option(fc.nat(300), { nil: undefined })).map(([afterMs, progressMs]): Fate =>
    progressMs !== undefined && progressMs < afterMs
      ? { kind: "connects", afterMs, progressMs }
      : { kind: "connects", afterMs }
  ),
  fc.nat(600).map((afterMs): Fate => ({ kind: "fails", afterMs })),
  fc.constant<Fate>({ kind: "never" }),
);

const network: fc.Arbitrary<NetworkView> = fc.oneof(
  fc.constantFrom(DUAL_STACK, DUAL_STACK, IPV4_ONLY, IPV6_ONLY),
  fc.constant({ ...IPV6_ONLY, nat64: [parsePrefix("64:ff9b::/96")] }),
  fc.constant({ ...DUAL_STACK, defaultRoute6: false }),
);

const options: fc.Arbitrary<Partial<RaceOptions>> = fc.record({
  version: fc.constantFrom("hev2", "hev3"),
  serviceQuery: fc.constantFrom(null, { type: "HTTPS" }, { type: "SVCB" }),
  attemptDelayMs: fc.integer({ min: 10, max: 500 }),
  attemptDelayFactor: fc.constantFrom(1, 1, 1.5, 2),
  resolutionDelayMs: fc.constantFrom(0, 50, 200),
  preferredFamilyCount: fc.integer({ min: 1, max: 3 }),
  transports: fc.constantFrom(["tcp"], ["mptcp", "tcp"], ["quic", "mptcp", "tcp"]),
  transportOrder: fc.constantFrom("address", "transport"),
  interfaces: fc.constantFrom([], [{ name: "eth0", delayMs: 0 }, { name: "wwan0", delayMs: 400 }]),
  maxParallel: fc.constantFrom(1, 2, 5, Infinity),
  attemptTimeoutMs: fc.constantFrom(300, 1500, Infinity),
  deadlineMs: fc.constantFrom(1000, 10_000),
  exhaustive: fc.boolean(),
  afterFailureMs: fc.constantFrom(0, 10),
  shuffleSeed: fc.nat(),
}, { requiredKeys: ["deadlineMs"] });

/** A world in which names, answers, fates and options are anything. */
const worlds: fc.Arbitrary<World & { readonly options: Partial<RaceOptions> }> = fc.tuple(
  options,
  network,
  fc.record({ AAAA: addressReply(6), A: addressReply(4), HTTPS: serviceReply, SVCB: serviceReply }),
  fc.record({ AAAA: addressReply(6), A: addressReply(4), HTTPS: serviceReply, SVCB: serviceReply }),
  fc.array(fate, { minLength: 1, maxLength: 8 }),
  fc.option(fc.tuple(fc.nat(1500), network), { nil: undefined }),
).map(([raceOptions, view, origin, others, fates, change]) => ({
  options: raceOptions,
  network: view,
  dns: (name: string, type: QueryType): Reply | null => {
    if (name === "ipv4only.arpa") return addresses(20, "64:ff9b::192.0.0.170");
    return (name === "example.com" ? origin : others)[type];
  },
  fate: (_candidate, index) => fates[index % fates.length] ?? { kind: "never" },
  events: change === undefined ? [] : [{ atMs: change[0], input: { kind: "network", network: change[1] } }],
}));

const RUNS = { numRuns: 1000 };

Deno.test("a race has exactly one winner when an attempt connects in time, and else none", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { engine, log } = run(world);
      const connected = engine.attempts.filter(({ state }) => state === "connected");
      const won = log.filter(({ kind }) => kind === "won");
      assert.equal(won.length, connected.length > 0 ? 1 : 0);
      assert.equal(engine.end === "won", connected.length > 0);
      const first = Math.min(...connected.map(({ endMs }) => endMs ?? Infinity));
      if (engine.winner !== null) assert.equal(engine.attempts[engine.winner - 1]?.endMs, first);
      if (world.options.exhaustive !== true) assert.ok(connected.length <= 1);
    }),
    RUNS,
  );
});

Deno.test("every attempt that was started ends once, within the deadline, and the end is the last word", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { engine, log, endMs } = run(world);
      const { deadlineMs = 0, attemptTimeoutMs = Infinity } = world.options;
      assert.ok(endMs <= deadlineMs);
      assert.equal(log.at(-1)?.kind, "end");
      assert.equal(log.filter(({ kind }) => kind === "end").length, 1);
      const cancelled = log.flatMap((each) => each.kind === "cancel" ? [each.id] : []);
      assert.equal(new Set(cancelled).size, cancelled.length);
      for (const { id, state, startMs, endMs: at } of engine.attempts) {
        assert.ok(at !== null && at >= startMs && at <= endMs && at - startMs <= attemptTimeoutMs);
        assert.equal(state === "cancelled", cancelled.includes(id));
      }
      // Every query has its answer or is dropped
      const asked = log.flatMap((each) => each.kind === "query" ? [each.id] : []);
      assert.equal(new Set(asked).size, asked.length);
    }),
    RUNS,
  );
});

Deno.test("no attempt starts before the delay after the one before it is over, unless one failed", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { engine, starts } = run(world);
      const {
        attemptDelayMs: base,
        minAttemptDelayMs,
        maxAttemptDelayMs,
        attemptDelayFactor,
        afterFailureMs,
      } = engine.config;
      for (const [index, { atMs, reason }] of starts.entries()) {
        const before = starts[index - 1];
        if (before === undefined) {
          assert.equal(reason, "first");
          continue;
        }
        const gap = Math.min(
          maxAttemptDelayMs,
          Math.max(minAttemptDelayMs, base * attemptDelayFactor ** (index - 1)),
        );
        const failed = engine.attempts.slice(0, index).some(({ state, failure, endMs }) =>
          (state === "failed" || failure === "timed-out") && endMs !== null && endMs >= before.atMs &&
          endMs <= atMs
        );
        assert.ok(
          atMs >= before.atMs + (failed ? afterFailureMs : gap),
          `${before.atMs} and ${atMs}, with a delay of ${gap}`,
        );
        if (reason === "failure") assert.ok(failed);
      }
    }),
    RUNS,
  );
});

Deno.test("an attempt goes where an answer pointed, and nowhere twice", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { engine } = run(world);
      const keys = engine.attempts.map(({ candidate }) => candidate.key);
      assert.equal(new Set(keys).size, keys.length);
      const known = new Set([...v6(6), ...v4(6), "2001:db8::51", "192.0.2.51"]);
      for (const { candidate } of engine.attempts) {
        assert.ok(known.has(candidate.ip.toString()));
        const translated = candidate.connectTo.toString().startsWith("64:ff9b::");
        assert.ok(translated || candidate.connectTo.equals(candidate.ip));
      }
    }),
    RUNS,
  );
});

Deno.test("never do more attempts run at once than the budget allows", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { engine } = run(world);
      for (const { startMs } of engine.attempts) {
        const running = engine.attempts.filter((each) =>
          each.startMs <= startMs && (each.endMs ?? 0) > startMs
        );
        assert.ok(running.length <= engine.config.maxParallel);
      }
    }),
    RUNS,
  );
});

Deno.test("the first attempt starts when a model of three lines says so", () => {
  const replies = fc.record({ AAAA: addressReply(6), A: addressReply(4), HTTPS: fc.option(delay) });
  fc.assert(
    fc.property(
      replies,
      fc.boolean(),
      fc.constantFrom(0, 50, 200),
      ({ AAAA, A, HTTPS }, withHttps, resolutionDelayMs) => {
        const { starts } = run({
          options: {
            resolutionDelayMs,
            deadlineMs: 10_000,
            serviceQuery: withHttps ? { type: "HTTPS" } : null,
          },
          dns: (_name, type) =>
            type === "AAAA"
              ? AAAA
              : type === "A"
              ? A
              : HTTPS === null
              ? null
              : { afterMs: HTTPS, outcome: { kind: "negative" } },
        });
        const positive = (reply: Reply | null): number =>
          reply?.outcome.kind === "addresses" && reply.outcome.addresses.length > 0
            ? reply.afterMs
            : Infinity;
        const firstAddress = Math.min(positive(AAAA), positive(A));
        const answered = Math.max(AAAA?.afterMs ?? Infinity, withHttps ? HTTPS ?? Infinity : 0);
        const expected = Math.max(firstAddress, Math.min(answered, firstAddress + resolutionDelayMs));
        assert.equal(starts[0]?.atMs ?? Infinity, expected);
      },
    ),
    RUNS,
  );
});

Deno.test("without failures and late answers the schedule is that of the delays alone", () => {
  fc.assert(
    fc.property(
      fc.nat(6),
      fc.nat(6),
      fc.integer({ min: 10, max: 400 }),
      fc.integer({ min: 1, max: 3 }),
      (six, four, attemptDelayMs, count) => {
        const race: Run = run({
          options: { attemptDelayMs, preferredFamilyCount: count, deadlineMs: 20_000 },
          dns: (_name, type) => addresses(0, ...(type === "AAAA" ? v6(six) : v4(four))),
        });
        assert.deepEqual(
          race.starts.map(({ atMs }) => atMs),
          Array.from({ length: six + four }, (_, index) => index * attemptDelayMs),
        );
        const families = race.starts.map(({ to }) => to.includes(":"));
        if (six > 0 && four > 0) {
          // The first family at the start, then turns for as long as both last
          const lead = Math.min(count, six);
          assert.deepEqual(families.slice(0, lead + 1), [...Array(lead).fill(true), false]);
        }
      },
    ),
    { numRuns: 300 },
  );
});
