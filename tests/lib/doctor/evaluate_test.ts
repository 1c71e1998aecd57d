import assert from "node:assert/strict";
import { Ip } from "../../../lib/base/ip.ts";
import { evaluate } from "../../../lib/doctor/evaluate.ts";
import { known } from "../../../lib/doctor/fact.ts";
import type { Facts, SysctlPath } from "../../../lib/doctor/facts.ts";
import type { CheckStatus } from "../../../lib/doctor/result.ts";
import {
  address,
  checkOf,
  endpoint,
  ETH0,
  healthy,
  link,
  source,
  sysctls,
  unread,
  WLAN0,
} from "./some_facts.ts";

const LIMITS = { subflows: 2, addAddrAccepted: 2 };
const FIRST = address("10.0.0.2", ETH0);
const SECOND = address("10.1.0.2", WLAN0);

/** A claim, the facts, the check that tells, how it goes, and what its text and its fix have to say. */
type Case = readonly [string, Partial<Facts>, string, CheckStatus, RegExp, (RegExp | null)?];

function setting(path: SysctlPath, value: string | null): Partial<Facts> {
  return { sysctls: sysctls({ [path]: value }) };
}

function endpoints(...list: readonly ReturnType<typeof endpoint>[]): Partial<Facts> {
  return { pathManager: known({ limits: LIMITS, endpoints: list }) };
}

function counters(values: Readonly<Record<string, number>>): Partial<Facts> {
  return { counters: known(new Map(Object.entries(values).map(([name, n]) => [`MPTcpExt${name}`, n]))) };
}

function routing(...sources: readonly ReturnType<typeof source>[]): Partial<Facts> {
  return { routing: known({ sources, defaultInterface: { 4: 2, 6: null }, usedTables: [253, 254, 255] }) };
}

function refused(
  code: "ERR_MPTCP_DISABLED" | "ERR_MPTCP_UNSUPPORTED",
  reason: string,
  errno: string,
): Partial<Facts> {
  return { mptcpSocket: known({ code, reason, errno, fix: "do this" }) };
}

const wrongWay = source(SECOND, { interfaceIndex: 2 });

