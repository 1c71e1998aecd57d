import assert from "node:assert/strict";
import { Ip } from "../../../../lib/base/ip.ts";
import { RACE_CONSTANTS } from "../../../../lib/race/engine/constants.ts";
import { RaceEngine } from "../../../../lib/race/engine/engine.ts";
import type { RaceOptions } from "../../../../lib/race/engine/options.ts";
import type { NetworkView, QueryType } from "../../../../lib/race/engine/values.ts";
import { RaceHistory } from "../../../../lib/race/order/history.ts";
import { parsePrefix } from "../../../../lib/race/order/prefix.ts";
import {
  addresses,
  byType,
  DUAL_STACK,
  type Fate,
  IPV4_ONLY,
  IPV6_ONLY,
  negative,
  type Reply,
  type Run,
  run as runWorld,
  type World,
} from "./world.ts";

const run = (world: World): Run =>
  runWorld({ ...world, options: { version: "hev2", deadlineMs: 5000, ...world.options } });

const startsOf = ({ starts }: Run): readonly (readonly [number, string])[] =>
  starts.map(({ atMs, to }) => [atMs, to]);

const CONNECTS: Fate = { kind: "connects", afterMs: 20 };
const [A, B, C, D] = ["2001:db8::a", "2001:db8::b", "192.0.2.3", "192.0.2.4"] as const;

Deno.test("H2-1 (RFC 8305 3): AAAA and A are asked for together, AAAA first, and nothing else", () => {
  const { log } = run({ options: { serviceQuery: { type: "HTTPS" } } });
  assert.deepEqual(
    log.flatMap((each) => each.kind === "query" ? [[each.atMs, each.type]] : []),
    [[0, "AAAA"], [0, "A"]],
  );
});

Deno.test("H2-2 (RFC 8305 3): AAAA that comes first is connected to at once", () => {
  const race = run({ dns: byType({ AAAA: addresses(30, A), A: null }) });
  assert.deepEqual(startsOf(race), [[30, A]]);
});

Deno.test("H2-3 (RFC 8305 3): A that comes first waits for AAAA, until it comes, is negative, or 50 ms are over", () => {
  const first = (aaaa: Reply | null): readonly [number, string] | undefined =>
    startsOf(run({ dns: byType({ A: addresses(30, C), AAAA: aaaa }) }))[0];
  assert.deepEqual(first(addresses(60, A)), [60, A]);
  assert.deepEqual(first(negative(60)), [60, C]);
  assert.deepEqual(first({ afterMs: 60, outcome: { kind: "failed", reason: "SERVFAIL" } }), [60, C]);
  assert.deepEqual(first(null), [80, C]);
});

Deno.test("H2-3: the resolution delay is exact: 49 and 50 ms are in time, 51 are not", () => {
  for (const [delay, expected] of [[49, A], [50, A], [51, C]] as const) {
    const race = run({ dns: byType({ A: addresses(10, C), AAAA: addresses(10 + delay, A) }) });
    assert.equal(race.starts[0]?.to, expected, `${delay} ms`);
  }
});

Deno.test("H2-3: AAAA that comes too late is merged into the race", () => {
  const race = run({ dns: byType({ A: addresses(0, C, D), AAAA: addresses(100, A, B) }) });
  // RFC 8305 6: sorted among those that were not tried yet
  assert.deepEqual(startsOf(race), [[50, C], [300, A], [550, D], [800, B]]);
});

Deno.test("H2-3: where there is no IPv6, nothing waits for it", () => {
  const race = run({ network: IPV4_ONLY, dns: byType({ A: addresses(30, C) }) });
  assert.deepEqual(startsOf(race), [[30, C]]);
});

