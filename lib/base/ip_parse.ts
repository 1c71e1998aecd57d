import { quote } from "./quote.ts";

/** What the text of an address says. */
export interface IpParts {
  /** 4 or 16 bytes in network order. */
  readonly bytes: Uint8Array;
  readonly zone: string | undefined;
}

/** The parts of an address, or what is wrong with the text. */
export function parseIp(text: string): IpParts | string {
  const percent = text.indexOf("%");
  const address = percent < 0 ? text : text.slice(0, percent);
  const zone = percent < 0 ? undefined : text.slice(percent + 1);
  const bytes = address.includes(":") ? parseIpv6(address) : parseIpv4(address);
  if (typeof bytes === "string") return bytes;
  return (zone === undefined ? undefined : zoneFault(zone, bytes)) ?? { bytes, zone };
}

/**
 * Reads `a.b.c.d`. RFC 6943 3.1.1: only the strict form, because a leading zero is octal to some
 * programs and decimal to others.
 *
 * @returns The four bytes, or what is wrong with the text.
 */
function parseIpv4(text: string): Uint8Array | string {
  if (text === "") return "it is empty";
  const parts = text.split(".");
  if (!/^[0-9.]+$/.test(text) || parts.length !== 4) {
    return "it is neither four decimal numbers with dots nor an IPv6 address";
  }
  const bytes = new Uint8Array(4);
  for (const [index, part] of parts.entries()) {
    if (part === "") return "a number between two dots is missing";
    if (part.length > 1 && part.startsWith("0")) return `${quote(part)} has a leading zero`;
    if (part.length > 3 || Number(part) > 255) return `${quote(part)} is more than 255`;
    bytes[index] = Number(part);
  }
  return bytes;
}

/**
 * Reads the text forms of RFC 4291 2.2: eight groups, one `::`, an IPv4 tail. The zone is not part of it.
 *
 * @returns The sixteen bytes, or what is wrong with the text.
 */
function parseIpv6(text: string): Uint8Array | string {
  const halves = text.split("::");
  if (text.includes(":::") || halves.length > 2) return 'there is more than one "::"';
  const [head = "", tail] = halves;
  const before = parseGroups(head, tail === undefined);
  if (typeof before === "string") return before;
  if (tail === undefined) {
    return before.length === 16 ? Uint8Array.from(before) : "an IPv6 address has eight groups";
  }
  const after = parseGroups(tail, true);
  if (typeof after === "string") return after;
  // RFC 4291 2.2: "::" stands for one or more groups
  if (before.length + after.length > 14) return 'there are too many groups beside "::"';
  const bytes = new Uint8Array(16);
  bytes.set(before, 0);
  bytes.set(after, 16 - after.length);
  return bytes;
}

/** Two bytes per group, four for an IPv4 tail; the tail may only end the whole address. */
function parseGroups(text: string, isEnd: boolean): readonly number[] | string {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    if (group.includes(".")) {
      if (!isEnd || index !== groups.length - 1) return "an IPv4 address can only be the end";
      const tail = parseIpv4(group);
      if (typeof tail === "string") return `its end ${quote(group)} is not an IPv4 address: ${tail}`;
      bytes.push(...tail);
    } else {
      if (group === "") return "a group beside a single colon is missing";
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return `${quote(group)} is not one to four hexadecimal digits`;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
    if (bytes.length > 16) return "an IPv6 address has eight groups";
  }
  return bytes;
}

/**
 * What is wrong with the zone of an address, if anything. The kernel refuses white space, `/` and `:` in the name of an
 * interface; `%`, `@` and brackets would make an endpoint ambiguous.
 */
export function zoneFault(zone: string, bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return "an IPv4 address has no zone";
  if (zone === "") return 'the zone after "%" is empty';
  // RFC 4007 11.2 leaves the form open; names are at most 15 bytes on Linux and 255 on Windows
  if (zone.length > 255) return "the zone is longer than 255 characters";
  return /^[^\s\p{C}/:%@[\]]+$/u.test(zone) ? undefined : "the zone cannot be the name of an interface";
}
