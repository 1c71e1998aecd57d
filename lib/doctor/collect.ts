import {
  AF_INET,
  close,
  errnoName,
  fullInfo,
  IPPROTO_MPTCP,
  setInt,
  SOCK_DGRAM,
  SOCK_STREAM,
  socket,
  SOL_UDP,
  UDP_GRO,
  UDP_SEGMENT,
} from "../../ffi/mod.ts";
import { MptError } from "../base/errors.ts";
import { Ip } from "../base/ip.ts";
import { chooseBackend } from "../crypto/choose.ts";
import { requireFfi } from "../io/ffi_access.ts";
import { DEFAULT_BUFFER_BYTES } from "../io/datagram_socket.ts";
import { chooseDatagramBackend } from "../io/open_datagram_socket.ts";
import { readProc } from "../io/proc.ts";
import { systemError } from "../io/system_error.ts";
import { setBufferSizes } from "../io/udp_options.ts";
import { readCounters } from "../mptcp/counters.ts";
import { mptcpProblem } from "../mptcp/state.ts";
import { type LocalAddress, localAddresses } from "../netlink/interfaces.ts";
import { links } from "../netlink/interfaces.ts";
import { readPathManager } from "../netlink/path_manager.ts";
import type { Route } from "../netlink/route.ts";
import { routes, routeTo, rules } from "../netlink/routing.ts";
import { mptcpSockets } from "../netlink/sockets.ts";
import { isUsable } from "./addresses.ts";
import { type Fact, read } from "./fact.ts";
import {
  type Facts,
  type Grant,
  type PermissionName,
  PERMISSIONS,
  type Routing,
  type SocketProblem,
  type SourceRoute,
  type SysctlPath,
  SYSCTLS,
} from "./facts.ts";

/** Reads everything that the checks look at. Changes nothing, sends nothing, and never throws. */
export function collect(): Facts {
  const addresses = read(localAddresses);
  return {
    os: Deno.build.os,
    kernelRelease: read(kernelRelease),
    mptcpSocket: read(trySocket),
    fullInfo: read(tryFullInfo),
    sockDiag: read(trySockDiag),
    sysctls: Object.fromEntries(
      SYSCTLS.map((path) => [path, read(() => readProc(`/proc/sys/${path}`)?.trim() ?? null)]),
    ) as Record<SysctlPath, Fact<string | null>>,
    pathManager: read(readPathManager),
    links: read(links),
    addresses,
    routing: addresses.known ? read(() => readRouting(addresses.value)) : addresses,
    reversePathFilter: read(readReversePathFilter),
    counters: read(readCounters),
    permissions: Object.fromEntries(PERMISSIONS.map((name) => [name, grantOf(name)])) as Record<
      PermissionName,
      Grant
    >,
    packetProtection: packetProtection(),
    datagramSockets: chooseDatagramBackend(),
    udpBuffers: read(tryUdpBuffers),
    udpOffload: read(tryUdpOffload),
  };
}

function kernelRelease(): string {
  try {
    return Deno.osRelease();
  } catch (error) {
    const release = Deno.build.os === "linux" ? tryProc("/proc/sys/kernel/osrelease") : null;
    if (release !== null) return release.trim();
    throw new MptError("ERR_PERMISSION", "Cannot read the kernel release: run again with --allow-sys", {
      cause: error,
      fix: "--allow-sys",
    });
  }
}

function tryProc(path: string): string | null {
  try {
    return readProc(path);
  } catch {
    // The caller has another reason to give.
    return null;
  }
}

function trySocket(): SocketProblem | null {
  requireFfi("open an MPTCP socket");
  const problem = mptcpProblem();
  if (problem === null) return null;
  const { code, message, fix, data } = problem;
  const errno = data["errno"];
  return {
    code,
    reason: message.replace(/^Cannot [^:]*: /, ""),
    errno: typeof errno === "string" ? errno : null,
    fix: fix ?? null,
  };
}

function tryFullInfo(): boolean {
  requireFfi("open an MPTCP socket");
  const fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
  if (fd < 0) throw systemError(fd, "open an MPTCP socket");
  try {
    return typeof fullInfo(fd) !== "number";
  } finally {
    close(fd);
  }
}