Deno.test("H2-5 (RFC 8305 4): RFC 6724 decides the order: no source address, no place at the front", () => {
  const network: NetworkView = {
    ...DUAL_STACK,
    sourceOf: (ip, name) => ip.family === 6 ? null : DUAL_STACK.sourceOf(ip, name),
  };
  const race = run({ network, dns: byType({ A: addresses(0, C), AAAA: addresses(10, A) }) });
  assert.deepEqual(startsOf(race), [[10, C], [260, A]]);
  const literal = run({
    network,
    options: { target: { kind: "addresses", addresses: [Ip.parse(A), Ip.parse(C)] } },
  });
  assert.deepEqual(startsOf(literal), [[0, C], [250, A]]);
});

Deno.test("H2-5 (RFC 8305 4): a lower RTT comes first, then addresses that were used", () => {
  const history = new RaceHistory();
  history.note(Ip.parse(B), null, 12, 0);
  const race = run({
    options: { historyOf: (ip, name) => history.of(ip, name, 1) },
    dns: byType({ AAAA: addresses(0, A, B) }),
  });
  assert.deepEqual(race.starts.map(({ to }) => to), [B, A]);
});

Deno.test("H2-6 (RFC 8305 4): history is not shared across interfaces and can be flushed", () => {
  const history = new RaceHistory();
  history.note(Ip.parse(A), "eth0", 10, 0);
  assert.deepEqual(history.of(Ip.parse(A), "eth0", 1), { rttMs: 10, used: true });
  assert.equal(history.of(Ip.parse(A), "wlan0", 1), undefined);
  assert.equal(history.of(Ip.parse(A), null, 1), undefined);
  history.note(Ip.parse(A), "wlan0", 30, 0);
  history.flush("eth0");
  assert.equal(history.of(Ip.parse(A), "eth0", 1), undefined);
  assert.deepEqual(history.of(Ip.parse(A), "wlan0", 1), { rttMs: 30, used: true });
  history.flush();
  assert.equal(history.of(Ip.parse(A), "wlan0", 1), undefined);
});

Deno.test("H2-6: history is smoothed, grows old and has a bound", () => {
  const history = new RaceHistory();
  history.note(Ip.parse(A), null, 80, 0);
  history.note(Ip.parse(A), null, 160, 0);
  assert.equal(history.of(Ip.parse(A), null, 1)?.rttMs, 90);
  assert.equal(history.of(Ip.parse(A), null, 11 * 60_000), undefined);
  for (let index = 0; index < 1000; index++) {
    history.note(Ip.parse(`10.0.${index >> 8}.${index & 255}`), null, 1, 5);
  }
  assert.equal(history.of(Ip.parse(A), null, 6), undefined);
});

Deno.test("H2-7 (RFC 8305 4): families take turns, the first one as often as told before the other", () => {
  const dns = byType({ AAAA: addresses(0, A, B), A: addresses(0, C, D) });
  const inOrder = (preferredFamilyCount: number): readonly string[] =>
    run({
      options: {
        preferredFamilyCount,
        target: { kind: "addresses", addresses: [A, B, C, D].map((text) => Ip.parse(text)) },
      },
      dns,
    }).starts.map(({ to }) => to);
  assert.deepEqual(inOrder(1), [A, C, B, D]);
  assert.deepEqual(inOrder(2), [A, B, C, D]);
});

Deno.test("H2-8 (RFC 8305 5): one attempt at a time, the earlier ones go on", () => {
  const race = run({
    dns: byType({ AAAA: addresses(0, A, B) }),
    fate: (_each, index) => index === 0 ? { kind: "connects", afterMs: 400 } : { kind: "never" },
  });
  assert.deepEqual(startsOf(race), [[0, A], [250, B]]);
  assert.deepEqual([race.engine.end, race.engine.winner, race.endMs], ["won", 1, 400]);
});

Deno.test("H2-9 (RFC 8305 5): the first that connects wins, the others are cancelled, the rest is ignored", () => {
  const race = run({
    dns: byType({ AAAA: addresses(0, A, B) }),
    fate: ({ connectTo }) => connectTo.toString() === B ? CONNECTS : { kind: "never" },
  });
  assert.deepEqual(
    race.log.filter(({ kind }) => kind !== "query" && kind !== "attempt").map((
      { atMs, ...rest },
    ) => [atMs, rest]),
    [
      [270, { kind: "won", id: 2 }],
      [270, { kind: "cancel", id: 1, reason: "lost" }],
      [270, { kind: "drop-query", id: 2, lingerMs: 1000 }],
      [270, { kind: "end", reason: "won", winner: 2 }],
    ],
  );
  assert.deepEqual(race.engine.attempts.map(({ state }) => state), ["cancelled", "connected"]);
});

