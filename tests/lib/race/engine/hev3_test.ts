import assert from "node:assert/strict";
import { Ip } from "../../../../lib/base/ip.ts";
import { RACE_CONSTANTS } from "../../../../lib/race/engine/constants.ts";
import type { RaceProtocol } from "../../../../lib/race/engine/options.ts";
import type { NetworkView, QueryType } from "../../../../lib/race/engine/values.ts";
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
  services,
  type World,
} from "./world.ts";

const HTTPS = { type: "HTTPS" } as const;

const run = (world: World): Run =>
  runWorld({
    ...world,
    options: { version: "hev3", serviceQuery: HTTPS, deadlineMs: 5000, ...world.options },
  });

const startsOf = ({ starts }: Run): readonly (readonly [number, string])[] =>
  starts.map(({ atMs, to }) => [atMs, to]);
const queriesOf = ({ log }: Run): readonly (readonly [number, string, string])[] =>
  log.flatMap((each) => each.kind === "query" ? [[each.atMs, each.name, each.type] as const] : []);

const ip = (text: string): Ip => Ip.parse(text);
const [A, B, C, D] = ["2001:db8::a", "2001:db8::b", "192.0.2.3", "192.0.2.4"] as const;
const CONNECTS: Fate = { kind: "connects", afterMs: 20 };
const NO_HTTPS = negative(0);

type Zone = Readonly<Record<string, Partial<Record<QueryType, Reply | readonly Reply[]>>>>;

/** Answers by name; what is not there never comes. */
const zone = (names: Zone) => (name: string, type: QueryType): Reply | readonly Reply[] | null =>
  names[name]?.[type] ?? null;

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

const H3: RaceProtocol = { alpn: "h3", transports: ["quic"] };
const H2: RaceProtocol = { alpn: "h2", transports: ["tcp"] };

/** Two services: the better one speaks h2 only. */
const TWO_SERVICES = zone({
  "example.com": {
    HTTPS: services(0, { priority: 1, target: "one.example", alpn: ["h2"] }, {
      priority: 2,
      target: "two.example",
      alpn: ["h3", "h2"],
    }),
    AAAA: negative(0),
    A: negative(0),
  },
  "one.example": { AAAA: addresses(0, A), A: negative(0) },
  "two.example": { AAAA: addresses(0, B), A: negative(0) },
});

const attemptsOf = ({ engine }: Run): readonly string[] =>
  engine.attempts.map(({ candidate: { transport, connectTo, service } }) =>
    `${transport} ${connectTo} ${service?.alpn.join()}`
  );

Deno.test("H3-9 (draft 5.1): protocols are grouped only where the client says so", () => {
  const options = { protocols: [H3, H2], transports: ["quic", "tcp"] } as const;
  const together = run({ options, dns: TWO_SERVICES });
  assert.deepEqual(attemptsOf(together), [`tcp ${A} h2`, `quic ${B} h3,h2`, `tcp ${B} h3,h2`]);
  // H3-10: an address is in each group that it fits
  const apart = run({ options: { ...options, groupByProtocol: true }, dns: TWO_SERVICES });
  assert.deepEqual(attemptsOf(apart), [`quic ${B} h3`, `tcp ${A} h2`, `tcp ${B} h2`]);
});

Deno.test("H3-9 (draft 5.1): services with ECH come first only where the client says so", () => {
  const dns = zone({
    "example.com": {
      HTTPS: services(0, { priority: 1, target: "one.example" }, {
        priority: 2,
        target: "two.example",
        ech: Uint8Array.of(1),
      }),
      AAAA: negative(0),
      A: negative(0),
    },
    "one.example": { AAAA: addresses(0, A), A: negative(0) },
    "two.example": { AAAA: addresses(0, B), A: negative(0) },
  });
  assert.deepEqual(run({ dns }).starts.map(({ to }) => to), [A, B]);
  assert.deepEqual(run({ dns, options: { groupByEch: true } }).starts.map(({ to }) => to), [B, A]);
});

