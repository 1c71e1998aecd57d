import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { MptError } from "../../../lib/base/errors.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { addressBytes, addresses, mutations } from "./arbitraries.ts";

function refuses(text: string, reason: RegExp): void {
  assert.throws(() => Ip.parse(text), (error) => {
    assert.ok(error instanceof MptError);
    assert.equal(error.code, "ERR_INVALID_ADDRESS");
    assert.match(error.message, /^Cannot parse ".*" as an IP address: /);
    assert.match(error.message, reason);
    return true;
  });
  assert.equal(Ip.tryParse(text), null);
}

Deno.test("Ip.parse() reads what toString() wrote", () => {
  fc.assert(fc.property(addresses, (ip) => {
    const again = Ip.parse(ip.toString());
    assert.deepEqual(again, ip);
    assert.deepEqual(again.bytes, ip.bytes);
    assert.ok(again.equals(ip));
  }));
});

Deno.test("Ip.toString() is what the WHATWG URL serializer writes", () => {
  fc.assert(fc.property(addressBytes, (bytes) => {
    const ip = Ip.fromBytes(bytes);
    fc.pre(!ip.isV4Mapped); // URL writes these in hexadecimal
    const host = ip.family === 4 ? ip.toString() : `[${ip}]`;
    assert.equal(new URL(`http://${host}/`).hostname, host);
  }));
});

