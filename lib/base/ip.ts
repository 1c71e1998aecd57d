import { MptError } from "./errors.ts";
import { parseIp, zoneFault } from "./ip_parse.ts";
import { quote } from "./quote.ts";

/** The two address families of IP. */
export type AddressFamily = 4 | 6;

/**
 * One IPv4 or IPv6 address: an immutable value with one canonical text (RFC 5952).
 *
 * @example Parse, compare and print
 * ```ts
 * import assert from "node:assert/strict";
 * import { Ip } from "@multipath/mpt/base";
 *
 * const ip = Ip.parse("2001:DB8:0:0::1");
 * assert(ip.family === 6);
 * assert(ip.toString() === "2001:db8::1");
 * assert(ip.equals(Ip.parse("2001:db8::1")));
 * ```
 */
export class Ip {
  /** 4 or 6. */
  readonly family: AddressFamily;
  /** The interface name or number after `%`; only on IPv6. */
  readonly zone: string | undefined;
  /** The canonical text; a visible field, so that structural comparison of two addresses is right. */
  private readonly text: string;
  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array, zone: string | undefined) {
    this.family = bytes.length === 4 ? 4 : 6;
    this.zone = zone;
    this.#bytes = bytes;
    const address = this.family === 4 ? bytes.join(".") : formatIpv6(bytes);
    this.text = zone === undefined ? address : `${address}%${zone}`;
    Object.freeze(this);
  }

  /**
   * Reads an address: dotted IPv4 with exactly four decimal parts and no leading zeros, or IPv6 with an
   * optional zone. No brackets, no ports, no white space.
   *
   * @param text Such as `192.0.2.1`, `2001:db8::1`, `::ffff:192.0.2.1` or `fe80::1%eth0`.
   * @returns The address.
   * @throws {MptError} `ERR_INVALID_ADDRESS` when the text is anything else.
   *
   * @example A leading zero could mean octal, so it is refused
   * ```ts
   * import assert from "node:assert/strict";
   * import { Ip, MptError } from "@multipath/mpt/base";
   *
   * try {
   *   Ip.parse("127.0.0.01");
   *   throw new Error("not reached");
   * } catch (error) {
   *   assert(error instanceof MptError && error.code === "ERR_INVALID_ADDRESS");
   * }
   * ```
   */
  static parse(text: string): Ip {
    const result = parseIp(text);
    if (typeof result !== "string") return new Ip(result.bytes, result.zone);
    throw new MptError("ERR_INVALID_ADDRESS", `Cannot parse ${quote(text)} as an IP address: ${result}`);
  }

  /**
   * Reads an address like {@linkcode Ip.parse}, for texts that may as well be something else.
   *
   * @param text Any text.
   * @returns The address, or null when the text is not one.
   *
   * @example Tell a literal address from a host name
   * ```ts
   * import assert from "node:assert/strict";
   * import { Ip } from "@multipath/mpt/base";
   *
   * assert(Ip.tryParse("::1") !== null);
   * assert(Ip.tryParse("localhost") === null);
   * ```
   */
  static tryParse(text: string): Ip | null {
    const result = parseIp(text);
    return typeof result === "string" ? null : new Ip(result.bytes, result.zone);
  }

  /**
   * Makes an address from its bytes in network order.
   *
   * @param bytes 4 bytes for IPv4, 16 for IPv6; they are copied.
   * @param zone The interface name or number; only for IPv6.
   * @returns The address.
   * @throws {MptError} `ERR_INVALID_ADDRESS` for another length, or a zone that cannot be one.
   *
   * @example From a socket address
   * ```ts
   * import assert from "node:assert/strict";
   * import { Ip } from "@multipath/mpt/base";
   *
   * assert(Ip.fromBytes(Uint8Array.of(192, 0, 2, 1)).toString() === "192.0.2.1");
   * ```
   */
  static fromBytes(bytes: Uint8Array, zone?: string): Ip {
    if (bytes.length !== 4 && bytes.length !== 16) {
      throw new MptError(
        "ERR_INVALID_ADDRESS",
        `Cannot make an IP address from ${bytes.length} bytes: IPv4 has 4 and IPv6 has 16`,
      );
    }
    if (zone !== undefined) {
      const fault = zoneFault(zone, bytes);
      if (fault !== undefined) {
        throw new MptError("ERR_INVALID_ADDRESS", `Cannot use ${quote(zone)} as a zone: ${fault}`);
      }
    }
    return new Ip(bytes.slice(), zone);
  }

  /** The bytes in network order: a fresh copy of 4 or 16 bytes. */
  get bytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Whether it is `0.0.0.0` or `::`. Like every question below, asked of the IPv4 address in `::ffff:a.b.c.d`. */
  get isUnspecified(): boolean {
    return this.unmapped().#bytes.every((byte) => byte === 0);
  }

  /** Whether it is in `127.0.0.0/8`, or `::1`. */
  get isLoopback(): boolean {
    const ip = this.unmapped();
    if (ip.family === 4) return ip.#byte(0) === 127;
    return ip.#byte(15) === 1 && ip.#bytes.subarray(0, 15).every((byte) => byte === 0);
  }

  /** Whether it is in `169.254.0.0/16` (RFC 3927) or `fe80::/10` (RFC 4291 2.4). */
  get isLinkLocal(): boolean {
    const ip = this.unmapped();
    if (ip.family === 4) return ip.#byte(0) === 169 && ip.#byte(1) === 254;
    return ip.#byte(0) === 0xfe && (ip.#byte(1) & 0xc0) === 0x80;
  }

  /** Whether it is in `224.0.0.0/4` or `ff00::/8`. */
  get isMulticast(): boolean {
    const ip = this.unmapped();
    return ip.family === 4 ? (ip.#byte(0) & 0xf0) === 0xe0 : ip.#byte(0) === 0xff;
  }

  /** Whether it is private: `10/8`, `172.16/12`, `192.168/16` (RFC 1918 3) or `fc00::/7` (RFC 4193 3.1). */
  get isPrivate(): boolean {
    const ip = this.unmapped();
    const [first, second] = [ip.#byte(0), ip.#byte(1)];
    if (ip.family === 6) return (first & 0xfe) === 0xfc;
    return first === 10 || (first === 172 && (second & 0xf0) === 16) || (first === 192 && second === 168);
  }

  /** Whether it is an IPv4 address inside IPv6, `::ffff:a.b.c.d` (RFC 4291 2.5.5.2). */
  get isV4Mapped(): boolean {
    return this.family === 6 && isMapped(this.#bytes);
  }

  /**
   * The IPv4 address inside `::ffff:a.b.c.d`, as a dual-stack socket reports its IPv4 peers.
   *
   * @returns The IPv4 address; this very address when it is not mapped.
   *
   * @example The peer of a dual-stack listener
   * ```ts
   * import assert from "node:assert/strict";
   * import { Ip } from "@multipath/mpt/base";
   *
   * assert(Ip.parse("::ffff:192.0.2.1").unmapped().toString() === "192.0.2.1");
   * ```
   */
  unmapped(): Ip {
    return this.isV4Mapped ? new Ip(this.#bytes.slice(12), undefined) : this;
  }

  /**
   * The same address in another zone.
   *
   * @param zone The interface name or number; undefined takes the zone away.
   * @returns The address with that zone.
   * @throws {MptError} `ERR_INVALID_ADDRESS` when this is IPv4, or the text cannot be a zone.
   *
   * @example A link-local address needs its interface
   * ```ts
   * import assert from "node:assert/strict";
   * import { Ip } from "@multipath/mpt/base";
   *
   * assert(Ip.parse("fe80::1").withZone("eth0").toString() === "fe80::1%eth0");
   * ```
   */
  withZone(zone: string | undefined): Ip {
    return this.zone === zone ? this : Ip.fromBytes(this.#bytes, zone);
  }

  /**
   * Whether two addresses are the same: bytes and zone. `::ffff:192.0.2.1` is not `192.0.2.1`; compare
   * the {@linkcode Ip.unmapped} addresses where that difference does not count.
   *
   * @param other Another address.
   * @returns True when both have the same text.
   *
   * @example The spelling does not matter
   * ```ts
   * import assert from "node:assert/strict";
   * import { Ip } from "@multipath/mpt/base";
   *
   * assert(Ip.parse("0:0::1").equals(Ip.parse("::1")));
   * ```
   */
  equals(other: Ip): boolean {
    return this.text === other.text;
  }

  /**
   * The canonical text of RFC 5952, with the zone.
   *
   * @returns Such as `2001:db8::1` or `fe80::1%eth0`.
   *
   * @example The longest run of zeros is the one that is cut
   * ```ts
   * import assert from "node:assert/strict";
   * import { Ip } from "@multipath/mpt/base";
   *
   * assert(Ip.parse("2001:0:0:1:0:0:0:1").toString() === "2001:0:0:1::1");
   * ```
   */
  toString(): string {
    return this.text;
  }

  /**
   * What `JSON.stringify` writes for an address.
   *
   * @returns The canonical text.
   *
   * @example An address inside a result
   * ```ts
   * import assert from "node:assert/strict";
   * import { Ip } from "@multipath/mpt/base";
   *
   * assert(JSON.stringify({ ip: Ip.parse("::1") }) === '{"ip":"::1"}');
   * ```
   */
  toJSON(): string {
    return this.text;
  }

  #byte(index: number): number {
    return this.#bytes[index] ?? 0;
  }
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0);
}

function formatIpv6(bytes: Uint8Array): string {
  // RFC 5952 5: the mixed notation where the prefix is known to hold an IPv4 address
  if (isMapped(bytes)) return `::ffff:${bytes.subarray(12).join(".")}`;
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
  // RFC 5952 4.2.2 and 4.2.3: the longest run of at least two zero groups, the first of equals
  let start = -1;
  let length = 1;
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (to < 8 && groups[to] === 0) to++;
    if (to - from > length) [start, length] = [from, to - from];
  }
  // RFC 5952 4.1 and 4.3: no leading zeros, lower case
  const hex = groups.map((group) => group.toString(16));
  if (start < 0) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}