function trySockDiag(): boolean {
  requireFfi("list MPTCP sockets");
  try {
    mptcpSockets(4);
    return true;
  } catch (error) {
    if (error instanceof MptError && error.code === "ERR_PERMISSION") throw error;
    return false;
  }
}

/** RFC 5737 and RFC 3849: addresses of documentation, which nobody has a route of their own to. */
const DESTINATIONS: readonly Ip[] = ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"]
  .map((text) => Ip.parse(text));

function readRouting(addresses: readonly LocalAddress[]): Routing {
  const all = routes();
  const used = new Set([...all.map(({ table }) => table), ...rules().map(({ table }) => table)]);
  const destination = (family: 4 | 6): Ip => {
    const candidates = DESTINATIONS.filter((ip) => ip.family === family);
    return candidates.find((ip) => !all.some((route) => isSpecific(route, ip))) ?? candidates[0]!;
  };
  const defaultInterface = (family: 4 | 6): number | null =>
    routeTo({ to: destination(family) })?.interfaceIndex ?? null;
  return {
    sources: addresses.filter(isUsable).map((address) => sourceRoute(address, destination, all)),
    defaultInterface: { 4: defaultInterface(4), 6: defaultInterface(6) },
    usedTables: [...used],
  };
}

/** Whether a route to an address is for its network, as on a host that lives in one of documentation. */
function isSpecific(route: Route, ip: Ip): boolean {
  if (route.family !== ip.family || route.destination === undefined || route.prefixLength < 4) return false;
  const [a, b] = [route.destination.bytes, ip.bytes];
  const whole = route.prefixLength >> 3;
  const mask = 0xff00 >> (route.prefixLength & 7) & 0xff;
  return a.subarray(0, whole).every((byte, i) => byte === b[i]) &&
    ((a[whole] ?? 0) & mask) === ((b[whole] ?? 0) & mask);
}

function sourceRoute(
  address: LocalAddress,
  destinationOf: (family: 4 | 6) => Ip,
  all: readonly Route[],
): SourceRoute {
  const { ip: from, index } = address;
  const to = destinationOf(from.family);
  const hops = all
    .filter((route) => route.family === from.family && route.prefixLength === 0 && route.type === "unicast")
    .flatMap((route) => route.nextHops.length > 0 ? route.nextHops : [route])
    .filter((hop) => hop.interfaceIndex === index);
  return {
    address,
    destination: to,
    interfaceIndex: routeTo({ to, from })?.interfaceIndex ?? null,
    boundInterfaceIndex: routeTo({ to, from, interfaceIndex: index })?.interfaceIndex ?? null,
    hasDefaultRoute: hops.length > 0,
    gateway: hops.find((hop) => hop.gateway !== undefined)?.gateway ?? null,
  };
}

function readReversePathFilter(): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const name of ["all", ...links().map((link) => link.name)]) {
    const value = readProc(`/proc/sys/net/ipv4/conf/${name}/rp_filter`);
    if (value !== null) values.set(name, Number(value.trim()));
  }
  return values;
}

function grantOf(name: PermissionName): Grant {
  const { state, partial } = Deno.permissions.querySync({ name });
  if (state === "granted") return partial ? "partial" : "granted";
  return partial ? "partial" : "missing";
}

function tryUdpOffload(): { readonly gso: string | null; readonly gro: string | null } {
  requireFfi("open a UDP socket");
  const fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) throw systemError(fd, "open a UDP socket");
  try {
    const trial = (option: number, value: number): string | null => {
      const result = setInt(fd, SOL_UDP, option, value);
      return result < 0 ? errnoName(-result) : null;
    };
    return { gso: trial(UDP_SEGMENT, 1200), gro: trial(UDP_GRO, 1) };
  } finally {
    close(fd);
  }
}

function packetProtection(): Facts["packetProtection"] {
  const { backend, reason } = chooseBackend();
  return { backend: backend.name, reason };
}

/** What a socket of QUIC gets: with CAP_NET_ADMIN more than the limits in net.core. */
function tryUdpBuffers(): { readonly receive: number; readonly send: number; readonly wanted: number } {
  requireFfi("open a UDP socket");
  const fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) throw systemError(fd, "open a UDP socket");
  try {
    const { receive, send } = setBufferSizes(fd, {});
    return { receive, send, wanted: DEFAULT_BUFFER_BYTES };
  } finally {
    close(fd);
  }
}
