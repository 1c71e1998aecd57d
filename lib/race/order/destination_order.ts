import type { Ip } from "../../base/ip.ts";
import { lookUp, type PolicyTable } from "./policy_table.ts";
import { scopeOf } from "./scope.ts";
import { commonPrefixLength, homeRank, type SourceAddress } from "./source_selection.ts";

/** What is known of a destination from earlier connections over the same interface. */
export interface DestinationHistory {
  /** The round trip time that is expected, in milliseconds. */
  readonly rttMs?: number;
  /** Whether a connection to it was used before. */
  readonly used?: boolean;
}

/** A destination with all that its place depends on. */
export interface Destination {
  readonly ip: Ip;
  /** The address that the host would send from; null when there is none. */
  readonly source: SourceAddress | null;
  /** It is known that nothing gets there. @default {false} */
  readonly unreachable?: boolean;
  /** It is reached through a tunnel. @default {false} */
  readonly encapsulated?: boolean;
  readonly history?: DestinationHistory;
}

/** What a destination is compared by: worked out once, compared often. */
interface Ranked<T> {
  readonly item: T;
  readonly destination: Destination;
  /** Rules 1 to 8 and the two of RFC 8305: smaller is better, in the order of the rules. */
  readonly ranks: readonly number[];
  readonly prefix: number;
}

/**
 * Sorts destinations as RFC 6724 6 says, with the two rules of RFC 8305 4 (draft-ietf-happy-happyeyeballs-v3
 * 5.3) between 8 and 9: lower RTT first, then those used before. Equal ones keep their order (rule 10).
 *
 * @param items What to sort.
 * @param describe What an item's place depends on.
 * @param table The policy table.
 * @returns The items in another order.
 */
export function sortDestinations<T>(
  items: readonly T[],
  describe: (item: T) => Destination,
  table: PolicyTable,
): readonly T[] {
  return items
    .map((item) => rank(item, describe(item), table))
    .toSorted(compare)
    .map(({ item }) => item);
}

function rank<T>(item: T, destination: Destination, table: PolicyTable): Ranked<T> {
  const { ip, source } = destination;
  const { label, precedence } = lookUp(table, ip);
  const scope = scopeOf(ip);
  const ranks = [
    // Rule 1: avoid unusable destinations
    Number(source === null || (destination.unreachable ?? false)),
    // Rule 2: prefer matching scope
    Number(source === null || scopeOf(source.ip) !== scope),
    // Rule 3: avoid deprecated addresses
    Number(source?.deprecated ?? false),
    // Rule 4: prefer home addresses
    source === null ? 1 : homeRank(source),
    // Rule 5: prefer matching label
    Number(source === null || lookUp(table, source.ip).label !== label),
    // Rule 6: prefer higher precedence
    -precedence,
    // Rule 7: prefer native transport
    Number(destination.encapsulated ?? false),
    // Rule 8: prefer smaller scope
    scope,
  ];
  return { item, destination, ranks, prefix: source === null ? 0 : commonPrefixLength(source, ip) };
}

function compare<T>(a: Ranked<T>, b: Ranked<T>): number {
  for (const [index, rank] of a.ranks.entries()) {
    const difference = rank - (b.ranks[index] ?? 0);
    if (difference !== 0) return difference;
  }
  // RFC 8305 4, between rules 8 and 9: the lower RTT first. One that is unknown comes after those that are
  // known: leaving it equal to each of them would be no order
  const rtt = (a.destination.history?.rttMs ?? Infinity) - (b.destination.history?.rttMs ?? Infinity);
  if (rtt !== 0 && !Number.isNaN(rtt)) return rtt;
  // RFC 8305 4: used ones before those never used
  const used = Number(b.destination.history?.used ?? false) - Number(a.destination.history?.used ?? false);
  if (used !== 0) return used;
  // Rule 9: use the longest matching prefix, within a family
  const [familyA, familyB] = [a.destination.ip.family, b.destination.ip.family];
  return familyA === familyB ? b.prefix - a.prefix : familyB - familyA;
}
