import assert from "node:assert/strict";
import { fromHex, toHex } from "../../../lib/base/hex.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { decodeAddresses, encodeAddressDump } from "../../../lib/netlink/address.ts";
import { AttributeWriter } from "../../../lib/netlink/attribute.ts";
import { decodeLinks, encodeLinkDump } from "../../../lib/netlink/link.ts";
import { encodeMessage } from "../../../lib/netlink/message.ts";
import { decodeRoutes, encodeRouteDump, encodeRouteGet } from "../../../lib/netlink/route.ts";
import { decodeRules, encodeRuleDump } from "../../../lib/netlink/rule.ts";
import { ADDRESSES, NO_ROUTE, ROUTE_GET, ROUTES, RULES } from "./captures.ts";

/** Values with addresses as text, to compare with. */
function plain(values: unknown): unknown {
  return JSON.parse(JSON.stringify(values));
}

Deno.test("dumps ask for both families, each with the head of its kind", () => {
  const heads = {
    link: encodeLinkDump(),
    address: encodeAddressDump(),
    route: encodeRouteDump(),
    rule: encodeRuleDump(),
  };
  assert.deepEqual(
    Object.values(heads).map((request) => [toHex(request.subarray(4, 8)), request.length - 16]),
    [["12000103", 16], ["16000103", 8], ["1a000103", 12], ["22000103", 12]],
  );
});

Deno.test("decodeLinks() reads name, number, state, MTU, kind and queue", () => {
  const attributes = new AttributeWriter().text(3, "wg0").u32(4, 1420).text(6, "noqueue")
    .nested(18, new AttributeWriter().text(1, "wireguard")).finish();
  const body = Uint8Array.of(...fromHex("00 00 feff 07000000 d1000100 00000000"), ...attributes);
  assert.deepEqual(decodeLinks([encodeMessage({ type: 16, flags: 2, sequence: 1, body })]), [{
    index: 7,
    name: "wg0",
    up: true,
    lowerUp: true,
    loopback: false,
    mtu: 1420,
    type: 65534,
    kind: "wireguard",
    qdisc: "noqueue",
  }]);
});

Deno.test("decodeAddresses() reads what Linux 6.18 answered", () => {
  assert.deepEqual(plain(decodeAddresses(ADDRESSES)), [
    {
      ip: "10.9.2.1",
      prefixLength: 24,
      interfaceIndex: 3,
      label: "c2",
      scope: "global",
      tentative: false,
      deprecated: false,
    },
    { ip: "::1", prefixLength: 128, interfaceIndex: 1, scope: "host", tentative: false, deprecated: false },
    {
      ip: "fe80::c0e4:14ff:feed:35fe",
      prefixLength: 64,
      interfaceIndex: 3,
      scope: "link",
      tentative: true,
      deprecated: false,
    },
  ]);
});

Deno.test("decodeAddresses() reads this end of a point-to-point link, and flags beyond the first byte's", () => {
  const attributes = new AttributeWriter()
    .bytes(1, fromHex("0a000002")).bytes(2, fromHex("0a000001")).u32(8, 0x60).finish();
  const body = Uint8Array.of(...fromHex("02 20 00 c8 04000000"), ...attributes);
  assert.deepEqual(plain(decodeAddresses([encodeMessage({ type: 20, flags: 2, sequence: 1, body })])), [{
    ip: "10.0.0.1",
    prefixLength: 32,
    interfaceIndex: 4,
    scope: "site",
    tentative: true,
    deprecated: true,
  }]);
});

Deno.test("decodeRoutes() reads a multipath route, a blackhole and a network of Linux 6.18", () => {
  const common = { family: 4, prefixLength: 24, table: 254 };
  assert.deepEqual(plain(decodeRoutes(ROUTES)), [
    {
      ...common,
      destination: "10.9.1.0",
      interfaceIndex: 2,
      preferredSource: "10.9.1.1",
      priority: 0,
      type: "unicast",
      nextHops: [],
    },
    {
      ...common,
      destination: "198.51.100.0",
      priority: 0,
      type: "unicast",
      nextHops: [{ interfaceIndex: 2, gateway: "10.9.1.2" }, { interfaceIndex: 3, gateway: "10.9.2.2" }],
    },
    { ...common, destination: "203.0.113.0", priority: 7, type: "blackhole", nextHops: [] },
  ]);
});

