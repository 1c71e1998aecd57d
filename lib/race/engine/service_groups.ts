import type { Transport } from "../../base/transport.ts";
import type { RaceConfig } from "./options.ts";
import type { Resolution } from "./resolution.ts";
import type { CandidateService, Service } from "./values.ts";

/** Addresses that are sorted among themselves. */
export interface EndpointGroup {
  /** Whose addresses they are. */
  readonly name: string;
  /** The service that names them; null for the target's own addresses. */
  readonly service: CandidateService | null;
  /** The record that may hint at addresses. */
  readonly record: Service | null;
  readonly port: number;
  readonly transports: readonly Transport[];
}

/**
 * The groups of a race in the order in which they are used up: draft-ietf-happy-happyeyeballs-v3 5.1 (by what
 * the client prefers, if it does) and 5.2 (by the priority of the services). Addresses that no service names
 * come last.
 *
 * @param config How the race is run.
 * @param resolution What is known of the names.
 */
export function endpointGroups(config: RaceConfig, resolution: Resolution): readonly EndpointGroup[] {
  const { target, port, transports } = config;
  if (target.kind !== "name") return [];
  const groups = resolution.services()
    .map((record, index) => ({ record, key: shuffleKey(config.shuffleSeed, index) }))
    // Draft 5.2: services of the same priority are shuffled
    .toSorted((a, b) => a.record.priority - b.record.priority || a.key - b.key)
    .flatMap(({ record }) => groupsOf(config, record));
  const ordered = config.groupByEch
    ? groups.toSorted((a, b) => Number(!a.service?.ech) - Number(!b.service?.ech))
    : groups;
  const services = config.groupByProtocol ? byProtocol(config, ordered) : ordered;
  // RFC 9460 3: the name at the end of a chain of aliases, with the port of the target
  const end = resolution.aliasEnd;
  const aliases = end === null || services.some((group) => group.name === end) ? [] : [{
    name: end,
    service: { name: end, priority: Infinity, alpn: [], ech: null },
    record: null,
    port,
    transports,
  }];
  // RFC 9460 3: a client that relies on service records uses nothing else
  const own = config.serviceReliant
    ? []
    : [{ name: target.name, service: null, record: null, port, transports }];
  return [...services, ...aliases, ...own];
}

/** RFC 9460 7.1.2, draft 6.2: nothing for a service that speaks no protocol of the client. */
function groupsOf(config: RaceConfig, record: Service): readonly EndpointGroup[] {
  const { protocols, serviceQuery } = config;
  const offered = [...record.alpn, ...(record.noDefaultAlpn ? [] : serviceQuery?.defaultAlpn ?? [])];
  const spoken = protocols?.filter(({ alpn }) => offered.includes(alpn)) ?? null;
  if (spoken !== null && spoken.length === 0) return [];
  const transports = config.transports.filter((transport) =>
    spoken === null || spoken.some((protocol) => protocol.transports.includes(transport))
  );
  return [{
    name: record.target,
    service: {
      name: record.target,
      priority: record.priority,
      alpn: spoken === null ? record.alpn : spoken.map(({ alpn }) => alpn),
      ech: record.ech,
    },
    record,
    port: record.port ?? config.port,
    transports,
  }];
}

/** Draft 5.1: a group for each protocol, the best first; a service is in each group that it fits. */
function byProtocol(config: RaceConfig, groups: readonly EndpointGroup[]): readonly EndpointGroup[] {
  return (config.protocols ?? []).flatMap((protocol) =>
    groups
      .filter(({ service }) => service?.alpn.includes(protocol.alpn))
      .map((group) => ({
        ...group,
        service: group.service && { ...group.service, alpn: [protocol.alpn] },
        transports: group.transports.filter((transport) => protocol.transports.includes(transport)),
      }))
  );
}

/** The same order whenever the list is sorted again: a mixing of bits (splitmix32) instead of chance. */
function shuffleKey(seed: number, index: number): number {
  let bits = (seed + Math.imul(index + 1, 0x9e3779b9)) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return (bits ^ (bits >>> 15)) >>> 0;
}
