import { contextTag, decodeOid, type DerItem, DerReader, malformed, TAG } from "./der.ts";

/** Object identifiers of RFC 5280. */
export const OID = {
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  anyUsage: "2.5.29.37.0",
  commonName: "2.5.4.3",
} as const;

/** RFC 5280 4.2: extensions that may be critical because they are understood here. */
const UNDERSTOOD: readonly string[] = [
  OID.keyUsage,
  OID.subjectAltName,
  OID.basicConstraints,
  OID.extendedKeyUsage,
];

/** Bits of the key usage extension (RFC 5280 4.2.1.3), counted from the first. */
const DIGITAL_SIGNATURE_BIT = 0;
const KEY_CERT_SIGN_BIT = 5;

/** No honest certificate has more extensions or names. */
const MAX_ITEMS = 4096;

/** What the verification of a chain needs of a certificate (RFC 5280 4.1). */
export interface ParsedCertificate {
  readonly der: Uint8Array;
  /** The names as bytes: chains are built by comparing them. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** SubjectPublicKeyInfo, whose SHA-256 is the pin. */
  readonly publicKeyInfo: Uint8Array;
  readonly signatureAlgorithm: string;
  /** Milliseconds since 1970. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly isCa: boolean;
  readonly pathLength: number | null;
  /** Null without the extension: any use is allowed. */
  readonly maySign: boolean | null;
  readonly mayCertify: boolean | null;
  readonly extendedUsage: readonly string[] | null;
  readonly dnsNames: readonly string[];
  /** 4 or 16 bytes each. */
  readonly ipAddresses: readonly Uint8Array[];
  /** Critical extensions that are not understood. */
  readonly unknownCritical: readonly string[];
}

interface Extension {
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/**
 * Reads a certificate (RFC 5280 4.1).
 *
 * @throws {TlsError} `bad_certificate` if it is not well formed.
 */
export function parseCertificate(bytes: Uint8Array): ParsedCertificate {
  const outer = new DerReader(bytes);
  const certificate = outer.enter(TAG.sequence);
  if (!outer.atEnd) throw malformed("bytes are left over");
  const tbs = certificate.enter(TAG.sequence);
  const signatureAlgorithm = decodeOid(certificate.enter(TAG.sequence).next(TAG.oid).content);
  tbs.optional(contextTag(0, true));
  tbs.next(TAG.integer);
  const innerAlgorithm = decodeOid(tbs.enter(TAG.sequence).next(TAG.oid).content);
  // RFC 5280 4.1.1.2
  if (innerAlgorithm !== signatureAlgorithm) throw malformed("it names two signature algorithms");
  const issuer = tbs.next(TAG.sequence).raw;
  const validity = tbs.enter(TAG.sequence);
  const notBeforeMs = readTime(validity.next());
  const notAfterMs = readTime(validity.next());
  const subject = tbs.next(TAG.sequence).raw;
  const publicKeyInfo = tbs.next(TAG.sequence).raw;
  tbs.optional(contextTag(1, false));
  tbs.optional(contextTag(2, false));
  const holder = tbs.optional(contextTag(3, true));
  const extensions = holder === undefined ? new Map<string, Extension>() : readExtensions(holder);
  const constraints = readBasicConstraints(extensions.get(OID.basicConstraints)?.value);
  const usage = readKeyUsage(extensions.get(OID.keyUsage)?.value);
  const names = readNames(extensions.get(OID.subjectAltName)?.value);
  return {
    der: bytes,
    issuer,
    subject,
    publicKeyInfo,
    signatureAlgorithm,
    notBeforeMs,
    notAfterMs,
    ...constraints,
    ...usage,
    ...names,
    extendedUsage: readExtendedUsage(extensions.get(OID.extendedKeyUsage)?.value),
    unknownCritical: [...extensions].filter(([oid, { critical }]) => critical && !UNDERSTOOD.includes(oid))
      .map(([oid]) => oid),
  };
}

function readExtensions(holder: DerItem): ReadonlyMap<string, Extension> {
  const found = new Map<string, Extension>();
  const list = new DerReader(holder.content).enter(TAG.sequence);
  while (!list.atEnd) {
    const item = list.enter(TAG.sequence);
    const oid = decodeOid(item.next(TAG.oid).content);
    const critical = item.optional(TAG.boolean)?.content[0] === 0xff;
    const value = item.next(TAG.octetString).content;
    // RFC 5280 4.2
    if (found.has(oid)) throw malformed(`extension ${oid} comes twice`);
    if (found.size >= MAX_ITEMS) throw malformed("too many extensions");
    found.set(oid, { critical, value });
  }
  return found;
}

function readBasicConstraints(
  value: Uint8Array | undefined,
): { readonly isCa: boolean; readonly pathLength: number | null } {
  if (value === undefined) return { isCa: false, pathLength: null };
  const fields = new DerReader(value).enter(TAG.sequence);
  const isCa = fields.optional(TAG.boolean)?.content[0] === 0xff;
  const length = fields.optional(TAG.integer)?.content;
  if (length !== undefined && (length.length !== 1 || length[0]! > 0x7f)) {
    throw malformed("a strange path length");
  }
  return { isCa, pathLength: length?.[0] ?? null };
}

function readKeyUsage(
  value: Uint8Array | undefined,
): { readonly maySign: boolean | null; readonly mayCertify: boolean | null } {
  if (value === undefined) return { maySign: null, mayCertify: null };
  const { content } = new DerReader(value).next(TAG.bitString);
  const bit = (index: number): boolean => ((content[1 + (index >> 3)] ?? 0) & (0x80 >> (index & 7))) !== 0;
  return { maySign: bit(DIGITAL_SIGNATURE_BIT), mayCertify: bit(KEY_CERT_SIGN_BIT) };
}

function readExtendedUsage(value: Uint8Array | undefined): readonly string[] | null {
  if (value === undefined) return null;
  const list = new DerReader(value).enter(TAG.sequence);
  const usages: string[] = [];
  while (!list.atEnd && usages.length < MAX_ITEMS) usages.push(decodeOid(list.next(TAG.oid).content));
  return usages;
}

/** RFC 5280 4.2.1.6 */
function readNames(
  value: Uint8Array | undefined,
): { readonly dnsNames: readonly string[]; readonly ipAddresses: readonly Uint8Array[] } {
  const dnsNames: string[] = [];
  const ipAddresses: Uint8Array[] = [];
  const list = value === undefined ? undefined : new DerReader(value).enter(TAG.sequence);
  while (list !== undefined && !list.atEnd && dnsNames.length + ipAddresses.length < MAX_ITEMS) {
    const { tag, content } = list.next();
    if (tag === contextTag(2, false)) dnsNames.push(ascii(content));
    else if (tag === contextTag(7, false)) ipAddresses.push(content);
  }
  return { dnsNames, ipAddresses };
}

/** RFC 5280 4.1.2.5: UTC, with seconds, without fractions. */
function readTime({ tag, content }: DerItem): number {
  const text = ascii(content);
  const pattern = tag === TAG.utcTime
    ? /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/
    : tag === TAG.generalizedTime
    ? /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/
    : undefined;
  const match = pattern?.exec(text);
  if (match === null || match === undefined) throw malformed("a date of a form that is not allowed");
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const fullYear = tag === TAG.utcTime ? year + (year >= 50 ? 1900 : 2000) : year;
  return Date.UTC(fullYear, month - 1, day, hour, minute, second);
}

function ascii(content: Uint8Array): string {
  let text = "";
  for (const byte of content) text += String.fromCharCode(byte);
  return text;
}
