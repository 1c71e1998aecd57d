import { Ip } from "../../base/ip.ts";
import { MptError } from "../../base/errors.ts";
import { hasPrefix, parsePrefix, type Prefix } from "./prefix.ts";

/** RFC 6052 2.1: the prefix that every translator may use. */
export const WELL_KNOWN_PREFIX: Prefix = parsePrefix("64:ff9b::/96");

/** RFC 7050 2: the name that has A records only, so that an AAAA record of it was made by a translator. */
export const IPV4_ONLY_NAME = "ipv4only.arpa";

/** RFC 7050 2 and 8.2: its addresses. */
const WELL_KNOWN_ADDRESSES: readonly Ip[] = Object.freeze(
  ["192.0.0.170", "192.0.0.171"].map((text) => Ip.parse(text)),
);

/** RFC 6052 2.2: the lengths that a prefix can have, and the octets that then hold the IPv4 address. */
const PLACES: ReadonlyMap<number, readonly [number, number, number, number]> = new Map([
  [32, [4, 5, 6, 7]],
  [40, [5, 6, 7, 9]],
  [48, [6, 7, 9, 10]],
  [56, [7, 9, 10, 11]],
  [64, [9, 10, 11, 12]],
  [96, [12, 13, 14, 15]],
]);

/**
 * Puts an IPv4 address into IPv6 (RFC 6052 2.3).
 *
 * @param ip The IPv4 address.
 * @param prefix The prefix of the translator.
 * @returns Such as `64:ff9b::c000:221` for `192.0.2.33`.
 * @throws {MptError} `ERR_INVALID_VALUE` for a prefix of another length than RFC 6052 2.2 allows, or an IPv6
 * address.
 */
export function synthesize(ip: Ip, prefix: Prefix): Ip {
  const places = PLACES.get(prefix.length);
  const v4 = ip.unmapped();
  if (places === undefined || v4.family !== 4) {
    throw new MptError(
      "ERR_INVALID_VALUE",
      `Cannot translate ${ip} to ${prefix.ip}/${prefix.length}: RFC 6052 puts an IPv4 address behind 32, 40, 48, 56, 64 or 96 bits`,
    );
  }
  const bytes = prefix.ip.bytes;
  const octets = v4.bytes;
  for (const [index, place] of places.entries()) bytes[place] = octets[index] ?? 0;
  return Ip.fromBytes(bytes);
}

/**
 * The IPv4 address inside an IPv6 address (RFC 6052 2.3), whatever stands in the suffix.
 *
 * @returns Null when the address does not have one of the prefixes.
 */
export function desynthesize(ip: Ip, prefixes: readonly Prefix[]): Ip | null {
  if (ip.family !== 6 || ip.zone !== undefined) return null;
  const bytes = ip.bytes;
  const prefix = prefixes.find((each) => hasPrefix(bytes, each));
  const places = prefix === undefined ? undefined : PLACES.get(prefix.length);
  return places === undefined ? null : Ip.fromBytes(Uint8Array.from(places, (place) => bytes[place] ?? 0));
}

/**
 * The prefixes of the network's translators (RFC 7050 3), learned from the AAAA records of
 * {@linkcode IPV4_ONLY_NAME}.
 *
 * @param addresses Its AAAA records.
 * @returns The prefixes in the order of the records; empty where nothing is translated or the format is none
 * of RFC 6052.
 */
export function discoverPrefixes(addresses: readonly Ip[]): readonly Prefix[] {
  const found: Prefix[] = [];
  for (const address of addresses) {
    const prefix = address.family === 6 ? prefixIn(address) : null;
    const known = found.some((each) => each.length === prefix?.length && each.ip.equals(prefix.ip));
    if (prefix !== null && !known) found.push(prefix);
  }
  return found;
}

/** RFC 7050 3: the place of a well-known address, if it is there only once. */
function prefixIn(address: Ip): Prefix | null {
  const bytes = address.bytes;
  for (const wellKnown of WELL_KNOWN_ADDRESSES) {
    const octets = wellKnown.bytes;
    const holds = (places: readonly number[]): boolean =>
      places.every((place, index) => bytes[place] === octets[index]);
    const lengths = [...PLACES].filter(([, places]) => holds(places)).map(([length]) => length);
    const elsewhere = SPANS.filter((span) => holds(span) && !isPlace(span));
    const [length] = lengths;
    if (length === undefined || lengths.length + elsewhere.length > 1) continue;
    return { ip: Ip.fromBytes(bytes.map((byte, index) => index < length / 8 ? byte : 0)), length };
  }
  return null;
}

/** Every four octets in a row. */
const SPANS: readonly (readonly number[])[] = Array.from(
  { length: 13 },
  (_, at) => [at, at + 1, at + 2, at + 3],
);

function isPlace(span: readonly number[]): boolean {
  return [...PLACES.values()].some((places) => places.every((place, index) => place === span[index]));
}

/**
 * Whether an IPv4 address may be translated: not one that counts only on this host or this network
 * (draft-ietf-happy-happyeyeballs-v3 8.3), and no private one with the well-known prefix (RFC 6052 3.1).
 */
export function mayTranslate(ip: Ip, prefix: Prefix): boolean {
  const bytes = ip.bytes;
  if (ip.family !== 4 || bytes[0] === 0 || ip.isLoopback || ip.isLinkLocal) return false;
  if (bytes.every((byte) => byte === 255)) return false;
  const wellKnown = prefix.length === WELL_KNOWN_PREFIX.length && prefix.ip.equals(WELL_KNOWN_PREFIX.ip);
  return !(wellKnown && ip.isPrivate);
}
