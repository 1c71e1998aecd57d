import type { AddressFamily } from "../../base/ip.ts";

/**
 * Mixes the two families (RFC 8305 4, draft-ietf-happy-happyeyeballs-v3 5.3): the family of the first item
 * begins, with `count` of its items in a row, then they take turns. The order within a family stays.
 *
 * @param items A sorted list.
 * @param familyOf The family of an item.
 * @param count The Preferred Address Family Count, at least 1.
 * @returns The same items.
 */
export function interleave<T>(
  items: readonly T[],
  familyOf: (item: T) => AddressFamily,
  count: number,
): readonly T[] {
  const [first] = items;
  if (first === undefined) return [];
  const family = familyOf(first);
  const preferred = items.filter((item) => familyOf(item) === family);
  const others = items.filter((item) => familyOf(item) !== family);
  const mixed = preferred.splice(0, count);
  while (preferred.length > 0 || others.length > 0) {
    mixed.push(...others.splice(0, 1), ...preferred.splice(0, 1));
  }
  return mixed;
}
