import assert from "node:assert/strict";
import { RACE_CONSTANTS } from "../../../../lib/race/engine/constants.ts";
import type { NetworkView, QueryType } from "../../../../lib/race/engine/values.ts";
import { parsePrefix } from "../../../../lib/race/order/prefix.ts";
import { A, B, C, CONNECTS, D, ip, NO_HTTPS, queriesOf, run, startsOf, zone } from "./hev3_world.ts";
import {
  addresses,
  byType,
  DUAL_STACK,
  IPV4_ONLY,
  IPV6_ONLY,
  negative,
  type Reply,
  services,
} from "./world.ts";

Deno.test("H3-1 (draft 4.1): what is asked for depends on what the host can reach", () => {
  const asked = (network: NetworkView): readonly string[] =>
    queriesOf(run({ network })).map(([, , type]) => type);
  assert.deepEqual(asked(DUAL_STACK), ["HTTPS", "AAAA", "A"]);
  assert.deepEqual(asked(IPV4_ONLY), ["HTTPS", "A"]);
  assert.deepEqual(asked({ ...IPV6_ONLY, nat64: [parsePrefix("64:ff9b::/96")] }), ["HTTPS", "AAAA", "A"]);
  assert.deepEqual(queriesOf(run({ network: IPV6_ONLY })).map(([, name, type]) => `${name} ${type}`), [
    "example.com HTTPS",
    "example.com AAAA",
    "ipv4only.arpa AAAA",
  ]);
});

Deno.test("H3-2 (draft 4.1): SVCB or HTTPS, AAAA and A are sent together, in this order", () => {
  assert.deepEqual(
    queriesOf(run({ options: { serviceQuery: { type: "SVCB", name: "_dns.example.com" } } })),
    [
      [0, "_dns.example.com", "SVCB"],
      [0, "example.com", "AAAA"],
      [0, "example.com", "A"],
    ],
  );
});

Deno.test("H3-2: an address literal asks for nothing", () => {
  const race = run({ options: { target: { kind: "addresses", addresses: [ip(C)] } } });
  assert.deepEqual([queriesOf(race), startsOf(race)], [[], [[0, C]]]);
});

Deno.test("H3-3 (draft 4.2.1): an alias leads to another query, and only a service counts", () => {
  const race = run({
    dns: zone({
      "example.com": {
        HTTPS: { afterMs: 10, outcome: { kind: "alias", target: "cdn.example" } },
        AAAA: addresses(10, A),
        A: negative(10),
      },
      "cdn.example": { HTTPS: services(15, {}), AAAA: addresses(15, B), A: negative(15) },
    }),
  });
  assert.deepEqual(queriesOf(race).slice(3), [[10, "cdn.example", "HTTPS"], [10, "cdn.example", "AAAA"], [
    10,
    "cdn.example",
    "A",
  ]]);
  assert.deepEqual(startsOf(race), [[25, B], [275, A]]);
});

Deno.test("H3-3 (RFC 9460 3): an alias without services stands for its addresses, before those of the target", () => {
  const race = run({
    dns: zone({
      "example.com": {
        HTTPS: { afterMs: 0, outcome: { kind: "alias", target: "cdn.example" } },
        AAAA: addresses(0, A),
        A: negative(0),
      },
      "cdn.example": { HTTPS: negative(10), AAAA: addresses(10, B), A: negative(10) },
    }),
  });
  assert.deepEqual(startsOf(race), [[10, B], [260, A]]);
});

Deno.test("H3-3: loops and endless chains of aliases end, and the race goes on with what is left", () => {
  const loop = run({
    dns: (_name, type) =>
      type === "AAAA"
        ? addresses(5, A)
        : type === "A"
        ? negative(5)
        : { afterMs: 1, outcome: { kind: "alias", target: "example.com" } },
  });
  assert.deepEqual(startsOf(loop), [[5, A]]);
  const endless = run({
    dns: (name, type) => {
      if (type !== "HTTPS") return name === "example.com" && type === "AAAA" ? addresses(5, A) : negative(0);
      const depth = Number(/^n(\d+)\./.exec(name)?.[1] ?? 0);
      return { afterMs: 0, outcome: { kind: "alias", target: `n${depth + 1}.example` } };
    },
  });
  assert.deepEqual(startsOf(endless), [[5, A]]);
  assert.equal(queriesOf(endless).filter(([, , type]) => type === "HTTPS").length, 9);
  const none = run({
    dns: zone({
      "example.com": {
        HTTPS: { afterMs: 1, outcome: { kind: "alias", target: "." } },
        AAAA: addresses(5, A),
        A: negative(5),
      },
    }),
  });
  assert.deepEqual(startsOf(none), [[5, A]]);
});

