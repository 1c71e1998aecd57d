import { Ip } from "../../../lib/base/ip.ts";
import { evaluate } from "../../../lib/doctor/evaluate.ts";
import { type Fact, known } from "../../../lib/doctor/fact.ts";
import type { Facts, SourceRoute, SysctlPath } from "../../../lib/doctor/facts.ts";
import type { Check } from "../../../lib/doctor/result.ts";
import type { LocalAddress } from "../../../lib/netlink/interfaces.ts";
import type { Link } from "../../../lib/netlink/link.ts";
import type { PathManagerEndpoint } from "../../../lib/netlink/mptcp_pm.ts";

/** An interface. */
export function link(index: number, name: string, changes: Partial<Link> = {}): Link {
  const link = { index, name, up: true, lowerUp: true, loopback: false, mtu: 1500, type: 1, qdisc: "fq" };
  return { ...link, ...changes };
}

/** An address on an interface. */
export function address(
  ip: string,
  { index, name }: Link,
  changes: Partial<LocalAddress> = {},
): LocalAddress {
  return {
    ip: Ip.parse(ip),
    prefixLength: ip.includes(":") ? 64 : 24,
    interface: name,
    index,
    up: true,
    mtu: 1500,
    loopback: false,
    scope: "global",
    tentative: false,
    deprecated: false,
    ...changes,
  };
}

/** The routes of an address: by its own interface, unless told otherwise. */
export function source(address: LocalAddress, changes: Partial<SourceRoute> = {}): SourceRoute {
  return {
    address,
    destination: Ip.parse(address.ip.family === 4 ? "198.51.100.1" : "2001:db8::1"),
    interfaceIndex: address.index,
    boundInterfaceIndex: address.index,
    hasDefaultRoute: true,
    gateway: Ip.parse(address.ip.family === 4 ? "10.0.0.254" : "fe80::1"),
    ...changes,
  };
}

/** An endpoint of the path manager. */
export function endpoint(
  id: number,
  ip: string,
  changes: Partial<PathManagerEndpoint> = {},
): PathManagerEndpoint {
  return {
    id,
    ip: Ip.parse(ip),
    signal: false,
    subflow: false,
    backup: false,
    fullmesh: false,
    implicit: false,
    laminar: false,
    ...changes,
  };
}

/** The interfaces of {@linkcode healthy}: two ways to the Internet. */
export const ETH0: Link = link(2, "eth0");
export const WLAN0: Link = link(3, "wlan0");
const LO = link(1, "lo", { loopback: true });

const FIRST = address("10.0.0.2", ETH0);
const SECOND = address("10.1.0.2", WLAN0);

/** A fact that could not be read. */
export function unread<T>(reason: string, fix: string | null): Fact<T> {
  return { known: false, reason, fix };
}

const SETTINGS: Readonly<Record<SysctlPath, string | null>> = {
  "net/mptcp/enabled": "1",
  "net/mptcp/checksum_enabled": "0",
  "net/mptcp/allow_join_initial_addr_port": "1",
  "net/mptcp/blackhole_timeout": "3600",
  "net/mptcp/syn_retrans_before_tcp_fallback": "2",
  "net/mptcp/path_manager": "kernel",
  "net/mptcp/pm_type": "0",
  "net/mptcp/scheduler": "default",
  "net/mptcp/stale_loss_cnt": "4",
  "net/ipv4/tcp_congestion_control": "cubic",
  "net/ipv4/tcp_syn_linear_timeouts": "4",
};

/** Settings, all read, some changed. */
export function sysctls(
  changes: Partial<Record<SysctlPath, string | null>> = {},
): Readonly<Record<SysctlPath, Fact<string | null>>> {
  const entries = Object.entries({ ...SETTINGS, ...changes }).map(([path, value]) => [path, known(value)]);
  return Object.fromEntries(entries);
}

/** A machine with two ways to the Internet, of which every check is ok. */
export const healthy: Facts = {
  os: "linux",
  kernelRelease: known("6.18.44"),
  mptcpSocket: known(null),
  fullInfo: known(true),
  sockDiag: known(true),
  sysctls: sysctls(),
  pathManager: known({
    limits: { subflows: 2, addAddrAccepted: 2 },
    endpoints: [endpoint(1, "10.1.0.2", { subflow: true, interfaceIndex: 3 })],
  }),
  links: known([LO, ETH0, WLAN0]),
  addresses: known([address("127.0.0.1", LO, { loopback: true, scope: "host" }), FIRST, SECOND]),
  routing: known({
    sources: [source(FIRST), source(SECOND)],
    defaultInterface: { 4: 2, 6: null },
    usedTables: [253, 254, 255],
  }),
  reversePathFilter: known(new Map([["all", 0], ["lo", 0], ["eth0", 2], ["wlan0", 2]])),
  counters: known(new Map([["MPTcpExtMPCapableSYNTX", 4], ["MPTcpExtMPCapableSYNACKRX", 3]])),
  permissions: {
    net: "granted",
    ffi: "granted",
    sys: "granted",
    env: "granted",
    write: "granted",
  },
  packetProtection: { backend: "libcrypto", reason: null },
  datagramSockets: { backend: "ffi", reason: null },
  udpBuffers: known({ receive: 4_194_304, send: 4_194_304, wanted: 4_194_304 }),
  udpOffload: known({ gso: null, gro: null }),
};

/** The only check with a code. */
export function checkOf(facts: Facts, code: string): Check {
  const found = evaluate(facts).filter((check) => check.code === code);
  if (found.length !== 1) throw new Error(`Cannot find the one check ${code}: there are ${found.length}`);
  return found[0]!;
}