Deno.test("H3-9 (draft 5.2): services in the order of their priority, addresses without a service last", () => {
  const race = run({
    dns: zone({
      "example.com": {
        HTTPS: services(0, { priority: 20, target: "b.example", ipv6Hints: [ip(B)], port: 8443 }, {
          priority: 3,
          target: "a.example",
          ipv4Hints: [ip(C)],
        }),
        AAAA: addresses(0, A),
        A: negative(0),
      },
    }),
  });
  assert.deepEqual(race.starts.map(({ to }) => to), [C, B, A]);
  assert.deepEqual(race.engine.attempts.map(({ candidate }) => candidate.port), [443, 8443, 443]);
  assert.deepEqual(race.engine.attempts.map(({ candidate }) => candidate.service?.priority), [
    3,
    20,
    undefined,
  ]);
});

Deno.test("H3-9 (draft 5.2): services of the same priority are shuffled, the same way each time they are sorted", () => {
  const dns = zone({
    "example.com": {
      HTTPS: services(
        0,
        ...[1, 2, 3, 4].map((each) => ({ target: `s${each}.example`, ipv6Hints: [ip(`2001:db8::${each}`)] })),
      ),
      AAAA: [negative(0), negative(300), negative(600)],
      A: negative(0),
    },
  });
  const orders = Array.from(
    { length: 40 },
    (_, shuffleSeed) => run({ dns, options: { shuffleSeed } }).starts.map(({ to }) => to),
  );
  for (const order of orders) assert.equal(new Set(order).size, 4);
  assert.ok(new Set(orders.map((order) => order[0])).size === 4, "each of them is first at some time");
});

Deno.test("H3-9 (draft 5.3): within a service, RFC 6724, history, then families take turns", () => {
  const race = run({
    options: { historyOf: (address) => address.toString() === B ? { rttMs: 5 } : undefined },
    dns: byType({ HTTPS: services(0, {}), AAAA: addresses(0, A, B), A: addresses(0, C, D) }),
  });
  assert.deepEqual(startsOf(race), [[0, B], [250, C], [500, A], [750, D]]);
});

