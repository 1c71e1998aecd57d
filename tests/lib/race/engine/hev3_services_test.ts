import assert from "node:assert/strict";
import type { RaceProtocol } from "../../../../lib/race/engine/options.ts";
import { A, attemptsOf, B, C, D, ip, queriesOf, run, startsOf, zone } from "./hev3_world.ts";
import { addresses, byType, negative, services } from "./world.ts";

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

Deno.test("H3-9 (draft 5.2): no shuffle goes over a priority", () => {
  const dns = zone({
    "example.com": {
      HTTPS: services(
        0,
        ...[4, 1, 3, 2].map((priority) => ({
          priority,
          target: `s${priority}.example`,
          ipv6Hints: [ip(`2001:db8::${priority}`)],
        })),
      ),
      AAAA: negative(0),
      A: negative(0),
    },
  });
  for (let shuffleSeed = 0; shuffleSeed < 20; shuffleSeed++) {
    const order = run({ dns, options: { shuffleSeed } }).engine.attempts.map(({ candidate }) =>
      candidate.service?.priority
    );
    assert.deepEqual(order, [1, 2, 3, 4]);
  }
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
