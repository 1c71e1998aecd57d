/**
 * Lines that address the interfaces of a path and route by source address, so that every pair of a
 * client's and a server's address has the path of the client's address.
 *
 * A line can be repeated: an interface that was taken down loses its routes, neighbours and IPv6 addresses,
 * and gets them back by the same lines.
 *
 * @module
 */
import { IPV4_PREFIX, IPV6_PREFIX, type LinkEnd, networkOf } from "./addresses.ts";
import { farEnd } from "./devices.ts";
import { inHost, setting } from "./hosts.ts";
import type { PathPlan } from "./plan.ts";

/** Rules and tables of path i have this number plus i; routes in the main table this metric plus i. */
const BASE = 100;
/** After every route that a path has. */
const LAST_METRIC = 9999;

/** The addresses of an end that it has. */
function addressesOf(end: LinkEnd): readonly string[] {
  return [end.ipv4, end.ipv6].filter((address) => address !== null);
}

/** How the client's end of a path is. */
export interface ClientState {
  /** Whether its interface is up. */
  readonly up: boolean;
  /** Whether it has its addresses. */
  readonly addressed: boolean;
}

/** The lines that bring the client's end of a path into a state, whatever it is in. */
export function clientLines(path: PathPlan, state: ClientState, neighbours: boolean): readonly string[] {
  const { host, device } = path.client;
  const flush = ["-4", "-6"].map((family) => `ip -n ${host} ${family} addr flush dev ${device} scope global`);
  if (!state.up) return [`ip -n ${host} link set dev ${device} down`, ...(state.addressed ? [] : flush)];
  if (!state.addressed) return [`ip -n ${host} link set dev ${device} up`, ...flush];
  return [...endLines(path.client), ...wayLines(path, path.client, farEnd(path), neighbours)];
}

/** The lines that bring all interfaces of a path up. */
export function pathLines(path: PathPlan, neighbours: boolean): readonly string[] {
  const { client, router, server } = path;
  const far = farEnd(path);
  return [
    ...clientLines(path, { up: true, addressed: true }, neighbours),
    ...endLines(far),
    ...(neighbours ? neighbourLines(far, client) : []),
    ...(router === null ? [] : [
      ...endLines(router.server),
      ...neighbourLines(router.server, server),
      ...endLines(server),
      ...wayLines(path, server, router.server, true),
    ]),
  ];
}

/** The lines that can be said only once: which table is asked for which source address. */
export function ruleLines(path: PathPlan): readonly string[] {
  // Without a router the server answers each client address over the network that they share.
  const ends = path.router === null ? [path.client] : [path.client, path.server];
  const table = BASE + path.index;
  return ends.flatMap((end) =>
    addressesOf(end).flatMap((address) => [
      `ip -n ${end.host} ${family(address)} rule add from ${address} lookup ${table} pref ${table}`,
      // Without the interface there is no other way for these addresses.
      `ip -n ${end.host} ${
        family(address)
      } route add unreachable default metric ${LAST_METRIC} table ${table}`,
    ])
  );
}

function endLines(end: LinkEnd): readonly string[] {
  return [
    // Else the kernel would speak of groups and neighbours over a path that has no IPv6.
    ...(end.ipv6 === null ? [inHost(end.host, setting(`ipv6/conf/${end.device}/disable_ipv6`, 1))] : []),
    `ip -n ${end.host} link set dev ${end.device} up`,
    ...addressesOf(end).map((address) =>
      // Without nodad an IPv6 address would be unusable for the first second.
      `ip -n ${end.host} addr replace ${address}/${prefixOf(address)} dev ${end.device}` +
      (address.includes(":") ? " nodad" : "")
    ),
  ];
}

/** How a host sends over a path: its neighbour, its own table, and its share of the main table. */
function wayLines(path: PathPlan, end: LinkEnd, gateway: LinkEnd, neighbours: boolean): readonly string[] {
  const number = BASE + path.index;
  const beyond = end.host === "client" ? path.server : path.client;
  return [
    ...(neighbours ? neighbourLines(end, gateway) : []),
    ...addressesOf(gateway).flatMap((via) => {
      const route = `ip -n ${end.host} ${family(via)} route replace`;
      const target = via.includes(":") ? beyond.ipv6 : beyond.ipv4;
      const hop = `via ${via} dev ${end.device}`;
      return [
        `${route} default ${hop} table ${number}`,
        ...(path.router === null || target === null ? [] : [
          // A connection that is not bound to an address takes the path of the address that it goes to.
          `${route} ${networkOf(target)} ${hop}`,
          `${route} default ${hop} metric ${number}`,
        ]),
      ];
    }),
  ];
}

/** Known from the start, so that no first packet waits for an answer that is delayed, lost or swallowed. */
function neighbourLines(end: LinkEnd, other: LinkEnd): readonly string[] {
  return addressesOf(other).map((address) =>
    `ip -n ${end.host} neigh replace ${address} lladdr ${other.mac} dev ${end.device} nud permanent`
  );
}

function family(address: string): "-4" | "-6" {
  return address.includes(":") ? "-6" : "-4";
}

function prefixOf(address: string): number {
  return address.includes(":") ? IPV6_PREFIX : IPV4_PREFIX;
}