Deno.test("H3-3 (draft 4.2.1): hints count until the records come, which are still asked for and replace them", () => {
  const race = run({
    dns: zone({
      "example.com": {
        HTTPS: services(10, { target: "svc.example", ipv6Hints: [ip("2001:db8::77"), ip("2001:db8::78")] }),
        AAAA: negative(300),
        A: negative(300),
      },
      "svc.example": { AAAA: addresses(100, A), A: negative(100) },
    }),
  });
  assert.deepEqual(queriesOf(race).slice(3), [[10, "svc.example", "AAAA"], [10, "svc.example", "A"]]);
  assert.deepEqual(startsOf(race), [[10, "2001:db8::77"], [260, A]]);
});

Deno.test("H3-5 (draft 4.2): a start needs an address, the preferred family and the services, or 50 ms", () => {
  const first = (replies: Partial<Record<QueryType, Reply>>): number | undefined =>
    run({ dns: byType(replies) }).starts[0]?.atMs;
  assert.equal(first({ HTTPS: negative(5), AAAA: addresses(20, A) }), 20);
  assert.equal(first({ HTTPS: negative(30), AAAA: addresses(20, A) }), 30);
  assert.equal(
    first({
      HTTPS: { afterMs: 30, outcome: { kind: "failed", reason: "SERVFAIL" } },
      AAAA: addresses(20, A),
    }),
    30,
  );
  assert.equal(first({ AAAA: addresses(20, A) }), 70);
  assert.equal(first({ HTTPS: negative(5), A: addresses(20, C) }), 70);
  assert.equal(first({ HTTPS: negative(5), A: addresses(20, C), AAAA: negative(40) }), 40);
  // Without an address nothing starts, however long it takes
  assert.equal(first({ HTTPS: negative(5), AAAA: negative(5), A: addresses(900, C) }), 900);
  // The delay begins with the first address, not with the first answer
  assert.equal(first({ HTTPS: services(5, {}), A: addresses(200, C) }), 250);
});

Deno.test("H3-6 (draft 4.2): the preferred family is IPv6, unless only IPv4 has a default route", () => {
  const network: NetworkView = { ...DUAL_STACK, defaultRoute6: false };
  assert.equal(run({ network, dns: byType({ HTTPS: NO_HTTPS, A: addresses(10, C) }) }).starts[0]?.atMs, 10);
  assert.equal(run({ dns: byType({ HTTPS: NO_HTTPS, A: addresses(10, C) }) }).starts[0]?.atMs, 60);
  const chosen = run({
    options: { preferredFamily: 4 },
    dns: byType({ HTTPS: NO_HTTPS, A: addresses(10, C) }),
  });
  assert.equal(chosen.starts[0]?.atMs, 10);
});

Deno.test("H3-7 (draft 4.2): nothing but negative answers is a failure", () => {
  const race = run({
    dns: byType({
      HTTPS: negative(5),
      AAAA: negative(10),
      A: { afterMs: 20, outcome: { kind: "failed", reason: "NXDOMAIN" } },
    }),
  });
  assert.deepEqual([race.engine.end, race.endMs], ["no-addresses", 20]);
  const empty = run({ dns: byType({ HTTPS: services(5), AAAA: addresses(10), A: addresses(20) }) });
  assert.deepEqual([empty.engine.end, empty.endMs], ["no-addresses", 20]);
});

Deno.test("H3-8 (draft 4.3, 7): the whole list is sorted again: the other family comes next", () => {
  const race = run({ dns: byType({ HTTPS: NO_HTTPS, AAAA: addresses(0, A, B), A: addresses(100, C, D) }) });
  assert.deepEqual(startsOf(race), [[0, A], [250, C], [500, B], [750, D]]);
});

Deno.test("H3-12 (draft 6): one after the other, each delay by itself", () => {
  const race = run({
    options: {
      delayFromRtt: true,
      historyOf: (address) => address.toString() === A ? { rttMs: 50 } : undefined,
    },
    dns: byType({ HTTPS: NO_HTTPS, AAAA: addresses(0, A, B), A: addresses(0, C) }),
  });
  assert.deepEqual(startsOf(race), [[0, A], [150, C], [400, B]]);
});

Deno.test("H3-13 (draft 6.1): a handshake of the transport is no success where another one follows", () => {
  const race = run({
    dns: byType({ HTTPS: NO_HTTPS, AAAA: addresses(0, A), A: addresses(0, C) }),
    // A proxy that takes every connection and does no more
    fate: ({ connectTo }) =>
      connectTo.family === 6 ? { kind: "connects", afterMs: 4000, progressMs: 10 } : CONNECTS,
  });
  assert.deepEqual([race.engine.winner, race.engine.attempts[0]?.state], [2, "cancelled"]);
});