Deno.test("H2-10 (RFC 8305 5): the attempt delay has bounds, and less than 10 ms is refused", () => {
  const target = { kind: "addresses", addresses: [A, B, C].map((text) => Ip.parse(text)) } as const;
  const make = (options: Partial<RaceOptions>): RaceEngine =>
    new RaceEngine({ target, port: 443, ...options }, DUAL_STACK);
  assert.throws(() => make({ attemptDelayMs: 9 }), /below 10 ms/);
  assert.throws(() => make({ minAttemptDelayMs: 5 }), /below 10 ms/);
  assert.throws(() => make({ attemptDelayMs: 50, minAttemptDelayMs: 100 }), /below its minimum/);
  assert.throws(() => make({ attemptDelayMs: 5000, maxAttemptDelayMs: 2000 }), /above its maximum/);
  assert.equal(make({ attemptDelayMs: 10 }).config.minAttemptDelayMs, 10);
  // From the RTT: 3 * 10 ms is below the minimum, 3 * 1000 ms above the maximum, 3 * 60 ms is taken
  for (const [rttMs, gap] of [[10, 100], [1000, 2000], [60, 180]] as const) {
    const race = run({
      options: { target, delayFromRtt: true, deadlineMs: 10_000, historyOf: () => ({ rttMs }) },
    });
    assert.deepEqual(race.starts.map(({ atMs }) => atMs), [0, gap, 2 * gap]);
  }
});

Deno.test("H2-10: the delay may grow from attempt to attempt: 0, 50, 150, 350, 750 and 1550 ms", () => {
  const race = run({
    options: { attemptDelayMs: 50, attemptDelayFactor: 2 },
    dns: byType({ AAAA: addresses(0, ...[1, 2, 3, 4, 5, 6].map((each) => `2001:db8::${each}`)) }),
  });
  assert.deepEqual(race.starts.map(({ atMs }) => atMs), [0, 50, 150, 350, 750, 1550]);
});

Deno.test("H2-10: every constant has the value and the clause of RFC 8305", () => {
  const known = Object.fromEntries(
    RACE_CONSTANTS.map(({ name, value, hev2 }) => [name, [value, hev2?.startsWith("RFC 8305")]]),
  );
  assert.deepEqual(known, {
    resolutionDelayMs: [50, true],
    attemptDelayMs: [250, true],
    minAttemptDelayMs: [100, true],
    maxAttemptDelayMs: [2000, true],
    attemptDelayFactor: [1, true],
    preferredFamilyCount: [1, true],
    afterFailureMs: [0, false],
    answersAfterSuccessMs: [1000, true],
    lastResortSynthesisMs: [2000, true],
  });
});

Deno.test("H2-11: an attempt that fails lets the next one start at once, and the delay begins anew", () => {
  const race = run({
    dns: byType({ AAAA: addresses(0, A, B), A: null }),
    fate: (_each, index) => index === 0 ? { kind: "fails", afterMs: 5 } : { kind: "never" },
  });
  assert.deepEqual(race.starts.map(({ atMs, reason }) => [atMs, reason]), [[0, "first"], [5, "failure"]]);
  const spaced = run({
    options: { afterFailureMs: 10 },
    dns: byType({ AAAA: addresses(0, A, B) }),
    fate: () => ({ kind: "fails", afterMs: 1 }),
  });
  assert.deepEqual(startsOf(spaced), [[0, A], [10, B]]);
});

