import type { Ip } from "../../base/ip.ts";
import { lookUp, type PolicyTable } from "./policy_table.ts";
import { commonBits, mappedBytes } from "./prefix.ts";
import { scopeOf } from "./scope.ts";

/** An address of this host, as far as its choice depends on it. */
export interface SourceAddress {
  readonly ip: Ip;
  /** The leading bits that are not the interface's own. @default {64 for IPv6, 32 for IPv4} */
  readonly prefixLength?: number;
  /** RFC 4862: new connections should not use it. @default {false} */
  readonly deprecated?: boolean;
  /** RFC 8981: an address that changes, for privacy. @default {false} */
  readonly temporary?: boolean;
  /** RFC 6275: its role in mobile IPv6. @default {undefined} none */
  readonly mobility?: "home" | "care-of" | "both";
  /** Whether the interface that holds it is the one that leads to the destination. @default {true} */
  readonly outgoing?: boolean;
}

/**
 * The source address for a destination (RFC 6724 5), where the kernel cannot be asked.
 *
 * @param destination The address to connect to.
 * @param candidates The addresses of this host.
 * @param table The policy table.
 * @returns The best of those of the same family; null when there is none.
 */
export function selectSource(
  destination: Ip,
  candidates: readonly SourceAddress[],
  table: PolicyTable,
): SourceAddress | null {
  const family = destination.unmapped().family;
  let best: SourceAddress | null = null;
  for (const candidate of candidates) {
    // RFC 6724 4: neither a multicast address nor the unspecified one
    if (candidate.ip.unmapped().family !== family || candidate.ip.isMulticast || candidate.ip.isUnspecified) {
      continue;
    }
    if (best === null || compareSources(candidate, best, destination, table) < 0) best = candidate;
  }
  return best;
}

/** Below 0 when the first is the better source for the destination. */
function compareSources(a: SourceAddress, b: SourceAddress, destination: Ip, table: PolicyTable): number {
  // Rule 1: prefer the same address
  const same = Number(b.ip.equals(destination)) - Number(a.ip.equals(destination));
  if (same !== 0) return same;
  // Rule 2: prefer the appropriate scope
  const [scopeA, scopeB, wanted] = [scopeOf(a.ip), scopeOf(b.ip), scopeOf(destination)];
  if (scopeA < scopeB) return scopeA < wanted ? 1 : -1;
  if (scopeB < scopeA) return scopeB < wanted ? -1 : 1;
  const label = lookUp(table, destination).label;
  const matches = (source: SourceAddress): number => Number(lookUp(table, source.ip).label === label);
  const rules = [
    // Rule 3: avoid deprecated addresses
    Number(a.deprecated ?? false) - Number(b.deprecated ?? false),
    // Rule 4: prefer home addresses
    homeRank(a) - homeRank(b),
    // Rule 5: prefer the outgoing interface
    Number(b.outgoing ?? true) - Number(a.outgoing ?? true),
    // Rule 6: prefer the matching label
    matches(b) - matches(a),
    // Rule 7: prefer temporary addresses
    Number(b.temporary ?? false) - Number(a.temporary ?? false),
    // Rule 8: use the longest matching prefix
    commonPrefixLength(b, destination) - commonPrefixLength(a, destination),
  ];
  return rules.find((difference) => difference !== 0) ?? 0;
}

/** Home and care-of at once is best, then home, then care-of; none of them says nothing (RFC 6724 5, rule 4). */
export function homeRank(source: SourceAddress): number {
  if (source.mobility === "both") return 0;
  return source.mobility === "care-of" ? 2 : 1;
}

/** RFC 6724 2.2: bits in common, up to the length of the source's prefix. */
export function commonPrefixLength(source: SourceAddress, destination: Ip): number {
  if (source.ip.family !== destination.family) return 0;
  const limit = source.prefixLength ?? (source.ip.family === 6 ? 64 : 32);
  return source.ip.family === 4
    ? commonBits(source.ip.bytes, destination.bytes, limit)
    : commonBits(mappedBytes(source.ip), mappedBytes(destination), limit);
}