const CASES: readonly Case[] = [
  // kernel
  ["a kernel release", {}, "kernel", "ok", /Linux 6\.18\.44/],
  ["another system", { os: "darwin" }, "kernel", "warn", /on Linux only/],
  [
    "an unread release",
    { kernelRelease: unread("no", "--allow-sys") },
    "kernel",
    "unknown",
    /: no\.$/,
    /sys/,
  ],
  ["an MPTCP socket", {}, "mptcp-support", "ok", /can be opened/, null],
  [
    "no MPTCP in the kernel",
    refused("ERR_MPTCP_UNSUPPORTED", "this kernel is older", "EINVAL"),
    "mptcp-support",
    "fail",
    /this kernel is older/,
    /do this/,
  ],
  [
    "MPTCP switched off",
    {
      ...refused("ERR_MPTCP_DISABLED", "net.mptcp.enabled is 0", "ENOPROTOOPT"),
      ...setting("net/mptcp/enabled", "0"),
    },
    "mptcp-support",
    "fail",
    /net\.mptcp\.enabled is 0/,
  ],
  ["a kernel before 6.5", { fullInfo: known(false) }, "mptcp-full-info", "warn", /MPTCP_FULL_INFO/, /6\.5/],
  [
    "a kernel without mptcp_diag",
    { sockDiag: known(false) },
    "mptcp-sock-diag",
    "warn",
    /does not list/,
    /mptcp_diag/,
  ],
  // settings
  ["enabled 1", {}, "enabled", "ok", /allowed/],
  ["enabled 0 with a socket", setting("net/mptcp/enabled", "0"), "enabled", "fail", /refused/, /enabled=1/],
  ["checksums", setting("net/mptcp/checksum_enabled", "1"), "checksum", "ok", /cost of throughput/],
  [
    "no joins to the first address",
    setting("net/mptcp/allow_join_initial_addr_port", "0"),
    "join-initial-address",
    "warn",
    /load balancer/,
    /=1$/,
  ],
  ["a blackhole timeout", {}, "blackhole-timeout", "ok", /3600 s/],
  [
    "no blackhole timeout",
    setting("net/mptcp/blackhole_timeout", "0"),
    "blackhole-timeout",
    "ok",
    /waits anew/,
  ],
  ["2 SYNs", {}, "syn-retransmissions", "ok", /takes 7 s/],
  [
    "8 SYNs",
    setting("net/mptcp/syn_retrans_before_tcp_fallback", "8"),
    "syn-retransmissions",
    "warn",
    /takes 511 s/,
    /=2$/,
  ],
  [
    "paths that never go stale",
    setting("net/mptcp/stale_loss_cnt", "0"),
    "stale-loss-count",
    "warn",
    /never set aside/,
    /=4$/,
  ],
  ["another scheduler", setting("net/mptcp/scheduler", "burst"), "scheduler", "ok", /burst/],
  // path manager
  ["a path manager of the kernel", {}, "path-manager", "ok", /kernel decides/],
  [
    "a path manager in user space",
    setting("net/mptcp/path_manager", "userspace"),
    "path-manager",
    "ok",
    /mptcpd/,
  ],
  [
    "pm_type 1 of older kernels",
    { sysctls: sysctls({ "net/mptcp/path_manager": null, "net/mptcp/pm_type": "1" }) },
    "path-manager",
    "ok",
    /mptcpd/,
  ],
  [
    "an unread path manager",
    { pathManager: unread("no", null) },
    "path-manager",
    "unknown",
    /is unknown: no/,
  ],
  ["a limit of 2 subflows", {}, "limit-subflows", "ok", /2 subflows/],
  [
    "a limit of 0 subflows",
    { pathManager: known({ limits: { subflows: 0, addAddrAccepted: 2 }, endpoints: [] }) },
    "limit-subflows",
    "warn",
    /limit is 0/,
    /subflows 2/,
  ],
  [
    "fewer subflows than endpoints",
    {
      pathManager: known({
        limits: { subflows: 1, addAddrAccepted: 0 },
        endpoints: [endpoint(1, "10.0.0.2", { subflow: true }), endpoint(2, "10.1.0.2", { fullmesh: true })],
      }),
    },
    "limit-subflows",
    "warn",
    /fewer than the 2 endpoints/,
    /subflows 2/,
  ],
  ["announced addresses that are used", {}, "limit-add-addr-accepted", "ok", /2 addresses/],
  [
    "announced addresses that are not used",
    { pathManager: known({ limits: { subflows: 2, addAddrAccepted: 0 }, endpoints: [] }) },
    "limit-add-addr-accepted",
    "warn",
    /not used/,
    /^ip mptcp limits set add_addr_accepted 2$/,
  ],
  // endpoints
  ["endpoints", {}, "endpoints", "ok", /from 1 endpoint, and 0 announced/],
  [
    "no endpoints on two interfaces",
    endpoints(),
    "endpoints",
    "warn",
    /eth0 and wlan0/,
    /^ip mptcp endpoint add 10\.1\.0\.2 dev wlan0 subflow$/,
  ],
  [
    "no endpoints on one interface",
    { ...endpoints(), ...routing(source(FIRST)) },
    "endpoints",
    "ok",
    /one interface/,
    null,
  ],
  [
    "an endpoint that is not on this host",
    endpoints(endpoint(3, "10.9.9.9", { subflow: true })),
    "endpoint-address",
    "fail",
    /10\.9\.9\.9 \(id 3\) is not on this host/,
    /delete id 3/,
  ],
  [
    "an announced address behind a NAT",
    endpoints(endpoint(3, "198.51.100.7", { signal: true })),
    "endpoint-address",
    "warn",
    /NAT/,
  ],
  [
    "an announced address with a port that is not here",
    endpoints(endpoint(3, "198.51.100.7", { signal: true, port: 443 })),
    "endpoint-address",
    "fail",
    /cannot be opened/,
  ],
  [
    "an endpoint on another interface",
    endpoints(endpoint(4, "10.1.0.2", { subflow: true, backup: true, interfaceIndex: 2 })),
    "endpoint-interface",
    "fail",
    /bound to eth0, but the address is on wlan0/,
    /add 10\.1\.0\.2 dev wlan0 subflow backup$/,
  ],
  [
    "an endpoint on an interface that went",
    endpoints(endpoint(4, "10.1.0.2", { subflow: true, interfaceIndex: 9 })),
    "endpoint-interface",
    "fail",
    /does not exist/,
    /delete id 4/,
  ],
  [
    "an endpoint on an interface that is down",
    { links: known([ETH0, link(3, "wlan0", { up: false, lowerUp: false })]) },
    "endpoint-interface",
    "warn",
    /wlan0 .* is down/,
    /ip link set wlan0 up/,
  ],
  [
    "an endpoint on an interface without a link",
    { links: known([ETH0, link(3, "wlan0", { lowerUp: false })]) },
    "endpoint-interface",
    "warn",
    /has no link/,
    null,
  ],
  // addresses
  ["two interfaces", {}, "addresses", "ok", /eth0 and wlan0/],
  [
    "one interface",
    routing(source(FIRST), source(address("2001:db8:1::2", ETH0))),
    "addresses",
    "warn",
    /by eth0 only/,
  ],
  ["no interface", routing(), "addresses", "warn", /only loopback/],
  [
    "unread addresses",
    { addresses: unread("no", "--allow-ffi") },
    "addresses",
    "unknown",
    /unknown: no/,
    /--allow-ffi/,
  ],
  [
    "a container bridge without a route",
    {
      links: known([ETH0, link(3, "docker0", { kind: "bridge" })]),
      ...routing(
        source(FIRST),
        source(address("172.17.0.1", link(3, "docker0")), { hasDefaultRoute: false, interfaceIndex: 2 }),
      ),
    },
    "addresses",
    "warn",
    /by eth0 only/,
  ],
  [
    "a bridge that is the way out",
    { links: known([ETH0, link(3, "wlan0", { kind: "bridge" })]) },
    "addresses",
    "ok",
    /eth0 and wlan0/,
  ],
  // routes
  ["routes by the own interface", {}, "source-route", "ok", /leave by the interface that holds it/],
  [
    "a route by another interface",
    routing(
      source(FIRST),
      source(SECOND, { interfaceIndex: 2, boundInterfaceIndex: 2, gateway: Ip.parse("10.1.0.254") }),
    ),
    "source-route",
    "warn",
    /10\.1\.0\.2, which is on wlan0, leave by eth0/,
    /^ip route add 10\.1\.0\.0\/24 dev wlan0 table 103\nip route add default via 10\.1\.0\.254 dev wlan0 table 103\nip rule add from 10\.1\.0\.2 table 103$/,
  ],
  [
    "a route by another interface for all but subflows",
    routing(source(FIRST), wrongWay),
    "source-route",
    "ok",
    /bound to wlan0 by their endpoint/,
  ],
  [
    "a route by another interface for an announced address",
    {
      ...routing(source(FIRST), wrongWay),
      ...endpoints(endpoint(1, "10.1.0.2", { subflow: true, signal: true, interfaceIndex: 3 })),
    },
    "source-route",
    "warn",
    /leave by eth0/,
  ],
  [
    "no route and no router",
    {
      ...routing(
        source(FIRST),
        source(SECOND, {
          interfaceIndex: null,
          boundInterfaceIndex: null,
          hasDefaultRoute: false,
          gateway: null,
        }),
      ),
      ...endpoints(),
    },
    "source-route",
    "warn",
    /no route beyond their own network/,
    /default via ROUTER dev wlan0/,
  ],
  [
    "a point-to-point link",
    {
      ...routing(
        source(FIRST),
        source(address("10.1.0.2", WLAN0, { prefixLength: 32 }), { interfaceIndex: 2, gateway: null }),
      ),
      ...endpoints(),
    },
    "source-route",
    "warn",
    /leave by eth0/,
    /^ip route add default dev wlan0 table 103\nip rule/,
  ],
  [
    "an IPv6 address",
    {
      ...routing(
        source(address("2001:db8:1::2", ETH0)),
        source(address("2001:db8:2:0:1::2", WLAN0), { interfaceIndex: 2 }),
      ),
      ...endpoints(),
    },
    "source-route",
    "warn",
    /2001:db8:2:0:1::2/,
    /^ip -6 route add 2001:db8:2::\/64 dev wlan0 table 103\nip -6 route add default via fe80::1 dev wlan0/,
  ],
  [
    "no route from anywhere",
    routing(
      ...[FIRST, SECOND].map((each) =>
        source(each, {
          interfaceIndex: null,
          boundInterfaceIndex: null,
          hasDefaultRoute: false,
          gateway: null,
        })
      ),
    ),
    "source-route",
    "ok",
    /No address has a route/,
  ],
  // reverse path filter
  ["a loose filter", {}, "reverse-path-filter", "ok", /not strict/],
  [
    "a strict filter with own routes",
    { reversePathFilter: known(new Map([["all", 1], ["eth0", 0], ["wlan0", 0]])) },
    "reverse-path-filter",
    "ok",
    /own route back/,
  ],
  [
    "a strict filter without own routes",
    {
      reversePathFilter: known(new Map([["all", 1], ["eth0", 0], ["wlan0", 0]])),
      ...routing(source(FIRST), wrongWay),
    },
    "reverse-path-filter",
    "warn",
    /strict on wlan0/,
    /^sysctl -w net\.ipv4\.conf\.all\.rp_filter=2$/,
  ],
  [
    "a strict filter on one interface",
    {
      reversePathFilter: known(new Map([["all", 0], ["eth0", 0], ["wlan0", 1]])),
      ...routing(source(FIRST), wrongWay),
    },
    "reverse-path-filter",
    "warn",
    /strict on wlan0/,
    /^sysctl -w net\/ipv4\/conf\/wlan0\/rp_filter=2$/,
  ],
  [
    "a strict filter that `all` loosens",
    {
      reversePathFilter: known(new Map([["all", 2], ["eth0", 1], ["wlan0", 1]])),
      ...routing(source(FIRST), wrongWay),
    },
    "reverse-path-filter",
    "ok",
    /not strict/,
  ],
  [
    "a strict filter on a host with one interface",
    { reversePathFilter: known(new Map([["all", 1]])), ...routing(source(FIRST)) },
    "reverse-path-filter",
    "ok",
    /does not notice/,
  ],
  // congestion control
  ["cubic", {}, "congestion-control", "ok", /cubic/],
  ["bbr with fq", setting("net/ipv4/tcp_congestion_control", "bbr"), "congestion-control", "ok", /bbr/],
  [
    "bbr without fq",
    {
      ...setting("net/ipv4/tcp_congestion_control", "bbr"),
      links: known([link(2, "eth0", { qdisc: "pfifo_fast" }), WLAN0]),
    },
    "congestion-control",
    "warn",
    /on eth0:/,
    /cubic/,
  ],
  // counters
  ["counters", {}, "counters", "ok", /3 of 4 outgoing connections got MPTCP/],
  ["no connections", counters({ MPCapableSYNTX: 0 }), "counters", "ok", /No MPTCP connection/],
  [
    "a blackhole",
    counters({ Blackhole: 2, MPCapableSYNTXDisabled: 497 }),
    "counter-blackhole",
    "warn",
    /\(2 times\), and 497 connections/,
    /^sysctl -w net\.mptcp\.blackhole_timeout=3600$/,
  ],
  [
    "joins without an answer",
    counters({ MPJoinSynTx: 5, MPJoinSynAckRx: 2 }),
    "counter-join-unanswered",
    "warn",
    /3 of 5 further subflows/,
  ],
  [
    "joins from an absent address",
    counters({ MPJoinSynTxBindErr: 1 }),
    "counter-join-bind",
    "warn",
    /1 further subflow could/,
  ],
  [
    "joins without a route",
    counters({ MPJoinSynTxConnectErr: 2 }),
    "counter-join-connect",
    "warn",
    /no route/,
  ],
  [
    "announced addresses beyond the limit",
    counters({ AddAddrDrop: 1 }),
    "counter-add-addr-dropped",
    "warn",
    /1 announced address /,
    /add_addr_accepted 2/,
  ],
  [
    "joins beyond the limit",
    counters({ MPJoinRejected: 3, MPJoinSynRx: 3 }),
    "counter-join-rejected",
    "warn",
    /refused 3 subflows/,
    /subflows 8/,
  ],
  [
    "joins that hang",
    counters({ MPJoinSynRx: 4, MPJoinAckRx: 1 }),
    "counter-join-incomplete",
    "warn",
    /3 of 4 subflows .* TCP_DEFER_ACCEPT/,
  ],
  [
    "joins for somebody else",
    counters({ MPJoinNoTokenFound: 1 }),
    "counter-join-stray",
    "warn",
    /load balancer/,
  ],
  ["joins with a wrong proof", counters({ MPJoinAckHMacFailure: 1 }), "counter-join-hmac", "warn", /proxy/],
  [
    "options that were removed later",
    counters({ MPCapableDataFallback: 1, DssFallback: 1 }),
    "counter-options-stripped",
    "warn",
    /2 connections lost MPTCP/,
  ],
  ["changed payload", counters({ DataCsumErr: 1 }), "counter-data-changed", "warn", /rewrites data/],
  // what QUIC will want
  ["no libcrypto", { libcrypto: known(false) }, "libcrypto", "warn", /not there/, /libssl3/],
  [
    "no GSO",
    { udpOffload: known({ gso: "ENOPROTOOPT", gro: null }) },
    "udp-offload",
    "warn",
    /UDP_SEGMENT: ENOPROTOOPT/,
  ],
  // permissions
  [
    "a missing permission",
    { permissions: { ...healthy.permissions, net: "missing" } },
    "permission-net",
    "warn",
    /Without --allow-net, no connection/,
    /^--allow-net$/,
  ],
  [
    "a partial permission",
    { permissions: { ...healthy.permissions, read: "partial" } },
    "permission-read",
    "ok",
    /for some things only/,
  ],
];

