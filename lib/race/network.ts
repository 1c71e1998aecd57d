import { MptError } from "../base/errors.ts";
import { type AddressFamily, Ip } from "../base/ip.ts";
import { ffiUnavailableReason } from "../io/ffi_access.ts";
import { sourceAddress } from "../io/source_address.ts";
import { type LocalAddress, localAddresses } from "../netlink/interfaces.ts";
import type { Route } from "../netlink/route.ts";
import { routes } from "../netlink/routing.ts";
import type { NetworkView } from "./engine/values.ts";
import type { PolicyTable } from "./order/policy_table.ts";
import { selectSource, type SourceAddress } from "./order/source_selection.ts";
import type { RacePlan } from "./plan.ts";
import type { RaceNetworkJson } from "./result.ts";

/** This host's network at one moment. */
export interface NetworkSnapshot {
  /** What the engine is told. */
  readonly view: NetworkView;
  /** What was found, before the options changed it. */
  readonly json: RaceNetworkJson;
  /** The addresses of this host, without zones. */
  readonly addresses: ReadonlySet<string>;
}

/** An address of this host, whoever told it. */
type HostAddress = Pick<LocalAddress, "ip" | "prefixLength" | "interface" | "deprecated">;

/** The table of the addresses of this host. */
const TABLE_LOCAL = 255;

/**
 * Looks at this host's network: by netlink, or where that is not possible at the addresses that Deno tells.
 *
 * @param plan Which families and prefixes were asked for.
 * @param isLocal Whether the target is on this host, so that neither routes nor translators matter.
 */
export function readNetwork(plan: RacePlan, isLocal: boolean): NetworkSnapshot {
  const { policy, nat64 } = plan;
  const kernel = ffiUnavailableReason() === null;
  const all = kernel ? usableAddresses() : denoAddresses();
  const table = kernel ? routes() : null;
  const found = {
    ipv4: hasConnectivity(4, all, table),
    ipv6: hasConnectivity(6, all, table),
    defaultRoute4: hasDefaultRoute(4, all, table),
    defaultRoute6: hasDefaultRoute(6, all, table),
  };
  const view = { ...found, ...chosenFamilies(plan, found, isLocal), nat64 };
  const sourceOf = kernel ? kernelSources(all) : guessedSources(all, policy);
  return {
    view: { ...view, sourceOf },
    json: {
      ipv4: found.ipv4,
      ipv6: found.ipv6,
      default_route4: found.defaultRoute4,
      default_route6: found.defaultRoute6,
      nat64: nat64.map(({ ip, length }) => `${ip}/${length}`),
      known: kernel,
    },
    addresses: new Set(all.map(({ ip }) => ip.withZone(undefined).toString())),
  };
}

function chosenFamilies(
  { families }: RacePlan,
  { ipv4, ipv6 }: { readonly ipv4: boolean; readonly ipv6: boolean },
  isLocal: boolean,
): Pick<NetworkView, "ipv4" | "ipv6"> {
  switch (families) {
    case 4:
      return { ipv4: true, ipv6: false };
    case 6:
      return { ipv4: false, ipv6: true };
    case "both":
      return { ipv4: true, ipv6: true };
    case "auto":
      // Where there seems to be no network at all, the attempts show what is there
      return isLocal || (!ipv4 && !ipv6) ? { ipv4: true, ipv6: true } : { ipv4, ipv6 };
    default:
      return families satisfies never;
  }
}

/** draft-ietf-happy-happyeyeballs-v3 4.1: an address and a route, both neither loopback nor link-local. */
function hasConnectivity(
  family: AddressFamily,
  all: readonly HostAddress[],
  table: readonly Route[] | null,
): boolean {
  const address = all.some(({ ip }) => ip.family === family && !ip.isLoopback && !ip.isLinkLocal);
  return address && (table?.some((route) => route.family === family && leadsAway(route)) ?? true);
}

function leadsAway({ type, table, destination }: Route): boolean {
  if (type !== "unicast" || table === TABLE_LOCAL) return false;
  return destination === undefined ||
    !(destination.isLinkLocal || destination.isMulticast || destination.isLoopback);
}

function hasDefaultRoute(
  family: AddressFamily,
  all: readonly HostAddress[],
  table: readonly Route[] | null,
): boolean {
  if (table === null) return hasConnectivity(family, all, null);
  return table.some((route) =>
    route.family === family && route.type === "unicast" && route.prefixLength === 0
  );
}

/** RFC 6724 5 is the kernel's task: it knows its routes, and which addresses are temporary. */
function kernelSources(all: readonly HostAddress[]): NetworkView["sourceOf"] {
  const known = new Map<string, SourceAddress | null>();
  return (destination, interfaceName) => {
    const key = `${destination} ${interfaceName ?? ""}`;
    let source = known.get(key);
    if (source === undefined) known.set(key, source = kernelSource(destination, interfaceName, all));
    return source;
  };
}

function kernelSource(
  destination: Ip,
  interfaceName: string | null,
  all: readonly HostAddress[],
): SourceAddress | null {
  let ip: Ip | null;
  try {
    ip = sourceAddress(destination, interfaceName);
  } catch (error) {
    // A zone that names no interface: nothing leads there
    if (error instanceof MptError && error.code === "ERR_INVALID_ADDRESS") return null;
    throw error;
  }
  if (ip === null) return null;
  const held = all.find((each) => each.ip.withZone(undefined).equals(ip));
  return held === undefined ? { ip } : sourceOfAddress(held);
}

function guessedSources(all: readonly HostAddress[], policy: PolicyTable): NetworkView["sourceOf"] {
  return (destination, interfaceName) =>
    selectSource(
      destination,
      all.filter((each) => interfaceName === null || each.interface === interfaceName).map(sourceOfAddress),
      policy,
    );
}

function sourceOfAddress({ ip, prefixLength, deprecated }: HostAddress): SourceAddress {
  return { ip: ip.withZone(undefined), prefixLength, deprecated };
}

function usableAddresses(): readonly HostAddress[] {
  return localAddresses().filter(({ tentative, up, loopback }) => !tentative && (up || loopback));
}

function denoAddresses(): readonly HostAddress[] {
  try {
    return Deno.networkInterfaces().flatMap(({ name, address, cidr }) => {
      const ip = Ip.tryParse(address.split("%", 1)[0] ?? "");
      const prefixLength = Number(cidr.split("/")[1]);
      return ip === null ? [] : [{ ip, prefixLength, interface: name, deprecated: false }];
    });
  } catch {
    // Without --allow-sys nothing is known, and what is not known counts as there
    return [Ip.parse("192.0.2.1"), Ip.parse("2001:db8::1")].map((ip) => ({
      ip,
      prefixLength: ip.family === 4 ? 32 : 128,
      interface: "",
      deprecated: false,
    }));
  }
}