Deno.test("encodeRouteGet() asks for the route from an address by an interface", () => {
  const request = encodeRouteGet({
    to: Ip.parse("192.0.2.1"),
    from: Ip.parse("10.0.0.1"),
    interfaceIndex: 3,
  });
  assert.equal(
    toHex(request),
    toHex(fromHex(`
      34000000 1a00 0100 01000000 00000000 | 02 20 20 00 00 00 00 00 00000000
      0800 0100 c0000201 | 0800 0200 0a000001 | 0800 0400 03000000
    `)),
  );
  assert.equal(toHex(encodeRouteGet({ to: Ip.parse("::1") }).subarray(16, 20)), "0a800000");
});

Deno.test("encodeRouteGet() refuses addresses of two families", () => {
  assert.throws(() => encodeRouteGet({ to: Ip.parse("::1"), from: Ip.parse("192.0.2.1") }), {
    code: "ERR_INVALID_ADDRESS",
  });
});

Deno.test("decodeRoutes() reads the route that one packet would take", () => {
  const [route] = decodeRoutes(ROUTE_GET);
  assert.partialDeepStrictEqual(plain(route), {
    destination: "10.9.2.2",
    prefixLength: 32,
    interfaceIndex: 3,
  });
});

Deno.test("decodeRoutes() leaves out routes of the cache when a dump is read, and only those", () => {
  assert.deepEqual(decodeRoutes(ROUTE_GET, false), []);
  assert.equal(decodeRoutes(ROUTES, false).length, decodeRoutes(ROUTES).length);
});

Deno.test("decodeRoutes() throws ERR_NO_ROUTE when there is none", () => {
  assert.throws(() => decodeRoutes(NO_ROUTE), { code: "ERR_NO_ROUTE" });
});

Deno.test("decodeRoutes() reads an IPv4 route by way of an IPv6 router", () => {
  const attributes = new AttributeWriter().u32(4, 2)
    .bytes(18, fromHex("0a00 fe80 0000 0000 0000 0000 0000 0000 0001")).finish();
  const body = Uint8Array.of(...fromHex("02 00 00 00 fe 04 00 01 00000000"), ...attributes);
  const [route] = decodeRoutes([encodeMessage({ type: 24, flags: 2, sequence: 1, body })]);
  assert.equal(String(route?.gateway), "fe80::1");
  assert.equal(route?.destination, undefined);
});

Deno.test("decodeRoutes() refuses next hops whose lengths do not fit", () => {
  for (const hops of ["0700 00 00 02000000", "0000 00 00 02000000", "0c00 00 00 02000000", "0800 00"]) {
    const attributes = new AttributeWriter().bytes(9, fromHex(hops)).finish();
    const body = Uint8Array.of(...fromHex("02 00 00 00 fe 04 00 01 00000000"), ...attributes);
    assert.throws(() => decodeRoutes([encodeMessage({ type: 24, flags: 2, sequence: 1, body })]), {
      code: "ERR_PROTOCOL",
    });
  }
});

Deno.test("decodeRules() reads rules by source, destination, interface and mark of Linux 6.18", () => {
  assert.deepEqual(plain(decodeRules(RULES)), [
    {
      family: 4,
      source: "10.9.2.1",
      sourcePrefixLength: 32,
      destinationPrefixLength: 0,
      table: 102,
      priority: 500,
      not: false,
    },
    {
      family: 6,
      sourcePrefixLength: 0,
      destination: "2001:db8::",
      destinationPrefixLength: 32,
      inputInterface: "c1",
      outputInterface: "c2",
      mark: 9,
      table: 77,
      priority: 600,
      not: true,
    },
  ]);
});
