import assert from "node:assert/strict";
import fc from "fast-check";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { MptError } from "../../../lib/base/errors.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { TRANSPORTS } from "../../../lib/base/transport.ts";
import { addresses, hostNames, mutations, prefixes } from "./arbitraries.ts";

/** Canonical texts of every form. */
const texts: fc.Arbitrary<string> = fc.tuple(
  fc.option(prefixes, { nil: "" }),
  fc.oneof(addresses, hostNames),
  fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined }),
).map(([prefix, host, port]) => {
  const fits = typeof host === "string"
    ? prefix
    : prefix.replace(/[46]/, prefix === "" ? "" : `${host.family}`);
  if (port === undefined) return `${fits}${host}`;
  return typeof host !== "string" && host.family === 6
    ? `${fits}[${host}]:${port}`
    : `${fits}${host}:${port}`;
});

function refuses(text: string, reason: RegExp): void {
  assert.throws(() => Endpoint.parse(text), (error) => {
    assert.ok(error instanceof MptError);
    assert.equal(error.code, "ERR_INVALID_ENDPOINT");
    assert.match(error.message, /^Cannot use ".*" as an endpoint: /);
    assert.match(error.message, reason);
    return true;
  });
}

Deno.test("Endpoint.parse() and toString() are a round trip", () => {
  fc.assert(fc.property(texts, (text) => {
    const endpoint = Endpoint.parse(text);
    assert.equal(endpoint.toString(), text);
    assert.deepEqual(Endpoint.parse(endpoint.toString()), endpoint);
    assert.equal(JSON.parse(JSON.stringify(endpoint)), text);
  }));
});

