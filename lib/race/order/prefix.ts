import { Ip } from "../../base/ip.ts";
import { MptError } from "../../base/errors.ts";
import { quote } from "../../base/quote.ts";

/** Leading bits of an IPv6 address. */
export interface Prefix {
  /** The address with zeros behind the prefix. */
  readonly ip: Ip;
  /** From 0 to 128. */
  readonly length: number;
}

/**
 * Reads `2001:db8::/32`.
 *
 * @throws {MptError} `ERR_INVALID_VALUE` when it is no prefix of IPv6, or has bits behind its length.
 */
export function parsePrefix(text: string): Prefix {
  const [address = "", length = ""] = text.split("/", 2);
  const ip = Ip.tryParse(address);
  const bits = Number(length);
  if (ip?.family !== 6 || ip.zone !== undefined || !/^\d{1,3}$/.test(length) || bits > 128) {
    throw new MptError(
      "ERR_INVALID_VALUE",
      `Cannot use ${quote(text)} as a prefix: it is not address/length of IPv6`,
    );
  }
  const bytes = ip.bytes;
  for (let bit = bits; bit < 128; bit++) {
    if (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7)) & 1) === 1) {
      throw new MptError(
        "ERR_INVALID_VALUE",
        `Cannot use ${quote(text)} as a prefix: it has bits behind its length`,
      );
    }
  }
  return { ip, length: bits };
}

/** Whether 16 bytes begin with a prefix. */
export function hasPrefix(bytes: Uint8Array, prefix: Prefix): boolean {
  return commonBits(bytes, prefix.ip.bytes, prefix.length) === prefix.length;
}

/** How many leading bits two addresses have in common, up to a limit. */
export function commonBits(one: Uint8Array, other: Uint8Array, limit: number): number {
  let bits = 0;
  for (let at = 0; at < one.length && bits < limit; at++) {
    const difference = (one[at] ?? 0) ^ (other[at] ?? 0);
    if (difference !== 0) return Math.min(limit, bits + Math.clz32(difference) - 24);
    bits += 8;
  }
  return Math.min(limit, bits);
}

/** RFC 6724 3.2: an IPv4 address is looked at as `::ffff:a.b.c.d`. */
export function mappedBytes(ip: Ip): Uint8Array {
  const bytes = ip.bytes;
  return bytes.length === 16 ? bytes : Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...bytes);
}
