/** The record types that are read and written field by field. */
export type KnownType = "A" | "AAAA" | "CNAME" | "SOA" | "SVCB" | "HTTPS";

/** A record type: its name, or its number where mpt has no name for it. */
export type RecordType = KnownType | number;

/** RFC 1035 3.2.4: the Internet, the only class in use. */
export const CLASS_IN = 1;

/** RFC 6891 6.1.1. */
export const TYPE_OPT = 41;

/** RFC 1035 3.2.2, RFC 3596 2.1, RFC 9460 14.1 and 14.2. */
const CODES: Readonly<Record<KnownType, number>> = { A: 1, CNAME: 5, SOA: 6, AAAA: 28, SVCB: 64, HTTPS: 65 };

const NAMES: ReadonlyMap<number, KnownType> = new Map(
  (Object.keys(CODES) as KnownType[]).map((name) => [CODES[name], name]),
);

/** The number of a record type. */
export function typeCode(type: RecordType): number {
  return typeof type === "number" ? type : CODES[type];
}

/** The type with a number: the name, where there is one. */
export function typeOf(code: number): RecordType {
  return NAMES.get(code) ?? code;
}

/** RFC 3597 5: `TYPE65280` for a type without a name. */
export function typeName(type: RecordType): string {
  return typeof type === "number" ? `TYPE${type}` : type;
}

/** Response codes that are told apart (RFC 1035 4.1.1, RFC 6895 2.3, RFC 6891 9, RFC 7873 8). */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const;

/** The name of a response code, such as `SERVFAIL`, or `RCODE9`. */
export function rcodeName(rcode: number): string {
  const found = Object.entries(RCODE).find(([, value]) => value === rcode);
  return found === undefined ? `RCODE${rcode}` : found[0];
}
