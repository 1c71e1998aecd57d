import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../../lib/base/errors.ts";
import { DnsName } from "../../../../lib/dns/wire/name.ts";
import { names } from "./arbitraries.ts";

function refuses(text: string, reason: RegExp): void {
  assert.throws(() => DnsName.parse(text), (error) => {
    assert.ok(error instanceof MptError && error.code === "ERR_INVALID_VALUE");
    assert.match(error.message, reason);
    return true;
  });
  assert.equal(DnsName.tryParse(text), null);
}

Deno.test("DnsName.parse() reads what toString() wrote, with and without a final dot", () => {
  fc.assert(fc.property(names, (name) => {
    assert.deepEqual(DnsName.parse(name.toString()), name);
    if (!name.isRoot) assert.deepEqual(DnsName.parse(`${name}.`).labels, name.labels);
  }));
});

Deno.test("DnsName.parse() refuses names that cannot be", () => {
  refuses("", /it is empty/);
  refuses(".a", /a label is empty/);
  refuses("a..b", /a label is empty/);
  refuses("..", /a label is empty/);
  refuses("a".repeat(64), /a label is longer than 63 octets/);
  refuses(`${"a".repeat(63)}.`.repeat(4), /it takes 257 octets, more than 255/);
  refuses("a".repeat(2000), /it takes more than 255 octets/);
  refuses("müller.example", /neither a letter/);
  refuses("a b", /neither a letter/);
  refuses("a\\", /there is nothing after/);
  refuses("a\\256", /\\256 is not an octet/);
  refuses("a\\25", /there is nothing after/);
});

Deno.test("DnsName.parse() takes a name of exactly 255 octets", () => {
  const text = `${`${"a".repeat(63)}.`.repeat(3)}${"a".repeat(61)}`;
  assert.equal(DnsName.parse(text).wireLength, 255);
  refuses(`${text}a`, /256 octets/);
});

Deno.test("DnsName.equals() does not see the case, equalsExactly() does", () => {
  const [lower, mixed] = [DnsName.parse("example.com"), DnsName.parse("eXample.COM")];
  assert.ok(lower.equals(mixed) && lower.key === mixed.key);
  assert.ok(!lower.equalsExactly(mixed));
  // RFC 4343 3: only ASCII letters have a case
  assert.ok(!DnsName.parse("\\196").equals(DnsName.parse("\\228")));
});

Deno.test("DnsName.isWithin() compares whole labels", () => {
  const zone = DnsName.parse("example.com");
  assert.ok(DnsName.parse("a.B.Example.com").isWithin(zone));
  assert.ok(zone.isWithin(zone) && zone.isWithin(DnsName.root));
  assert.ok(!DnsName.parse("anexample.com").isWithin(zone));
  assert.ok(!DnsName.parse("x\\.example.com").isWithin(zone));
  assert.ok(!DnsName.root.isWithin(zone));
});

Deno.test("DnsName.withCase() changes nothing but the case", () => {
  fc.assert(fc.property(names, fc.uint8Array({ maxLength: 8 }), (name, bits) => {
    assert.ok(name.withCase(bits).equals(name));
  }));
  assert.equal(DnsName.parse("1a-b.c").withCase(Uint8Array.of(0b101)).toString(), "1A-b.C");
  assert.equal(DnsName.parse("ABC").withCase(Uint8Array.of(0)).toString(), "abc");
});
