import type { LocalAddress } from "../netlink/interfaces.ts";
import type { Link } from "../netlink/link.ts";
import type { Facts, SourceRoute } from "./facts.ts";

/** Whether connections to other hosts can be made from an address. */
export function isUsable(address: LocalAddress): boolean {
  return address.up && !address.loopback && !address.tentative && !address.ip.isLinkLocal &&
    (address.scope === "global" || address.scope === "site");
}

/** Kinds of interfaces that lead to guests on this host, or into a tunnel that has a purpose of its own. */
const INNER_KINDS: ReadonlySet<string> = new Set([
  "bridge",
  "dummy",
  "gre",
  "ipip",
  "sit",
  "tun",
  "vxlan",
  "wireguard",
]);

/**
 * Whether an address can carry a path to other networks. The address of a container bridge or of a tunnel that
 * no default route leads through is not one: nobody expects the Internet behind it.
 */
export function isUplink(source: SourceRoute, links: readonly Link[]): boolean {
  const kind = links.find((link) => link.index === source.address.index)?.kind;
  return source.hasDefaultRoute || kind === undefined || !INNER_KINDS.has(kind);
}

/** The addresses that can carry a path to other networks; none when they are not known. */
export function uplinks(facts: Facts): readonly SourceRoute[] {
  if (!facts.routing.known) return [];
  const links = facts.links.known ? facts.links.value : [];
  return facts.routing.value.sources.filter((source) => isUplink(source, links));
}

/** The names of the interfaces of some addresses, each once. */
export function interfacesOf(sources: readonly SourceRoute[]): readonly string[] {
  return [...new Set(sources.map(({ address }) => address.interface))];
}