Deno.test("H3-14 (draft 6.1): progress makes the next attempt wait for the other handshake, once", () => {
  const dns = byType({ HTTPS: NO_HTTPS, AAAA: addresses(0, A, B), A: negative(0) });
  const second = (progressMs: number): number | undefined =>
    run({ dns, fate: () => ({ kind: "connects", afterMs: 3000, progressMs }) }).starts[1]?.atMs;
  // 3 round trips after the progress; not before the delay; not more than the maximum
  assert.equal(second(200), 800);
  assert.equal(second(30), 250);
  const told = run({
    dns,
    events: [
      { atMs: 100, input: { kind: "progress", attemptId: 1, expectedMs: 9000 } },
      { atMs: 101, input: { kind: "progress", attemptId: 1, expectedMs: 9000 } },
    ],
  });
  assert.equal(told.starts[1]?.atMs, 2100);
});

Deno.test("H3-14: progress of one attempt does not hold back what the failure of another one lets start", () => {
  const race = run({
    dns: byType({ HTTPS: NO_HTTPS, AAAA: addresses(0, A, B), A: addresses(0, C) }),
    events: [
      { atMs: 300, input: { kind: "failed", attemptId: 2, reason: "refused" } },
      { atMs: 300, input: { kind: "progress", attemptId: 1 } },
    ],
  });
  assert.deepEqual(startsOf(race), [[0, A], [250, C], [300, B]]);
});

Deno.test("H3-16 (draft 6.3): handshakes wait for service records that they depend on, if nobody can forge them", () => {
  const dns = byType({
    HTTPS: services(400, { ech: Uint8Array.of(7) }),
    AAAA: addresses(0, A),
    A: negative(0),
  });
  const held = run({ options: { dnsProtected: true, handshakeNeedsService: true }, dns });
  assert.deepEqual(held.log.flatMap((each) => each.kind === "attempt" ? [[each.atMs, each.handshake]] : []), [
    [50, "hold"],
  ]);
  const proceed = held.log.find((each) => each.kind === "proceed");
  assert.ok(proceed?.kind === "proceed" && proceed.atMs === 400 && proceed.id === 1);
  assert.deepEqual(proceed.service?.ech, Uint8Array.of(7));
  // Without any one of the conditions nothing waits
  for (const options of [{ dnsProtected: true }, { handshakeNeedsService: true }, {}]) {
    const free = run({ options, dns });
    assert.deepEqual(
      free.log.flatMap((each) => each.kind === "attempt" ? [[each.atMs, each.handshake]] : []),
      [[50, "proceed"]],
    );
    assert.ok(!free.log.some(({ kind }) => kind === "proceed"));
  }
});

Deno.test("H3-16 (RFC 9460 3.1): the race is given up when protected service records cannot be had", () => {
  const dns = byType({
    HTTPS: { afterMs: 100, outcome: { kind: "failed", reason: "SERVFAIL" } },
    AAAA: addresses(0, A),
    A: negative(0),
  });
  const race = run({ options: { dnsProtected: true }, dns });
  assert.deepEqual([race.engine.end, race.endMs], ["service-lookup-failed", 100]);
  assert.equal(run({ dns }).engine.end, "deadline");
  // A negative answer is an answer
  assert.equal(
    run({
      options: { dnsProtected: true },
      dns: byType({ HTTPS: negative(10), AAAA: addresses(0, A) }),
      fate: () => CONNECTS,
    }).engine.end,
    "won",
  );
});

Deno.test("H3-16 (RFC 9460 3): a client that relies on services uses no other address", () => {
  const dns = byType({ HTTPS: negative(10), AAAA: addresses(0, A), A: negative(0) });
  assert.equal(run({ options: { serviceReliant: true }, dns }).engine.end, "no-addresses");
});

Deno.test("H3-17 (draft 7): new answers may bring the next attempt forward, not below the minimum", () => {
  const at = (atMs: number, hastenOnAnswers: boolean): number | undefined =>
    run({
      options: { hastenOnAnswers },
      dns: byType({ HTTPS: NO_HTTPS, AAAA: addresses(0, A, B), A: addresses(atMs, C) }),
    }).starts[1]?.atMs;
  assert.equal(at(150, false), 250);
  assert.equal(at(150, true), 150);
  assert.equal(at(20, true), 100);
});

Deno.test("H3-17 (draft 7): what is removed is not tried, what runs goes on", () => {
  const race = run({
    dns: zone({
      "example.com": { HTTPS: NO_HTTPS, AAAA: [addresses(0, A, B), negative(100)], A: addresses(0, C) },
    }),
    fate: (_each, index) => index === 0 ? { kind: "connects", afterMs: 700 } : { kind: "never" },
  });
  assert.deepEqual(startsOf(race), [[0, A], [250, C]]);
  assert.equal(race.engine.winner, 1);
});

Deno.test("every constant that the draft knows has a clause of it", () => {
  assert.deepEqual(RACE_CONSTANTS.filter(({ hev3 }) => hev3 === null).map(({ name }) => name), [
    "lastResortSynthesisMs",
  ]);
});
