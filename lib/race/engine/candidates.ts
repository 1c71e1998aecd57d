import type { AddressFamily, Ip } from "../../base/ip.ts";
import type { Transport } from "../../base/transport.ts";
import { sortDestinations } from "../order/destination_order.ts";
import { interleave } from "../order/interleave.ts";
import { desynthesize, mayTranslate, synthesize } from "../order/nat64.ts";
import type { Prefix } from "../order/prefix.ts";
import type { RaceConfig } from "./options.ts";
import type { Resolution } from "./resolution.ts";
import { type EndpointGroup, endpointGroups } from "./service_groups.ts";
import type { Candidate, NetworkView } from "./values.ts";

/** An address before it is spread over transports and interfaces. */
interface Endpoint {
  readonly ip: Ip;
  /** What to connect to: the address itself, or one for each translator. */
  readonly connectTo: readonly Ip[];
}

/** What a list of candidates is made from. */
export interface CandidateSources {
  readonly config: RaceConfig;
  readonly network: NetworkView;
  readonly resolution: Resolution;
  /** Keys of candidates that have been started. */
  readonly started: ReadonlySet<string>;
}

/**
 * Everything that can be connected to, in the order in which it is tried: grouped, sorted by RFC 6724 and
 * interleaved within each group, spread over transports and interfaces.
 *
 * @returns With `hev3` those that were started have kept their place among the others (draft 7); with `hev2`
 * only the others are sorted (RFC 8305 6).
 */
export function listCandidates(sources: CandidateSources): readonly Candidate[] {
  const { config, resolution } = sources;
  const literals = config.target.kind === "addresses" ? config.target.addresses : null;
  const lists = literals === null
    ? endpointGroups(config, resolution).map((group) =>
      candidatesOf(sources, group, addressesOf(resolution, group))
    )
    : [candidatesOf(sources, literalGroup(config), literals)];
  const known = new Set<string>();
  return lists.flat().filter(({ key }) => {
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}

/** The families of which some address is known. */
export function knownFamilies(
  { config, resolution }: Pick<CandidateSources, "config" | "resolution">,
): ReadonlySet<AddressFamily> {
  const addresses = config.target.kind === "addresses"
    ? config.target.addresses
    : endpointGroups(config, resolution).flatMap((group) => addressesOf(resolution, group));
  return new Set(addresses.map((ip) => ip.family));
}

function literalGroup({ port, transports }: RaceConfig): EndpointGroup {
  return { name: "", service: null, record: null, port, transports };
}

/** Draft 4.2.1: hints count until the records of their family have come. */
function addressesOf(resolution: Resolution, group: EndpointGroup): readonly Ip[] {
  return [
    ...resolution.addressesOf(group.name, 6) ?? group.record?.ipv6Hints ?? [],
    ...resolution.addressesOf(group.name, 4) ?? group.record?.ipv4Hints ?? [],
  ];
}

function candidatesOf(
  sources: CandidateSources,
  group: EndpointGroup,
  addresses: readonly Ip[],
): readonly Candidate[] {
  const { config, network, started } = sources;
  const endpoints = endpointsOf(addresses, sources);
  const interfaces = config.interfaces.length === 0 ? [{ name: null, delayMs: 0 }] : config.interfaces;
  const lists = interfaces.map(({ name, delayMs }) => {
    const fresh = config.version === "hev3"
      ? endpoints
      : endpoints.filter((endpoint) => spread(endpoint, group, name).some(({ key }) => !started.has(key)));
    const sorted = sortDestinations(fresh, ({ ip, connectTo }) => {
      const history = config.historyOf(connectTo[0] ?? ip, name);
      // Draft 8.2: a translated address is sorted as the IPv4 address. It is reached over IPv6, so that it
      // has a source: something has to stand for it in rule 1 of RFC 6724
      const source = network.sourceOf(ip, name) ?? (ip === connectTo[0] ? null : { ip });
      return { ip, source, ...(history === undefined ? {} : { history }) };
    }, config.policy);
    const mixed = interleave(sorted, ({ ip }) => ip.family, config.preferredFamilyCount);
    return inTransportOrder(mixed.map((endpoint) => spread(endpoint, group, name)), config)
      .map((candidate) => ({ ...candidate, notBeforeMs: delayMs }));
  });
  return takeTurns(lists);
}

/** Draft 8.2: addresses that a translator made become IPv4 again, so that each is there once. */
function endpointsOf(
  addresses: readonly Ip[],
  { config, network, resolution }: CandidateSources,
): readonly Endpoint[] {
  const { prefixes, prefixPending } = resolution;
  const endpoints = new Map<string, Endpoint>();
  for (const address of addresses) {
    const ip = (config.version === "hev3" ? desynthesize(address, prefixes) : null) ?? address;
    const translated = ip.family === 6 || network.ipv4 ? [ip] : translations(ip, prefixes);
    // RFC 8305 7.1: how it can be reached is not known yet
    if (endpoints.has(ip.toString()) || (translated.length === 0 && prefixPending)) continue;
    endpoints.set(ip.toString(), { ip, connectTo: translated.length === 0 ? [address] : translated });
  }
  return [...endpoints.values()];
}

/** Draft 8.3, RFC 8305 7.1, RFC 7050 3: with every prefix, in their order. */
function translations(ip: Ip, prefixes: readonly Prefix[]): readonly Ip[] {
  return prefixes.filter((prefix) => mayTranslate(ip, prefix)).map((prefix) => synthesize(ip, prefix));
}

function spread(
  { ip, connectTo }: Endpoint,
  { service, port, transports }: EndpointGroup,
  name: string | null,
): readonly Candidate[] {
  const list: Candidate[] = [];
  for (const transport of transports) {
    for (const to of connectTo) {
      const key = `${transport} ${to} ${port} ${name ?? ""}`;
      list.push({ key, ip, connectTo: to, port, transport, interface: name, service, notBeforeMs: 0 });
    }
  }
  return list;
}

function inTransportOrder(
  lists: readonly (readonly Candidate[])[],
  config: RaceConfig,
): readonly Candidate[] {
  const all = lists.flat();
  if (config.transportOrder === "address") return all;
  const place = (transport: Transport): number => config.transports.indexOf(transport);
  return all.toSorted((a, b) => place(a.transport) - place(b.transport));
}

function takeTurns(lists: readonly (readonly Candidate[])[]): readonly Candidate[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list[index] ?? [])).flat();
}