Deno.test("H3-10 (draft 6): all of a service is started before the next one, and goes on beside it", () => {
  const race = run({
    dns: zone({
      "example.com": {
        HTTPS: services(0, { priority: 1, target: "a.example", ipv6Hints: [ip(A)], ipv4Hints: [ip(C)] }, {
          priority: 2,
          target: "b.example",
          ipv6Hints: [ip(B), ip(A)],
        }),
        AAAA: negative(0),
        A: negative(0),
      },
    }),
    fate: (_each, index) => index === 0 ? { kind: "connects", afterMs: 700 } : { kind: "never" },
  });
  // The address that is in both services is tried once
  assert.deepEqual(startsOf(race), [[0, A], [250, C], [500, B]]);
  assert.equal(race.engine.winner, 1);
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

Deno.test("H3-15 (draft 6.2): a service that speaks no protocol of the client is not connected to", () => {
  const race = run({
    options: { protocols: [H2] },
    dns: zone({
      "example.com": {
        HTTPS: services(0, {
          target: "svc1.example.com",
          alpn: ["h3"],
          noDefaultAlpn: true,
          ipv6Hints: [ip(B)],
        }),
        AAAA: addresses(0, A),
        A: negative(0),
      },
    }),
  });
  assert.deepEqual(race.starts.map(({ to }) => to), [A]);
  assert.ok(!queriesOf(race).some(([, name, type]) => name === "svc1.example.com" && type === "HTTPS"));
});

Deno.test("H3-15 (RFC 9460 7.1.1): HTTPS records speak http/1.1 unless they say otherwise", () => {
  const http1: RaceProtocol = { alpn: "http/1.1", transports: ["tcp"] };
  const spoken = (noDefaultAlpn: boolean): readonly string[] =>
    attemptsOf(run({
      options: { protocols: [http1], serviceReliant: true },
      dns: zone({
        "example.com": {
          HTTPS: services(0, { alpn: ["h3"], noDefaultAlpn }),
          AAAA: addresses(0, A),
          A: negative(0),
        },
      }),
    }));
  assert.deepEqual(spoken(false), [`tcp ${A} http/1.1`]);
  assert.deepEqual(spoken(true), []);
});

Deno.test("H3-15 (RFC 9460 8): a record with a mandatory key that is unknown is not used", () => {
  const race = run({
    dns: byType({
      HTTPS: services(0, { unusable: true, ipv6Hints: [ip(B)], target: "x.example" }),
      AAAA: addresses(0, A),
      A: negative(0),
    }),
  });
  assert.deepEqual(race.starts.map(({ to }) => to), [A]);
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

const PREF64 = parsePrefix("2001:db8:64::/96");

Deno.test("H3-18 (draft 8.1): the prefix is discovered, then A records are asked for and translated", () => {
  const race = run({
    network: IPV6_ONLY,
    dns: zone({
      "example.com": { HTTPS: NO_HTTPS, AAAA: negative(10), A: addresses(20, "192.0.2.33") },
      "ipv4only.arpa": { AAAA: addresses(30, "2001:db8:64::192.0.0.170") },
    }),
    fate: () => CONNECTS,
  });
  assert.deepEqual(queriesOf(race).at(-1), [30, "example.com", "A"]);
  assert.deepEqual(startsOf(race), [[50, "2001:db8:64::c000:221"]]);
});

Deno.test("H3-18 (draft 8.2): translated AAAA records are IPv4 again when they are sorted, and each address is there once", () => {
  const race = run({
    network: { ...IPV6_ONLY, nat64: [PREF64] },
    dns: zone({
      "example.com": {
        HTTPS: NO_HTTPS,
        AAAA: addresses(0, "2001:db8:64::c000:203", A, B),
        A: addresses(0, C),
      },
    }),
  });
  // The native address first: RFC 6724 prefers IPv6; then the translated one as the other family
  assert.deepEqual(race.starts.map(({ to }) => to), [A, "2001:db8:64::c000:203", B]);
  assert.equal(race.engine.attempts[1]?.candidate.ip.toString(), C);
  const dual = run({
    network: { ...DUAL_STACK, nat64: [PREF64] },
    dns: zone({
      "example.com": { HTTPS: NO_HTTPS, AAAA: addresses(0, "2001:db8:64::c000:203"), A: negative(0) },
    }),
  });
  assert.deepEqual(
    dual.starts.map(({ to }) => to),
    [C],
    "with a route of its own it is not translated again",
  );
});

Deno.test("H3-18 (RFC 7050 3): every prefix is used, in its order", () => {
  const race = run({
    network: { ...IPV6_ONLY, nat64: [PREF64, parsePrefix("64:ff9b::/96")] },
    dns: zone({ "example.com": { HTTPS: NO_HTTPS, AAAA: negative(0), A: addresses(0, C) } }),
  });
  assert.deepEqual(race.starts.map(({ to }) => to), ["2001:db8:64::c000:203", "64:ff9b::c000:203"]);
});

Deno.test("H3-18 (draft 8.3): an address of the host or the link is not translated", () => {
  const race = run({
    network: { ...IPV6_ONLY, nat64: [PREF64] },
    options: {
      target: {
        kind: "addresses",
        addresses: ["127.0.0.1", "169.254.0.1", "0.0.0.1", "255.255.255.255"].map(ip),
      },
    },
  });
  assert.ok(race.starts.every(({ to }) => !to.includes(":")));
});

Deno.test("every constant that the draft knows has a clause of it", () => {
  assert.deepEqual(RACE_CONSTANTS.filter(({ hev3 }) => hev3 === null).map(({ name }) => name), [
    "lastResortSynthesisMs",
  ]);
});