Deno.test("Ip.tryParse() takes the same texts as node:net", () => {
  const texts = mutations(
    addresses.map((ip) => ip.withZone(undefined).toString()),
    "0123456789abcdefABG:.x ",
  );
  const free = fc.stringMatching(/^[0-9a-f:.]{0,24}$/);
  fc.assert(
    fc.property(fc.oneof(texts, free, mutations(texts, "0:.f")), (text) => {
      const ip = Ip.tryParse(text);
      assert.equal(ip?.family === 4, isIPv4(text), `${text} as IPv4`);
      assert.equal(ip?.family === 6, isIPv6(text), `${text} as IPv6`);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("Ip.parse() reads the same bytes as the WHATWG URL parser", () => {
  const groups = fc.stringMatching(/^[0-9A-Fa-f]{1,4}(:[0-9A-Fa-f]{1,4}){7}$/);
  fc.assert(fc.property(groups, (text) => {
    const ip = Ip.parse(text);
    fc.pre(!ip.isV4Mapped);
    assert.equal(`[${ip}]`, new URL(`http://[${text}]/`).hostname);
  }));
});

Deno.test("Ip.tryParse() never throws, whatever the text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const ip = Ip.tryParse(text);
    assert.ok(ip === null || ip instanceof Ip);
  }));
});

Deno.test("Ip.toString() is canonical after RFC 5952", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["2001:0DB8::0001", "2001:db8::1"], // 4.1, 4.3
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"], // 4.2.1
    ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"], // 4.2.2: one group is not cut
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"], // 4.2.3: the longest run
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"], // 4.2.3: the first of equals
    ["::ffff:c000:0201", "::ffff:192.0.2.1"], // 5
    ["0:0:0:0:0:0:0:0", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["::192.0.2.1", "::c000:201"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["FE80::1%Eth0", "fe80::1%Eth0"],
  ];
  for (const [text, canonical] of cases) assert.equal(Ip.parse(text).toString(), canonical);
});

Deno.test("Ip.parse() refuses a leading zero", () => {
  refuses("127.0.0.01", /"01" has a leading zero/);
  refuses("0177.0.0.1", /leading zero/);
  refuses("::ffff:1.2.3.04", /"04" has a leading zero/);
});

Deno.test("Ip.parse() says what is wrong with a text", () => {
  refuses("", /it is empty/);
  refuses("1.2.3", /neither four decimal numbers/);
  refuses("1.2.3.4.5", /neither four decimal numbers/);
  refuses("localhost", /neither four decimal numbers/);
  refuses("0x7f.0.0.1", /neither four decimal numbers/);
  refuses("1.2.3.256", /"256" is more than 255/);
  refuses("1..2.3", /number between two dots is missing/);
  refuses("1.2.3.4%eth0", /IPv4 address has no zone/);
  refuses("::1::", /more than one "::"/);
  refuses(":::", /more than one "::"/);
  refuses("1:2:3", /eight groups/);
  refuses("1:2:3:4:5:6:7:8:9", /eight groups/);
  refuses("1:2:3:4::5:6:7:8", /too many groups beside "::"/);
  refuses("1:2:3:4:5:6:7:", /beside a single colon is missing/);
  refuses("::12345", /"12345" is not one to four hexadecimal digits/);
  refuses("::1.2.3.4:1", /can only be the end/);
  refuses("1.2.3.4::", /can only be the end/);
  refuses("1:2:3:4:5:6:7:1.2.3.4", /eight groups/);
  refuses("[::1]", /hexadecimal/);
  refuses("fe80::1%", /zone after "%" is empty/);
  refuses("fe80::1%eth0:443", /cannot be the name of an interface/);
  refuses("fe80::1%a b", /cannot be the name of an interface/);
  refuses(`fe80::1%${"x".repeat(256)}`, /longer than 255/);
});

Deno.test("an Ip cannot be changed from outside", () => {
  const source = Uint8Array.of(192, 0, 2, 1);
  const ip = Ip.fromBytes(source);
  source[0] = 10;
  ip.bytes[0] = 10;
  assert.equal(ip.toString(), "192.0.2.1");
  assert.deepEqual(ip.bytes, Uint8Array.of(192, 0, 2, 1));
  assert.throws(() => Object.assign(ip, { family: 6 }), TypeError);
});

Deno.test("Ip.fromBytes() refuses a wrong length and a zone on IPv4", () => {
  for (const length of [0, 3, 5, 15, 17]) {
    assert.throws(() => Ip.fromBytes(new Uint8Array(length)), { code: "ERR_INVALID_ADDRESS" });
  }
  assert.throws(() => Ip.fromBytes(new Uint8Array(4), "eth0"), { code: "ERR_INVALID_ADDRESS" });
  assert.throws(() => Ip.fromBytes(new Uint8Array(16), ""), { code: "ERR_INVALID_ADDRESS" });
});

Deno.test("the questions of an Ip are answered at the borders of each range", () => {
  type Question = "isUnspecified" | "isLoopback" | "isLinkLocal" | "isMulticast" | "isPrivate";
  const cases: Readonly<Record<Question, { readonly yes: string; readonly no: string }>> = {
    isUnspecified: { yes: "0.0.0.0 :: ::ffff:0.0.0.0", no: "0.0.0.1 ::1" },
    isLoopback: {
      yes: "127.0.0.0 127.255.255.255 ::1 ::ffff:127.0.0.1",
      no: "126.255.255.255 128.0.0.0 ::2 1::1 ::",
    },
    isLinkLocal: {
      yes: "169.254.0.0 169.254.255.255 fe80:: febf:ffff:: ::ffff:169.254.1.1",
      no: "169.253.0.0 169.255.0.0 fe7f:: fec0::",
    },
    isMulticast: {
      yes: "224.0.0.0 239.255.255.255 ff00:: ff02::1",
      no: "223.255.255.255 240.0.0.0 feff::",
    },
    isPrivate: {
      yes: "10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.1 fc00:: fdff:: ::ffff:10.0.0.1",
      no: "9.0.0.0 11.0.0.0 172.15.0.0 172.32.0.0 192.167.0.0 192.169.0.0 fbff:: fe00::",
    },
  };
  for (
    const question of ["isUnspecified", "isLoopback", "isLinkLocal", "isMulticast", "isPrivate"] as const
  ) {
    for (const text of cases[question].yes.split(" ")) {
      assert.ok(
        Ip.parse(text)[question],
        `${text} ${question}`,
      );
    }
    for (const text of cases[question].no.split(" ")) {
      assert.ok(
        !Ip.parse(text)[question],
        `${text} ${question}`,
      );
    }
  }
});

Deno.test("Ip.unmapped() gives the IPv4 address inside IPv6, and leaves others alone", () => {
  assert.ok(Ip.parse("::ffff:192.0.2.1").isV4Mapped);
  assert.equal(Ip.parse("::ffff:192.0.2.1").unmapped().toString(), "192.0.2.1");
  assert.ok(!Ip.parse("::192.0.2.1").isV4Mapped);
  const ip = Ip.parse("2001:db8::1");
  assert.equal(ip.unmapped(), ip);
});

Deno.test("Ip.withZone() sets and takes away the zone, which counts in equals()", () => {
  const bare = Ip.parse("fe80::1");
  const zoned = bare.withZone("eth0");
  assert.equal(zoned.zone, "eth0");
  assert.ok(!zoned.equals(bare));
  assert.ok(zoned.withZone(undefined).equals(bare));
  assert.throws(() => Ip.parse("192.0.2.1").withZone("eth0"), { code: "ERR_INVALID_ADDRESS" });
});
