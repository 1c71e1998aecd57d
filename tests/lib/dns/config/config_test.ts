import assert from "node:assert/strict";
import fc from "fast-check";
import { Ip } from "../../../../lib/base/ip.ts";
import { localAddressesOf, parseHosts } from "../../../../lib/dns/config/hosts_file.ts";
import { parseResolvConf, serversInOrder } from "../../../../lib/dns/config/resolv_conf.ts";
import { namesToTry } from "../../../../lib/dns/config/search.ts";
import { DnsName } from "../../../../lib/dns/wire/name.ts";

const text = (values: readonly (Ip | DnsName)[]): readonly string[] => values.map(String);

Deno.test("parseResolvConf() reads servers, search list and options", () => {
  const conf = parseResolvConf(
    "# written by hand\n; old style\ndomain old.example\nnameserver 192.0.2.53\n\tnameserver\tfe80::1%eth0  # ours\n" +
      "search example.com corp.example.com.\noptions ndots:2 timeout:3 attempts:4 rotate use-vc edns0\n",
  );
  assert.deepEqual(text(conf.servers), ["192.0.2.53", "fe80::1%eth0"]);
  assert.deepEqual(text(conf.search), ["example.com", "corp.example.com"]);
  assert.deepEqual([conf.ndots, conf.timeoutSeconds, conf.attempts, conf.rotate, conf.useTcp], [
    2,
    3,
    4,
    true,
    true,
  ]);
  assert.deepEqual(conf.warnings, []);
});

Deno.test("parseResolvConf() has the defaults of glibc for an empty file", () => {
  const conf = parseResolvConf("");
  assert.deepEqual(text(conf.servers), ["127.0.0.1"]);
  assert.deepEqual([conf.ndots, conf.timeoutSeconds, conf.attempts, conf.rotate, conf.useTcp], [
    1,
    5,
    2,
    false,
    false,
  ]);
});

Deno.test("parseResolvConf() keeps what it understands and warns of the rest", () => {
  const conf = parseResolvConf(
    "nameserver banana\nnameserver ::1\nnameservers 192.0.2.1\nsearch a..b ok.example\noptions ndots:x timeout:999 wobble\nsortlist 10.0.0.0\n",
  );
  assert.deepEqual(text(conf.servers), ["::1"]);
  assert.deepEqual(text(conf.search), ["ok.example"]);
  assert.deepEqual([conf.ndots, conf.timeoutSeconds], [1, 30]);
  assert.equal(conf.warnings.length, 6);
  assert.match(conf.warnings.join("\n"), /"banana" is not an IP address/);
});

Deno.test("H2-4, H3-4 (RFC 8305 3.1): parseResolvConf() has no limit to the number of servers", () => {
  const lines = Array.from({ length: 300 }, (_, index) => `nameserver 192.0.${index >> 8}.${index & 255}`);
  assert.equal(parseResolvConf(lines.join("\n")).servers.length, 300);
});

Deno.test("parseResolvConf(), parseHosts() and namesToTry() survive any text", () => {
  const words = fc.constantFrom(
    "nameserver",
    "search",
    "options",
    "ndots:",
    "::1",
    "127.0.0.1",
    "a.b",
    " ",
    "\n",
    "\t",
    "#",
    "\0",
    ".",
  );
  const files = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(words, { maxLength: 40 }).map((each) => each.join(" ")),
  );
  fc.assert(
    fc.property(files, (file) => {
      const conf = parseResolvConf(file);
      assert.ok(conf.servers.length > 0 && conf.ndots >= 0 && conf.ndots <= 15 && conf.warnings.length <= 20);
      for (const addresses of parseHosts(file).values()) assert.ok(addresses.length > 0);
      assert.ok(namesToTry("host", conf).length > 0);
    }),
    { numRuns: 500 },
  );
});

Deno.test("H2-4, H3-4 (RFC 8305 3.1): serversInOrder() puts servers that are reached over IPv6 first", () => {
  const servers = ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.2", "fe80::1%eth0"].map((each) =>
    Ip.parse(each)
  );
  assert.deepEqual(text(serversInOrder(servers)), [
    "2001:db8::1",
    "fe80::1%eth0",
    "192.0.2.1",
    "::ffff:192.0.2.2",
  ]);
});

Deno.test("namesToTry() follows ndots, and a final dot ends the matter", () => {
  const rules = { search: [DnsName.parse("example.com"), DnsName.parse("corp")], ndots: 2 };
  assert.deepEqual(text(namesToTry("www", rules)), ["www.example.com", "www.corp", "www"]);
  assert.deepEqual(text(namesToTry("a.b.c", rules)), ["a.b.c", "a.b.c.example.com", "a.b.c.corp"]);
  assert.deepEqual(text(namesToTry("www.", rules)), ["www"]);
  assert.deepEqual(text(namesToTry("www", { search: [DnsName.root], ndots: 1 })), ["www"]);
  assert.throws(() => namesToTry("a..b", rules), /a label is empty/);
});

Deno.test("namesToTry() leaves out what becomes too long", () => {
  const long = Array.from({ length: 4 }, () => "a".repeat(60)).join(".");
  assert.deepEqual(text(namesToTry(long, { search: [DnsName.parse("example.com")], ndots: 1 })), [long]);
});

Deno.test("localAddressesOf() knows the hosts file and localhost, in any case", () => {
  const hosts = parseHosts(
    "127.0.0.1 box Box.example\n::1 box # comment other\n192.0.2.1\nnonsense name\n192.0.2.9 BOX\n",
  );
  assert.deepEqual(text(localAddressesOf(hosts, DnsName.parse("bOx")) ?? []), [
    "127.0.0.1",
    "::1",
    "192.0.2.9",
  ]);
  assert.deepEqual(text(localAddressesOf(hosts, DnsName.parse("box.example")) ?? []), ["127.0.0.1"]);
  assert.equal(localAddressesOf(hosts, DnsName.parse("other")), null);
  // RFC 6761 6.3
  assert.deepEqual(text(localAddressesOf(hosts, DnsName.parse("a.localhost")) ?? []), ["::1", "127.0.0.1"]);
  assert.equal(localAddressesOf(hosts, DnsName.parse("nolocalhost")), null);
});