for (const [claim, changes, code, status, text, fix] of CASES) {
  Deno.test(`evaluate(): ${claim} makes ${code} ${status}`, () => {
    const check = checkOf({ ...healthy, ...changes }, code);
    assert.equal(check.status, status, check.text);
    assert.match(check.text, text);
    if (fix === null) assert.equal(check.fix, null);
    else if (fix !== undefined) assert.match(check.fix ?? "", fix);
  });
}

Deno.test("evaluate() finds nothing to mend on a healthy machine", () => {
  for (const check of evaluate(healthy)) {
    assert.equal(check.status, "ok", check.text);
    assert.equal(check.fix, null);
  }
});

Deno.test("evaluate() makes every text a sentence", () => {
  for (const [, changes] of CASES) {
    for (const { text } of evaluate({ ...healthy, ...changes })) assert.match(text, /^[A-Z0-9n].*\.$/s);
  }
});

Deno.test("evaluate() tells one time only that MPTCP is switched off", () => {
  const facts = {
    ...healthy,
    ...refused("ERR_MPTCP_DISABLED", "net.mptcp.enabled is 0", "ENOPROTOOPT"),
    ...setting("net/mptcp/enabled", "0"),
  };
  assert.deepEqual(evaluate(facts).filter((check) => check.status === "fail").map(({ code }) => code), [
    "mptcp-support",
  ]);
});