Deno.test("H2-11: the race fails when everything has failed, and not before the last answer", () => {
  const race = run({
    dns: byType({ AAAA: addresses(0, A), A: negative(700) }),
    fate: () => ({ kind: "fails", afterMs: 1 }),
  });
  assert.deepEqual([race.engine.end, race.endMs], ["all-failed", 700]);
  const none = run({ dns: byType({ AAAA: negative(10), A: negative(20) }) });
  assert.deepEqual([none.engine.end, none.endMs, none.starts.length], ["no-addresses", 20, 0]);
});

Deno.test("H2-12 (RFC 8305 6): an address that goes away is not tried; an attempt to it goes on", () => {
  const changing = (_name: string, type: QueryType): readonly Reply[] =>
    type === "AAAA" ? [addresses(0, A, B), addresses(100, "2001:db8::c")] : [negative(0)];
  const race = run({
    dns: changing,
    fate: (_each, index) => index === 0 ? { kind: "connects", afterMs: 900 } : { kind: "never" },
  });
  assert.deepEqual(startsOf(race), [[0, A], [250, "2001:db8::c"]]);
  assert.equal(race.engine.winner, 1);
});

/** A network with IPv6 only whose DNS64 tells its prefix. */
function nat64(replies: Partial<Record<QueryType, Reply>>): (name: string, type: QueryType) => Reply | null {
  return (name, type) => {
    if (name === "ipv4only.arpa") return addresses(5, "64:ff9b::192.0.0.170", "64:ff9b::192.0.0.171");
    return replies[type] ?? null;
  };
}

Deno.test("H2-13 (RFC 8305 7.1): an IPv4 literal is translated with the prefix of the network", () => {
  const target = { kind: "addresses", addresses: [Ip.parse("192.0.2.33")] } as const;
  const discovered = run({ network: IPV6_ONLY, options: { target }, dns: nat64({}), fate: () => CONNECTS });
  assert.deepEqual(startsOf(discovered), [[5, "64:ff9b::c000:221"]]);
  const known = run({
    network: { ...IPV6_ONLY, nat64: [parsePrefix("2001:db8:64::/96")] },
    options: { target },
    fate: () => CONNECTS,
  });
  assert.deepEqual(startsOf(known), [[0, "2001:db8:64::c000:221"]]);
  assert.equal(known.engine.attempts[0]?.candidate.ip.toString(), "192.0.2.33");
});

Deno.test("H2-13: without a prefix the literal is tried as it is, and that is all", () => {
  const target = { kind: "addresses", addresses: [Ip.parse("192.0.2.33")] } as const;
  const race = run({
    network: IPV6_ONLY,
    options: { target },
    dns: () => negative(5),
    fate: () => ({ kind: "fails", afterMs: 0 }),
  });
  assert.deepEqual(startsOf(race), [[5, "192.0.2.33"]]);
  assert.equal(race.engine.end, "all-failed");
});

Deno.test("H2-14 (RFC 8305 7.2): behind NAT64, A is asked for 2 s after the last attempt to broken AAAA records", () => {
  const race = run({
    network: IPV6_ONLY,
    dns: nat64({ AAAA: addresses(10, A, B), A: addresses(30, "192.0.2.33") }),
    fate: ({ connectTo }) => connectTo.toString().startsWith("64:") ? CONNECTS : { kind: "never" },
  });
  assert.deepEqual(startsOf(race), [[10, A], [260, B], [2290, "64:ff9b::c000:221"]]);
  assert.deepEqual(
    race.log.flatMap((each) => each.kind === "query" ? [[each.atMs, each.name, each.type]] : []),
    [[0, "example.com", "AAAA"], [2260, "example.com", "A"], [2260, "ipv4only.arpa", "AAAA"]],
  );
  assert.equal(race.engine.end, "won");
});

Deno.test("H2-14: without any AAAA record there is nothing to wait for", () => {
  const race = run({
    network: IPV6_ONLY,
    dns: nat64({ AAAA: negative(10), A: addresses(30, "192.0.2.33") }),
    fate: () => CONNECTS,
  });
  assert.deepEqual(startsOf(race), [[40, "64:ff9b::c000:221"]]);
});
