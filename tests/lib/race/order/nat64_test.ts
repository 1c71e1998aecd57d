import assert from "node:assert/strict";
import fc from "fast-check";
import { Ip } from "../../../../lib/base/ip.ts";
import {
  desynthesize,
  discoverPrefixes,
  mayTranslate,
  synthesize,
  WELL_KNOWN_PREFIX,
} from "../../../../lib/race/order/nat64.ts";
import { parsePrefix, type Prefix } from "../../../../lib/race/order/prefix.ts";
import { HAPPY_EYEBALLS_VECTORS } from "../../../support/happy_eyeballs_vectors.ts";
import { ipv4, ipv6 } from "../../dns/wire/arbitraries.ts";

for (const { prefix, v4, v6 } of HAPPY_EYEBALLS_VECTORS.nat64) {
  Deno.test(`synthesize() and desynthesize(): RFC 6052 2.4, ${v4} in ${prefix}`, () => {
    const parsed = parsePrefix(prefix);
    assert.ok(synthesize(Ip.parse(v4), parsed).equals(Ip.parse(v6)));
    assert.equal(desynthesize(Ip.parse(v6), [parsed])?.toString(), v4);
  });
}

const prefixes: fc.Arbitrary<Prefix> = fc.tuple(ipv6, fc.constantFrom(32, 40, 48, 56, 64, 96)).map(
  ([ip, length]) => {
    // RFC 6052 2.2: bits 64 to 71 are zero
    const bytes = ip.bytes.map((byte, index) => index < length / 8 && index !== 8 ? byte : 0);
    return { ip: Ip.fromBytes(bytes), length };
  },
);

Deno.test("desynthesize() gives back what synthesize() put in, for any prefix", () => {
  fc.assert(fc.property(ipv4, prefixes, (ip, prefix) => {
    const inside = synthesize(ip, prefix);
    assert.equal(inside.bytes[8], prefix.length === 96 ? prefix.ip.bytes[8] : 0);
    assert.ok(desynthesize(inside, [prefix])?.equals(ip));
  }));
});

Deno.test("desynthesize() ignores the suffix, and leaves other addresses alone", () => {
  const prefix = parsePrefix("2001:db8::/32");
  assert.equal(
    desynthesize(Ip.parse("2001:db8:c000:221:ff:ffff:ffff:ffff"), [prefix])?.toString(),
    "192.0.2.33",
  );
  assert.equal(desynthesize(Ip.parse("2001:db9::1"), [prefix]), null);
  assert.equal(desynthesize(Ip.parse("192.0.2.1"), [prefix]), null);
});

Deno.test("synthesize() refuses other lengths and IPv6", () => {
  assert.throws(() => synthesize(Ip.parse("192.0.2.1"), parsePrefix("2001:db8::/33")), /RFC 6052/);
  assert.throws(() => synthesize(Ip.parse("::1"), WELL_KNOWN_PREFIX), /RFC 6052/);
});

Deno.test("discoverPrefixes() finds every prefix from the addresses of ipv4only.arpa", () => {
  fc.assert(fc.property(fc.array(prefixes, { maxLength: 4 }), (wanted) => {
    const addresses = wanted.flatMap((prefix) =>
      ["192.0.0.170", "192.0.0.171"].map((text) => synthesize(Ip.parse(text), prefix))
    );
    const text = (prefix: Prefix): string => `${prefix.ip}/${prefix.length}`;
    const ambiguous = wanted.some((prefix) => prefix.ip.toString().includes("c000:"));
    fc.pre(!ambiguous);
    assert.deepEqual(discoverPrefixes(addresses).map(text), [...new Set(wanted.map(text))]);
  }));
});

Deno.test("discoverPrefixes() repeats the search where a well-known address is there twice (RFC 7050 3)", () => {
  const twice = Ip.parse("2001:db8:c000:aa::192.0.0.170");
  assert.deepEqual(discoverPrefixes([twice]), []);
  const other = Ip.parse("c000:aa:c000:ab::192.0.0.170");
  assert.deepEqual(discoverPrefixes([other]).map(({ ip, length }) => `${ip}/${length}`), ["c000:aa::/32"]);
});

Deno.test("discoverPrefixes() finds none in other addresses", () => {
  assert.deepEqual(discoverPrefixes([Ip.parse("2001:db8::1"), Ip.parse("192.0.0.170")]), []);
  assert.deepEqual(discoverPrefixes([Ip.parse("64:ff9b::192.0.0.170")]), [WELL_KNOWN_PREFIX]);
});

Deno.test("mayTranslate() leaves out addresses of the host and of the link, and private ones where they may not", () => {
  const own = parsePrefix("2001:db8:64::/96");
  for (const text of ["0.0.0.0", "0.1.2.3", "127.0.0.1", "169.254.1.1", "255.255.255.255"]) {
    assert.equal(mayTranslate(Ip.parse(text), own), false, text);
  }
  assert.equal(mayTranslate(Ip.parse("192.0.2.1"), WELL_KNOWN_PREFIX), true);
  // RFC 6052 3.1
  assert.equal(mayTranslate(Ip.parse("10.0.0.1"), WELL_KNOWN_PREFIX), false);
  assert.equal(mayTranslate(Ip.parse("10.0.0.1"), own), true);
  assert.equal(mayTranslate(Ip.parse("2001:db8::1"), own), false);
});
