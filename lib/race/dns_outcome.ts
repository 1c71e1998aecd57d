import type { DnsResult } from "../dns/resolver.ts";
import type { ServiceRecord } from "../dns/wire/record.ts";
import { SVC_KEY } from "../dns/wire/svcb.ts";
import type { DnsOutcome, Service } from "./engine/values.ts";

/** RFC 9460 8: the keys that a race understands; every other one that is mandatory makes a record useless. */
const UNDERSTOOD: ReadonlySet<number> = new Set(Object.values(SVC_KEY));

/**
 * What an answer of the resolver means to a race.
 *
 * @param result What came of a query for A, AAAA, HTTPS or SVCB.
 * @returns The answer, as `RaceEngine.handle` takes it.
 */
export function dnsOutcome(result: DnsResult): DnsOutcome {
  switch (result.status) {
    case "failed":
      return { kind: "failed", reason: result.reason ?? "no answer" };
    case "no-data":
    case "no-name":
      return { kind: "negative" };
    case "positive":
      return positive(result);
    default:
      return result.status satisfies never;
  }
}

function positive({ records }: DnsResult): DnsOutcome {
  const services = records.filter((each): each is ServiceRecord =>
    each.type === "SVCB" || each.type === "HTTPS"
  );
  if (services.length === 0) {
    const addresses = records.flatMap((each) =>
      each.type === "A" || each.type === "AAAA" ? [each.address] : []
    );
    return addresses.length > 0 ? { kind: "addresses", addresses } : { kind: "negative" };
  }
  // RFC 9460 2.4.1: where there is an alias, the services beside it do not count
  const alias = services.find(({ priority }) => priority === 0);
  if (alias !== undefined) return { kind: "alias", target: alias.target.key };
  return { kind: "services", services: services.map(serviceOf) };
}

function serviceOf({ priority, target, params }: ServiceRecord): Service {
  return {
    priority,
    target: target.key,
    port: params.port,
    alpn: params.alpn,
    noDefaultAlpn: params.noDefaultAlpn,
    ech: params.ech,
    unusable: params.mandatory.some((key) => !UNDERSTOOD.has(key)) || params.port === 0,
    ipv4Hints: params.ipv4Hints,
    ipv6Hints: params.ipv6Hints,
  };
}
