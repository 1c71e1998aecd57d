/** QUIC version 1 (RFC 9000). */
export const QUIC_V1 = 0x00000001;

/** QUIC version 2 (RFC 9369). */
export const QUIC_V2 = 0x6b3343cf;

/** RFC 9000 17.2.1: what stands in the place of the version in a Version Negotiation packet. */
export const VERSION_NEGOTIATION = 0x00000000;

/** The packets with a long header that carry frames, and Retry. */
export type LongPacketType = "initial" | "0-rtt" | "handshake" | "retry";

/** RFC 9000 17.2, RFC 9369 3.2: the types by the two bits for them in the first byte. */
const LONG_TYPES: ReadonlyMap<number, readonly LongPacketType[]> = new Map([
  [QUIC_V1, ["initial", "0-rtt", "handshake", "retry"]],
  [QUIC_V2, ["retry", "initial", "0-rtt", "handshake"]],
]);

/** The versions whose packets can be read and written. */
export const KNOWN_VERSIONS: readonly number[] = [...LONG_TYPES.keys()];

/** The packet types of a version, by their two bits; undefined for a version that is not known. */
export function longPacketTypes(version: number): readonly LongPacketType[] | undefined {
  return LONG_TYPES.get(version);
}

/** RFC 9000 15: versions of the pattern 0x?a?a?a?a are never used, and exercise version negotiation. */
export function isReservedVersion(version: number): boolean {
  return ((version & 0x0f0f0f0f) >>> 0) === 0x0a0a0a0a;
}

/**
 * A reserved version to offer among others.
 *
 * @param random Four random bytes.
 */
export function reservedVersion(random: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = random;
  const bits = (a << 24) | (b << 16) | (c << 8) | d;
  return ((bits & 0xf0f0f0f0) | 0x0a0a0a0a) >>> 0;
}

/** `QUIC v1`, `QUIC v2`, else the number. */
export function versionName(version: number): string {
  if (version === QUIC_V1) return "QUIC v1";
  if (version === QUIC_V2) return "QUIC v2";
  return `0x${version.toString(16).padStart(8, "0")}`;
}
