import type { RaceCandidateJson, RaceServiceJson } from "../result.ts";

/** draft-kuehlewind-happy-qlog: what is connected to. */
export interface HeTarget {
  readonly address: string;
  readonly port: number;
  readonly family: "ipv4" | "ipv6";
  readonly interface?: string;
  readonly alpn?: readonly string[];
  readonly service_name?: string;
  readonly service_priority?: number;
}

/** The target of a candidate, with what is known of its service. */
export function targetOf(candidate: RaceCandidateJson, services: readonly RaceServiceJson[]): HeTarget {
  const { connect_to, port, service, interface: name } = candidate;
  const record = services.find(({ target }) => target === service) ??
    (service === null ? undefined : services.find(({ target }) => target === "."));
  return {
    address: connect_to,
    port,
    family: connect_to.includes(":") ? "ipv6" : "ipv4",
    ...(name === null ? {} : { interface: name }),
    ...(record === undefined || record.alpn.length === 0 ? {} : { alpn: record.alpn }),
    ...(service === null ? {} : { service_name: service }),
    ...(record === undefined ? {} : { service_priority: record.priority }),
  };
}

/** What tells two candidates apart. */
export function keyOf({ transport, connect_to, port, interface: name }: RaceCandidateJson): string {
  return `${transport} ${connect_to} ${port} ${name ?? ""}`;
}

/** A group of the sorted list: a service, or the target's own addresses. */
export interface HeGroup {
  readonly group_id: string;
  readonly alpn?: readonly string[];
  readonly ech_available?: boolean;
  readonly service_priority?: number;
  readonly candidates: readonly HeTarget[];
}

/** The candidates by the service that they belong to, in the order in which they are tried. */
export function groupsOf(
  candidates: readonly RaceCandidateJson[],
  services: readonly RaceServiceJson[],
): readonly HeGroup[] {
  const names = [...new Set(candidates.map(({ service }) => service))];
  return names.map((name) => {
    const targets = candidates.filter(({ service }) => service === name).map((each) =>
      targetOf(each, services)
    );
    const record = name === null
      ? undefined
      : services.find(({ target }) => target === name) ?? services.find(({ target }) => target === ".");
    return {
      group_id: groupId(name),
      ...(record === undefined || record.alpn.length === 0 ? {} : { alpn: record.alpn }),
      ...(record === undefined ? {} : { ech_available: record.ech, service_priority: record.priority }),
      candidates: targets,
    };
  });
}

/** The name of the group of a service. */
export function groupId(service: string | null): string {
  return service ?? "addresses";
}
