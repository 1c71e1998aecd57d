import { Buffer } from "node:buffer";
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { Ip } from "../../base/ip.ts";
import type { Random } from "../key_share.ts";
import { OID } from "./certificate.ts";
import { contextTag, der, encodeOid, TAG } from "./der.ts";

/** What to put into a certificate. */
export interface SelfSignedOptions {
  /** Names and addresses that it is for; the first is also its common name. */
  readonly hosts: readonly string[];
  /** The time, in milliseconds since 1970. */
  readonly nowMs: number;
  /** How long it is valid. @default {14} */
  readonly days?: number;
  /** Its key, of ECDSA P-256 or Ed25519, or the kind of a new one. @default {"p256"} */
  readonly key?: "p256" | "ed25519" | KeyObject;
  /** Random bytes for the serial number. */
  readonly random: Random;
}

/** A certificate and its key. */
export interface SelfSigned {
  readonly certificate: Uint8Array<ArrayBuffer>;
  readonly key: KeyObject;
}

const DAY_MS = 86_400_000;

/** Clocks differ: it is valid from an hour ago on. */
const LEEWAY_MS = 3_600_000;

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const ED25519 = "1.3.101.112";

const SERIAL_BYTES = 16;

/** Makes a certificate that signs itself (RFC 5280 4.1), for tests and servers without one. */
export function makeSelfSigned(options: SelfSignedOptions): SelfSigned {
  const { hosts, nowMs, days = 14, key = "p256", random } = options;
  const privateKey = typeof key === "string" ? newKey(key) : key;
  const publicKey = createPublicKey(privateKey);
  const isEd25519 = privateKey.asymmetricKeyType === "ed25519";
  const algorithm = der(TAG.sequence, encodeOid(isEd25519 ? ED25519 : ECDSA_WITH_SHA256));
  const name = distinguishedName(hosts[0] ?? "mpt");
  const body = der(
    TAG.sequence,
    der(contextTag(0, true), integer(Uint8Array.of(2))),
    integer(serial(random)),
    algorithm,
    name,
    der(TAG.sequence, time(nowMs - LEEWAY_MS), time(nowMs + days * DAY_MS)),
    name,
    new Uint8Array(publicKey.export({ format: "der", type: "spki" })),
    der(contextTag(3, true), der(TAG.sequence, ...extensions(hosts))),
  );
  const signature = sign(isEd25519 ? null : "sha256", body, privateKey);
  return {
    certificate: der(TAG.sequence, body, algorithm, der(TAG.bitString, Uint8Array.of(0), signature)),
    key: privateKey,
  };
}

function newKey(kind: "p256" | "ed25519"): KeyObject {
  return kind === "p256"
    ? generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey
    : generateKeyPairSync("ed25519").privateKey;
}

/** A certificate in the text form of RFC 7468. */
export function certificatePem(certificate: Uint8Array): string {
  const lines = Buffer.from(certificate).toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function extensions(hosts: readonly string[]): readonly Uint8Array[] {
  const extension = (oid: string, critical: boolean, value: Uint8Array): Uint8Array =>
    der(
      TAG.sequence,
      encodeOid(oid),
      ...(critical ? [der(TAG.boolean, Uint8Array.of(0xff))] : []),
      der(TAG.octetString, value),
    );
  return [
    // No authority: some clients refuse one as the certificate of a server even if they are told to trust it
    extension(OID.basicConstraints, true, der(TAG.sequence)),
    // digitalSignature
    extension(OID.keyUsage, true, der(TAG.bitString, Uint8Array.of(7, 0x80))),
    extension(
      OID.extendedKeyUsage,
      false,
      der(TAG.sequence, encodeOid(OID.serverAuth), encodeOid(OID.clientAuth)),
    ),
    extension(OID.subjectAltName, false, der(TAG.sequence, ...hosts.map(generalName))),
  ];
}

function generalName(host: string): Uint8Array {
  try {
    return der(contextTag(7, false), Ip.parse(host).bytes);
  } catch {
    return der(contextTag(2, false), new TextEncoder().encode(host));
  }
}

function distinguishedName(commonName: string): Uint8Array {
  const text = der(TAG.utf8String, new TextEncoder().encode(commonName.slice(0, 64)));
  return der(TAG.sequence, der(TAG.set, der(TAG.sequence, encodeOid(OID.commonName), text)));
}

/** RFC 5280 4.1.2.2: positive, and not longer than 20 bytes. */
function serial(random: Random): Uint8Array {
  const bytes = Uint8Array.from(random(SERIAL_BYTES));
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes;
}

function integer(bytes: Uint8Array): Uint8Array {
  return der(TAG.integer, bytes);
}

/** RFC 5280 4.1.2.5: UTCTime until 2049. */
function time(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "");
  const short = Number(digits.slice(0, 4)) < 2050;
  return der(
    short ? TAG.utcTime : TAG.generalizedTime,
    new TextEncoder().encode(short ? digits.slice(2) : digits),
  );
}
