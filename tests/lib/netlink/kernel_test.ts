import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { Ip } from "../../../lib/base/ip.ts";
import {
  findMptcpSocket,
  findTcpSocket,
  links,
  localAddresses,
  readPathManager,
  routes,
  routeTo,
  rules,
  tcpSockets,
} from "../../../lib/netlink/mod.ts";
import { output } from "../../support/command.ts";
import "../../support/open_libc.ts";
import { requires } from "../../support/requires.ts";

// The kernel's answers beside what `ip -j` and `ss` make of them. Other tests change neither interfaces nor
// routes of this namespace.

type Json = Readonly<Record<string, unknown>>;

async function ip(...args: readonly string[]): Promise<readonly Json[]> {
  return JSON.parse(await output(["ip", "-json", "-details", ...args]) || "[]");
}

/** Sorted, because `ip` and the kernel need not agree on the order. */
function sorted(values: readonly unknown[]): readonly string[] {
  return values.map((value) => JSON.stringify(value)).toSorted();
}

Deno.test({
  name: "links() agrees with ip link",
  ...requires("ffi", "tool:ip"),
  fn: async () => {
    const expected = (await ip("link")).map((link) => ({
      index: link["ifindex"],
      name: link["ifname"],
      mtu: link["mtu"],
      up: flags(link).includes("UP"),
      lowerUp: flags(link).includes("LOWER_UP"),
      loopback: flags(link).includes("LOOPBACK"),
      qdisc: link["qdisc"],
      kind: kind(link),
    }));
    const found = links().map(({ index, name, mtu, up, lowerUp, loopback, qdisc, kind }) => ({
      index,
      name,
      mtu,
      up,
      lowerUp,
      loopback,
      qdisc,
      kind,
    }));
    assert.deepEqual(sorted(found), sorted(expected));
  },
});

function flags(link: Json): readonly unknown[] {
  return Array.isArray(link["flags"]) ? link["flags"] : [];
}

function kind(link: Json): unknown {
  const info = link["linkinfo"];
  return typeof info === "object" && info !== null && "info_kind" in info ? info.info_kind : undefined;
}

Deno.test({
  name: "localAddresses() agrees with ip address",
  ...requires("ffi", "tool:ip"),
  fn: async () => {
    const expected = (await ip("address")).flatMap((link) =>
      (Array.isArray(link["addr_info"]) ? link["addr_info"] : []).map((address: Json) => ({
        ip: address["local"],
        prefixLength: address["prefixlen"],
        interface: link["ifname"],
        index: link["ifindex"],
        mtu: link["mtu"],
        scope: address["scope"],
      }))
    );
    assert.ok(expected.length > 0);
    const found = localAddresses().map(({ ip, prefixLength, interface: name, index, mtu, scope }) => ({
      ip: ip.withZone(undefined).toString(),
      prefixLength,
      interface: name,
      index,
      mtu,
      scope,
    }));
    assert.deepEqual(sorted(found), sorted(expected));
  },
});

for (const family of [4, 6] as const) {
  Deno.test({
    name: `routes() agrees with ip -${family} route show table all`,
    ...requires("ffi", "tool:ip"),
    fn: async () => {
      const names = new Map(links().map(({ index, name }) => [index, name]));
      const expected = (await ip(`-${family}`, "route", "show", "table", "all")).map((route) => ({
        destination: route["dst"],
        dev: route["dev"],
        gateway: route["gateway"],
        source: route["prefsrc"],
        priority: route["metric"] ?? 0,
        type: route["type"],
        hops: Array.isArray(route["nexthops"]) ? route["nexthops"].length : 0,
      }));
      const found = routes().filter((route) => route.family === family).map((route) => ({
        destination: destination(route.destination, route.prefixLength, family),
        dev: names.get(route.interfaceIndex ?? 0),
        gateway: route.gateway?.toString(),
        source: route.preferredSource?.toString(),
        priority: route.priority,
        type: route.type,
        hops: route.nextHops.length,
      }));
      assert.deepEqual(sorted(found), sorted(expected));
    },
  });

  Deno.test({
    name: `rules() agrees with ip -${family} rule`,
    ...requires("ffi", "tool:ip"),
    fn: async () => {
      const tables: Readonly<Record<string, string>> = { "255": "local", "254": "main", "253": "default" };
      const expected = (await ip(`-${family}`, "rule")).map((rule) => ({
        priority: rule["priority"],
        table: rule["table"],
        source: rule["src"],
      }));
      const found = rules().filter((rule) => rule.family === family).map((rule) => ({
        priority: rule.priority,
        table: tables[String(rule.table)] ?? String(rule.table),
        source: rule.source?.toString() ?? "all",
      }));
      assert.deepEqual(sorted(found), sorted(expected));
    },
  });
}

function destination(ip: Ip | undefined, prefixLength: number, family: 4 | 6): string {
  if (ip === undefined) return "default";
  return prefixLength === (family === 4 ? 32 : 128) ? ip.toString() : `${ip}/${prefixLength}`;
}

Deno.test({
  name: "routeTo() finds the loopback interface for 127.0.0.1, and nothing from an address that is not here",
  ...requires("ffi"),
  fn: () => {
    const route = routeTo({ to: Ip.parse("127.0.0.1") });
    assert.equal(route?.type, "local");
    assert.equal(links().find(({ index }) => index === route?.interfaceIndex)?.loopback, true);
    assert.equal(routeTo({ to: Ip.parse("127.0.0.1"), from: Ip.parse("203.0.113.77") }), null);
  },
});

Deno.test({
  name: "findTcpSocket() finds both ends of a TCP connection, and not the listener in place of a third",
  ...requires("ffi"),
  fn: async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const accepted = listener.accept();
    using client = await Deno.connect({ hostname: "127.0.0.1", port });
    using server = await accepted;
    const near = Endpoint.of("127.0.0.1", client.localAddr.port);
    const far = Endpoint.of("127.0.0.1", port);
    await client.write(Uint8Array.of(1, 2, 3));
    assert.equal(await server.read(new Uint8Array(8)), 3);
    const found = findTcpSocket(near, far);
    assert.equal(found?.state, 1);
    assert.equal(found.tcpInfo?.bytesSent, 3);
    assert.equal(found.ulp, undefined);
    assert.equal(findTcpSocket(far, near)?.tcpInfo?.bytesReceived, 3);
    assert.equal(findTcpSocket(far, Endpoint.of("127.0.0.1", 1)), undefined);
    assert.ok(tcpSockets(4, 1 << 1).some(({ local }) => local.equals(near)));
    assert.ok(tcpSockets(4, 1 << 10).some(({ local, state }) => local.equals(far) && state === 10));
  },
});

Deno.test({
  name: "readPathManager() agrees with ip mptcp limits and endpoint",
  ...requires("mptcp", "tool:ip"),
  fn: async () => {
    const { limits, endpoints } = readPathManager();
    // Not JSON: iproute2 6.1 prints the limits as text whatever it is asked for
    const shown = await output(["ip", "mptcp", "limits"]);
    assert.match(shown, new RegExp(`subflows ${limits.subflows}\\b`));
    assert.match(shown, new RegExp(`add_addr_accepted ${limits.addAddrAccepted}\\b`));
    assert.equal(endpoints.length, (await ip("mptcp", "endpoint")).length);
  },
});

Deno.test({
  name: "findMptcpSocket() finds nothing for a token that no connection has",
  ...requires("mptcp"),
  fn: () => assert.equal(findMptcpSocket(0), undefined),
});
