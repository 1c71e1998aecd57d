import { Ip } from "../../base/ip.ts";
import { interfacesOf, uplinks } from "../addresses.ts";
import { ok, shellWord, unknown, warn } from "../check.ts";
import type { Facts, SourceRoute } from "../facts.ts";
import type { Check } from "../result.ts";

const CODE = "source-route";

/** What the reader of an advice has to put in. */
const PLACEHOLDER = "ROUTER";

/** Whether packets from each address leave by the interface that holds it. */
export function routeChecks(facts: Facts): readonly Check[] {
  const { routing } = facts;
  if (!routing.known) return [unknown(CODE, "Whether each address has its own route", routing)];
  const sources = uplinks(facts);
  // With one interface there is no wrong one
  if (interfacesOf(sources).length < 2) return [];
  const reachable = sources.filter((source) => isReachable(source, sources));
  const checks = reachable.filter((source) => !leavesByItself(source))
    .map((source) => judge(source, facts, routing.value.usedTables));
  if (checks.length > 0) return checks;
  if (reachable.length === 0) {
    return [
      ok(CODE, "No address has a route beyond the networks of this host's own interfaces.", 0),
    ];
  }
  return [ok(CODE, "Packets from each address leave by the interface that holds it.", reachable.length)];
}

/** Whether packets from an address leave by its own interface, whatever socket sends them. */
export function leavesByItself({ address, interfaceIndex }: SourceRoute): boolean {
  return interfaceIndex === address.index;
}

/**
 * On a host whose addresses of one family all have no route, as in a laboratory, nothing is wrong with one of
 * them.
 */
function isReachable(source: SourceRoute, all: readonly SourceRoute[]): boolean {
  return all.some((other) =>
    other.address.ip.family === source.address.ip.family &&
    (other.interfaceIndex !== null || other.boundInterfaceIndex !== null)
  );
}

function judge(source: SourceRoute, facts: Facts, usedTables: readonly number[]): Check {
  const { address: { ip, interface: name, index } } = source;
  const byOther = source.interfaceIndex !== null;
  const by = byOther ? interfaceName(facts, source.interfaceIndex) : null;
  const found = `${ip} on ${name} leaves by ${by ?? "nothing"}`;
  if (source.boundInterfaceIndex === index && onlyJoins(facts, source)) {
    return ok(
      CODE,
      `Subflows from ${ip} are bound to ${name} by their endpoint and leave by it; other sockets with this ` +
        `address ${byOther ? `leave by ${by}` : "have no route"}.`,
      found,
    );
  }
  const text = byOther
    ? `Packets from ${ip}, which is on ${name}, leave by ${by}: a path from this address does not use its own link.`
    : `Packets from ${ip}, which is on ${name}, have no route beyond their own network.`;
  const fix = advice(source, usedTables);
  const remark = fix.includes(PLACEHOLDER) ? ` Put the router of ${name} for ${PLACEHOLDER}.` : "";
  return warn(CODE, text + remark, found, fix);
}

/** Whether the address is used for subflows that the kernel binds to the interface, and for nothing else. */
function onlyJoins({ pathManager }: Facts, { address }: SourceRoute): boolean {
  if (!pathManager.known) return false;
  return pathManager.value.endpoints.some((endpoint) =>
    endpoint.ip.equals(address.ip) && endpoint.interfaceIndex === address.index &&
    (endpoint.subflow || endpoint.fullmesh) && !endpoint.signal
  );
}

function interfaceName({ links }: Facts, index: number | null): string {
  const link = links.known ? links.value.find((each) => each.index === index) : undefined;
  return link?.name ?? `interface ${index}`;
}

function advice(source: SourceRoute, usedTables: readonly number[]): string {
  const { address: { ip, prefixLength, interface: name, index }, gateway, hasDefaultRoute } = source;
  const command = ip.family === 6 ? "ip -6" : "ip";
  const device = shellWord(name);
  let table = 100 + index;
  while (usedTables.includes(table)) table += 1000;
  // Without a default route nobody but the reader knows the router
  const router = gateway !== null ? `via ${gateway} ` : hasDefaultRoute ? "" : `via ${PLACEHOLDER} `;
  return [
    ...(prefixLength < (ip.family === 4 ? 32 : 128)
      ? [`${command} route add ${network(ip, prefixLength)} dev ${device} table ${table}`]
      : []),
    `${command} route add default ${router}dev ${device} table ${table}`,
    `${command} rule add from ${ip.withZone(undefined)} table ${table}`,
  ].join("\n");
}

/** The network of an address, such as `192.0.2.0/24`. */
function network(ip: Ip, prefixLength: number): string {
  const bytes = ip.bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, prefixLength - 8 * i))));
  return `${Ip.fromBytes(bytes)}/${prefixLength}`;
}
