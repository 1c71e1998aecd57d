import assert from "node:assert/strict";
import fc from "fast-check";
import { Ip } from "../../../../lib/base/ip.ts";
import { type Destination, sortDestinations } from "../../../../lib/race/order/destination_order.ts";
import { interleave } from "../../../../lib/race/order/interleave.ts";
import { DEFAULT_POLICY, lookUp, policyTable } from "../../../../lib/race/order/policy_table.ts";
import { commonBits, parsePrefix } from "../../../../lib/race/order/prefix.ts";
import { scopeOf } from "../../../../lib/race/order/scope.ts";
import { HAPPY_EYEBALLS_VECTORS } from "../../../support/happy_eyeballs_vectors.ts";
import { ipv4, ipv6 } from "../../dns/wire/arbitraries.ts";

const source = { ip: Ip.parse("2001:db8::1") };

Deno.test("sortDestinations() puts a lower RTT first, then used addresses, and unknown ones behind", () => {
  const destinations: readonly Destination[] = [
    { ip: Ip.parse("2001:db8::a"), source },
    { ip: Ip.parse("2001:db8::b"), source, history: { used: true } },
    { ip: Ip.parse("2001:db8::c"), source, history: { rttMs: 30 } },
    { ip: Ip.parse("2001:db8::d"), source, history: { rttMs: 30, used: true } },
    { ip: Ip.parse("2001:db8::e"), source, history: { rttMs: 10 } },
  ];
  const sorted = sortDestinations(destinations, (each) => each, DEFAULT_POLICY);
  assert.deepEqual(sorted.map(({ ip }) => ip.toString().at(-1)), ["e", "d", "c", "b", "a"]);
});

Deno.test("sortDestinations() lets RFC 6724 rules 1 to 8 go before any history", () => {
  const destinations: readonly Destination[] = [
    { ip: Ip.parse("192.0.2.1"), source: { ip: Ip.parse("192.0.2.2") }, history: { rttMs: 1, used: true } },
    { ip: Ip.parse("2001:db8::a"), source },
    { ip: Ip.parse("2001:db8::b"), source: null, history: { rttMs: 1 } },
    { ip: Ip.parse("2001:db8::c"), source, unreachable: true, history: { rttMs: 1 } },
    { ip: Ip.parse("2001:db8::d"), source, encapsulated: true },
  ];
  const sorted = sortDestinations(destinations, (each) => each, DEFAULT_POLICY);
  assert.deepEqual(sorted.map(({ ip }) => ip.toString().slice(-1)), ["a", "d", "1", "c", "b"]);
});

const destination: fc.Arbitrary<Destination> = fc.record({
  ip: fc.oneof(
    ipv4,
    ipv6,
    fc.constantFrom(...["::1", "fe80::1", "2002::1", "fd00::1", "10.0.0.1"].map((text) => Ip.parse(text))),
  ),
  source: fc.option(fc.record({ ip: fc.oneof(ipv4, ipv6), deprecated: fc.boolean() })),
  history: fc.record({ rttMs: fc.nat(50), used: fc.boolean() }, { requiredKeys: [] }),
});

Deno.test("sortDestinations() is one order: any start ends in the same list, up to equals", () => {
  fc.assert(
    fc.property(fc.array(destination, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (items, keys) => {
      const sorted = sortDestinations(items, (each) => each, DEFAULT_POLICY);
      assert.deepEqual(new Set(sorted), new Set(items));
      assert.deepEqual(sortDestinations(sorted, (each) => each, DEFAULT_POLICY), sorted);
      const shuffled = items.map((item) => ({ item, key: keys.next().value })).toSorted((a, b) =>
        a.key - b.key
      );
      const again = sortDestinations(shuffled.map(({ item }) => item), (each) => each, DEFAULT_POLICY);
      for (const [index, item] of again.entries()) {
        const other = sorted[index]!;
        // Where they differ, neither comes before the other
        const pair = sortDestinations([item, other], (each) => each, DEFAULT_POLICY);
        const reversed = sortDestinations([other, item], (each) => each, DEFAULT_POLICY);
        assert.ok(item === other || (pair[0] === item && reversed[0] === other));
      }
    }),
    { numRuns: 300 },
  );
});

for (const { id, count, input, output } of HAPPY_EYEBALLS_VECTORS.interleave) {
  Deno.test(`interleave(): ${id}`, () => {
    assert.deepEqual(interleave(input, (name) => name.startsWith("v6") ? 6 : 4, count), output);
  });
}

Deno.test("interleave() begins with as many of the first family as told and keeps the order of each", () => {
  assert.deepEqual(interleave(["6a", "6b", "6c", "4a", "4b"], (name) => name.startsWith("6") ? 6 : 4, 2), [
    "6a",
    "6b",
    "4a",
    "6c",
    "4b",
  ]);
  assert.deepEqual(interleave(["4a", "6a", "4b"], (name) => name.startsWith("6") ? 6 : 4, 1), [
    "4a",
    "6a",
    "4b",
  ]);
  assert.deepEqual(interleave<string>([], () => 6, 1), []);
});

Deno.test("lookUp() takes the longest prefix", () => {
  const rows: readonly (readonly [string, number])[] = [
    ["::1", 50],
    ["2001:db8::1", 40],
    ["192.0.2.1", 35],
    ["2002::1", 30],
    ["2001::1", 5],
    ["fd00::1", 3],
    ["::2", 1],
    ["fec0::1", 1],
    ["3ffe::1", 1],
  ];
  for (const [address, precedence] of rows) {
    assert.equal(lookUp(DEFAULT_POLICY, Ip.parse(address)).precedence, precedence, address);
  }
  assert.equal(lookUp(policyTable([["fe80::/10", 5, 1]]), Ip.parse("::1")).precedence, 0);
});

Deno.test("scopeOf() is that of RFC 6724 3", () => {
  const scopes = {
    "127.0.0.1": 2,
    "169.254.1.1": 2,
    "10.0.0.1": 14,
    "100.64.0.1": 14,
    "::1": 2,
    "fe80::1": 2,
    "fec0::1": 5,
    "fd00::1": 14,
    "2002::1": 14,
    "ff05::1": 5,
    "ff0e::1": 14,
  };
  for (const [address, scope] of Object.entries(scopes)) {
    assert.equal(scopeOf(Ip.parse(address)), scope, address);
  }
});

Deno.test("parsePrefix() refuses what is no prefix of IPv6", () => {
  for (
    const text of [
      "",
      "2001:db8::",
      "2001:db8::/129",
      "2001:db8::/x",
      "192.0.2.0/24",
      "2001:db8::1/64",
      "fe80::%eth0/10",
    ]
  ) {
    assert.throws(() => parsePrefix(text), /Cannot use ".*" as a prefix/, text);
  }
  assert.equal(parsePrefix("::/0").length, 0);
});

Deno.test("commonBits() counts as a loop over single bits does", () => {
  fc.assert(fc.property(ipv6, ipv6, fc.nat(127), fc.nat(128), (one, other, flip, limit) => {
    const bytes = one.bytes;
    bytes[flip >> 3]! ^= 0x80 >> (flip & 7);
    assert.equal(commonBits(one.bytes, bytes, limit), Math.min(flip, limit));
    let bits = 0;
    const bit = (ip: Ip, at: number): number => (ip.bytes[at >> 3]! >> (7 - (at & 7))) & 1;
    while (bits < limit && bit(one, bits) === bit(other, bits)) bits++;
    assert.equal(commonBits(one.bytes, other.bytes, limit), bits);
  }));
});