Deno.test("evaluate() takes nothing that could not be read for ok or broken", () => {
  const fact = unread<never>("it needs system calls", "--allow-ffi");
  const blind: Facts = {
    ...healthy,
    kernelRelease: fact,
    mptcpSocket: fact,
    fullInfo: fact,
    sockDiag: fact,
    sysctls: Object.fromEntries(Object.keys(healthy.sysctls).map((path) => [path, fact])) as Facts["sysctls"],
    pathManager: fact,
    links: fact,
    addresses: fact,
    routing: fact,
    reversePathFilter: fact,
    counters: fact,
    libcrypto: fact,
    udpOffload: fact,
  };
  const checks = evaluate(blind).filter(({ code }) => !code.startsWith("permission-"));
  assert.ok(checks.length > 12);
  for (const check of checks) {
    assert.equal(check.status, "unknown", check.code);
    assert.equal(check.found, null);
    assert.equal(check.fix, "--allow-ffi");
    assert.match(check.text, /is unknown: it needs system calls\.$/);
  }
});

Deno.test("evaluate() passes over settings and counters that a kernel does not have", () => {
  const none = Object.fromEntries(Object.keys(healthy.sysctls).map((path) => [path, null]));
  const codes = evaluate({ ...healthy, sysctls: sysctls(none), counters: known(new Map()) }).map(({ code }) =>
    code
  );
  for (const code of ["enabled", "checksum", "scheduler", "counters"]) assert.ok(!codes.includes(code), code);
});

Deno.test("evaluate() quotes the name of an interface that a shell would not take literally", () => {
  const evil = link(3, "a;rm");
  const facts = {
    ...healthy,
    ...endpoints(),
    links: known([ETH0, evil]),
    ...routing(source(FIRST), source(address("10.1.0.2", evil))),
  };
  assert.equal(checkOf(facts, "endpoints").fix, "ip mptcp endpoint add 10.1.0.2 dev 'a;rm' subflow");
});

Deno.test("evaluate() advises a table that nothing uses yet", () => {
  const facts = {
    ...healthy,
    ...endpoints(),
    routing: known({
      sources: [source(FIRST), wrongWay],
      defaultInterface: { 4: 2, 6: null },
      usedTables: [103, 1103],
    }),
  };
  assert.match(checkOf(facts, "source-route").fix ?? "", /table 2103$/m);
});