Deno.test("Endpoint.parse() takes a text and is stable, or throws ERR_INVALID_ENDPOINT without control characters", () => {
  const hostile = fc.oneof(
    mutations(texts, "@[]:%.-0*/ \u0000\u001bü"),
    fc.string({ unit: "binary" }),
    fc.stringMatching(/^[a-z0-9@[\]:%.-]{0,20}$/),
  );
  fc.assert(
    fc.property(hostile, (text) => {
      let endpoint: Endpoint;
      try {
        endpoint = Endpoint.parse(text);
      } catch (error) {
        assert.ok(error instanceof MptError);
        assert.equal(error.code, "ERR_INVALID_ENDPOINT");
        assert.doesNotMatch(error.message, /\p{Cc}/u);
        return;
      }
      assert.ok(Endpoint.parse(endpoint.toString()).equals(endpoint));
      assert.match(endpoint.host, /^[\x21-\x7e]+$|%/);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("Endpoint.parse() reads every form", () => {
  const cases: readonly (readonly [string, Partial<Endpoint>, string])[] = [
    ["host", { host: "host", port: undefined }, "host"],
    ["host:443", { host: "host", port: 443 }, "host:443"],
    ["Example.COM.:443", { host: "example.com", port: 443 }, "example.com:443"],
    ["_dns.a-b.example", { host: "_dns.a-b.example" }, "_dns.a-b.example"],
    ["1.2.3.4:80", { host: "1.2.3.4", port: 80 }, "1.2.3.4:80"],
    ["[::1]", { host: "::1", port: undefined }, "::1"],
    ["[0:0::1]:443", { host: "::1", port: 443 }, "[::1]:443"],
    ["::1", { host: "::1", port: undefined }, "::1"],
    ["[fe80::1%eth0]:443", { host: "fe80::1%eth0", port: 443 }, "[fe80::1%eth0]:443"],
    ["mptcp@host:1", { transport: "mptcp", family: undefined }, "mptcp@host:1"],
    ["MPTCP6@[::1]:443", { transport: "mptcp", family: 6 }, "mptcp6@[::1]:443"],
    ["quic4@host", { transport: "quic", family: 4 }, "quic4@host"],
    ["mpquic@::1", { transport: "mpquic", family: undefined, port: undefined }, "mpquic@::1"],
    ["tcp4@1.2.3.4:65535", { transport: "tcp", family: 4, port: 65535 }, "tcp4@1.2.3.4:65535"],
    [`${"a".repeat(63)}.b`, { host: `${"a".repeat(63)}.b` }, `${"a".repeat(63)}.b`],
  ];
  for (const [text, fields, canonical] of cases) {
    const endpoint = Endpoint.parse(text);
    for (const [key, value] of Object.entries(fields)) {
      assert.equal(Reflect.get(endpoint, key), value, `${key} of ${text}`);
    }
    assert.equal(endpoint.toString(), canonical);
    assert.equal(endpoint.ip?.toString(), Ip.tryParse(endpoint.host)?.toString());
  }
});

Deno.test("Endpoint.parse() names what is wrong with the host", () => {
  refuses("", /it is empty/);
  refuses(".", /host is missing/);
  refuses(":80", /host is missing/);
  refuses("mptcp@", /host is missing/);
  refuses("a..b", /empty label/);
  refuses("a b", /white space/);
  refuses("a\tb", /white space or a control/);
  refuses("\x1b[31mred", /control character/);
  refuses("a!b", /label "a!b" has a character/);
  refuses("-v", /begins with a hyphen/);
  refuses("b\u00fccher.example:443", /A-label form \(xn--/);
  refuses("\u212aelvin.example", /not ASCII/); // the Kelvin sign has a "k" as its lower case
  refuses("*:4433", /every address is 0\.0\.0\.0 or \[::\]/);
  refuses("a".repeat(64), /longer than 63/);
  refuses(`${"a.".repeat(126)}ab`, /254 characters long/);
  refuses("host%eth0", /only an IPv6 address may have/);
});

Deno.test("Endpoint.parse() says so when an address is mistyped", () => {
  for (const text of ["1.2.3", "256.1.1.1", "1.2.3.4.", "123", "0x7f.1", "1.2.3.4.5:80", "127.0.0.01"]) {
    refuses(text, /mistyped IPv4 address/);
  }
  refuses("h:80:90", /is not an IPv6 address: "h" is not one to four/);
  refuses("fe80::1%eth0:443", /\[address\]:port for IPv6/);
  refuses("[::g]:1", /"g" is not one to four/);
});

Deno.test("Endpoint.parse() explains a URL, a path and a user name", () => {
  refuses("https://example.com/", /give host:port, not a URL/);
  refuses("mptcp@http://h", /give host:port, not a URL/);
  refuses("example.com/index", /looks like a path or a prefix/);
  refuses("10.0.0.0/8", /looks like a path or a prefix/);
  refuses("root@host", /transport "root" is unknown; use tcp, mptcp, quic or mpquic/);
  refuses("tcp@root@host", /more than one "@"/);
});

Deno.test("Endpoint.parse() refuses an unknown transport and a contradicting family", () => {
  refuses("sctp@h", /transport "sctp" is unknown/);
  refuses("tcp5@h", /transport "tcp5" is unknown/);
  refuses("tcp46@h", /unknown/);
  refuses("4@h", /unknown/);
  refuses("@h", /transport before "@" is missing/);
  refuses("tcp4@[::1]:1", /pins IPv4, but ::1 is an IPv6 address/);
  refuses("mptcp6@192.0.2.1", /pins IPv6, but 192\.0\.2\.1 is an IPv4 address/);
});

Deno.test("Endpoint.parse() refuses a port that is none", () => {
  refuses("h:", /port after the colon is missing/);
  refuses("[::1]:", /port after the colon is missing/);
  refuses("h:0", /port 0 cannot be connected to/);
  refuses("h:-1", /port "-1" is not a whole number from 1 to 65535/);
  refuses("h:80x", /port "80x" is not a whole number/);
  refuses("h:1e3", /not a whole number/);
  refuses("h:0x50", /not a whole number/);
  refuses("h:080", /leading zero/);
  refuses("h:65536", /port "65536" is not from 1 to 65535/);
  refuses(`h:${"9".repeat(400)}`, /is not from 1 to 65535/);
});

Deno.test("Endpoint.parse() refuses unbalanced brackets", () => {
  refuses("[::1", /"\[" is not closed/);
  refuses("::1]", /bracket is out of place/);
  refuses("h[::1]", /bracket is out of place/);
  refuses("[::1]443", /"443" after the bracket/);
  refuses("[]:1", /no address between the brackets/);
  refuses("[1.2.3.4]:1", /only an IPv6 address stands in brackets/);
  refuses("[host]:1", /only an IPv6 address stands in brackets/);
});

Deno.test("Endpoint.parse() fills in the default port only where none is given", () => {
  assert.equal(Endpoint.parse("h", { defaultPort: 443 }).port, 443);
  assert.equal(Endpoint.parse("::1", { defaultPort: 443 }).toString(), "[::1]:443");
  assert.equal(Endpoint.parse("h:80", { defaultPort: 443 }).port, 80);
  for (const defaultPort of [0, -1, 65536, 1.5, NaN]) {
    assert.throws(() => Endpoint.parse("h", { defaultPort }), { code: "ERR_INVALID_ENDPOINT" });
  }
});

Deno.test("Endpoint.parse() lets listeners have port 0", () => {
  assert.equal(Endpoint.parse("[::]:0", { allowPortZero: true }).toString(), "[::]:0");
  assert.equal(Endpoint.parse("[::]", { allowPortZero: true, defaultPort: 0 }).port, 0);
});

Deno.test("Endpoint.of() is the inverse of taking ip and port", () => {
  fc.assert(
    fc.property(
      addresses,
      fc.nat(65535),
      fc.constantFrom(undefined, ...TRANSPORTS),
      (ip, port, transport) => {
        const endpoint = Endpoint.of(ip, port, transport);
        assert.ok(endpoint.ip?.equals(ip));
        assert.equal(endpoint.port, port);
        assert.deepEqual(Endpoint.of(ip.toString(), port, transport), endpoint);
        assert.deepEqual(Endpoint.parse(endpoint.toString(), { allowPortZero: true }), endpoint);
      },
    ),
  );
});

Deno.test("Endpoint.of() refuses a host that is none and a port that is none", () => {
  for (const host of ["", "a b", "h:80", "[::1]", "1.2.3", "tcp@h"]) {
    assert.throws(() => Endpoint.of(host, 1), { code: "ERR_INVALID_ENDPOINT" }, host);
  }
  for (const port of [-1, 65536, 1.5, NaN, Infinity]) {
    assert.throws(() => Endpoint.of("h", port), { code: "ERR_INVALID_ENDPOINT" });
    assert.throws(() => Endpoint.of("h", 1).withPort(port), { code: "ERR_INVALID_ENDPOINT" });
  }
});

Deno.test("Endpoint.withPort() and withTransport() change one part and leave the original alone", () => {
  const endpoint = Endpoint.parse("mptcp6@host:443");
  assert.equal(endpoint.withPort(80).toString(), "mptcp6@host:80");
  assert.equal(endpoint.withPort(undefined).toString(), "mptcp6@host");
  assert.equal(endpoint.withTransport("quic").toString(), "quic6@host:443");
  assert.equal(endpoint.withTransport(undefined).toString(), "host:443");
  assert.equal(endpoint.toString(), "mptcp6@host:443");
  assert.throws(() => Object.assign(endpoint, { port: 1 }), TypeError);
});

Deno.test("Endpoint.equals() counts transport, family, host and port", () => {
  const texts = ["h:1", "h:2", "g:1", "tcp@h:1", "tcp4@h:1", "tcp6@h:1", "mptcp@h:1", "h"];
  for (const left of texts) {
    for (const right of texts) {
      assert.equal(Endpoint.parse(left).equals(Endpoint.parse(right)), left === right, `${left} ${right}`);
    }
  }
});

Deno.test("Endpoint.address is the text without the prefix", () => {
  assert.equal(Endpoint.parse("mptcp6@[::1]:443").address, "[::1]:443");
  assert.equal(Endpoint.parse("tcp@h:1").address, "h:1");
  assert.equal(Endpoint.parse("tcp@[::1]").address, "::1");
});
