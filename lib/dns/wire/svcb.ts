import { ByteReader } from "../../base/byte_reader.ts";
import { ByteWriter } from "../../base/byte_writer.ts";
import { MptError } from "../../base/errors.ts";
import { Ip } from "../../base/ip.ts";
import { malformed } from "./name_codec.ts";

/** RFC 9460 14.3.2: the keys that are read. */
export const SVC_KEY = {
  MANDATORY: 0,
  ALPN: 1,
  NO_DEFAULT_ALPN: 2,
  PORT: 3,
  IPV4HINT: 4,
  ECH: 5,
  IPV6HINT: 6,
} as const;

/** RFC 9460 14.3.2: the key that no record may have. */
const INVALID_KEY = 65535;

/** A parameter that mpt does not know. */
export interface UnknownParam {
  readonly key: number;
  readonly value: Uint8Array;
}

/** The parameters of a service (RFC 9460 7 and 8, RFC 9848 3). */
export interface SvcParams {
  /** Keys that a client has to understand to use the record; without those that every client must. */
  readonly mandatory: readonly number[];
  /** Protocols besides the default, one character per octet; empty when the key is absent. */
  readonly alpn: readonly string[];
  /** Whether the scheme's default protocol is not offered. */
  readonly noDefaultAlpn: boolean;
  readonly port: number | null;
  readonly ipv4Hints: readonly Ip[];
  readonly ipv6Hints: readonly Ip[];
  /** The ECHConfigList as it was sent. */
  readonly ech: Uint8Array | null;
  readonly unknown: readonly UnknownParam[];
}

/** The parameters of an alias, and of a service that names none. */
export const NO_PARAMS: SvcParams = Object.freeze({
  mandatory: [],
  alpn: [],
  noDefaultAlpn: false,
  port: null,
  ipv4Hints: [],
  ipv6Hints: [],
  ech: null,
  unknown: [],
});

/**
 * Reads parameters (RFC 9460 2.2): key u16, length u16, value; the keys in strictly increasing order.
 *
 * @param bytes Everything behind the target name.
 * @throws {MptError} `ERR_PROTOCOL` for what RFC 9460 calls malformed.
 */
export function readSvcParams(bytes: Uint8Array): SvcParams {
  const reader = new ByteReader(bytes);
  const params: { -readonly [Key in keyof SvcParams]: SvcParams[Key] } = { ...NO_PARAMS };
  const unknown: UnknownParam[] = [];
  const keys = new Set<number>();
  let last = -1;
  while (reader.remaining > 0) {
    const key = reader.u16();
    if (key <= last) throw malformed("the keys of a service record are not in increasing order");
    if (key === INVALID_KEY) throw malformed(`a service record has the key ${INVALID_KEY}`);
    last = key;
    keys.add(key);
    const value = reader.bytes(reader.u16());
    switch (key) {
      case SVC_KEY.MANDATORY:
        params.mandatory = readMandatory(value);
        break;
      case SVC_KEY.ALPN:
        params.alpn = readAlpn(value);
        break;
      case SVC_KEY.NO_DEFAULT_ALPN:
        if (value.length > 0) throw malformed("no-default-alpn has a value");
        params.noDefaultAlpn = true;
        break;
      case SVC_KEY.PORT:
        if (value.length !== 2) throw malformed("the port of a service does not have two octets");
        params.port = new ByteReader(value).u16();
        break;
      case SVC_KEY.IPV4HINT:
        params.ipv4Hints = readHints(value, 4);
        break;
      case SVC_KEY.IPV6HINT:
        params.ipv6Hints = readHints(value, 16);
        break;
      case SVC_KEY.ECH:
        params.ech = value.slice();
        break;
      default:
        unknown.push({ key, value: value.slice() });
    }
  }
  params.unknown = unknown;
  // RFC 9460 8: a mandatory key has to be there
  const missing = params.mandatory.find((key) => !keys.has(key));
  if (missing !== undefined) throw malformed(`the mandatory key ${missing} of a service is absent`);
  // RFC 9460 7.1.1: no-default-alpn without alpn makes the record self-inconsistent, not malformed
  return params;
}

/**
 * Writes parameters, in the order of their keys.
 *
 * @throws {MptError} `ERR_INVALID_VALUE` for parameters that cannot be written.
 */
export function writeSvcParams(params: SvcParams): Uint8Array<ArrayBuffer> {
  const values = new Map<number, Uint8Array>(params.unknown.map(({ key, value }) => [key, value]));
  if (params.mandatory.length > 0) values.set(SVC_KEY.MANDATORY, numbers(params.mandatory));
  if (params.alpn.length > 0) values.set(SVC_KEY.ALPN, writeAlpn(params.alpn));
  if (params.noDefaultAlpn) values.set(SVC_KEY.NO_DEFAULT_ALPN, new Uint8Array(0));
  if (params.port !== null) values.set(SVC_KEY.PORT, numbers([params.port]));
  if (params.ipv4Hints.length > 0) values.set(SVC_KEY.IPV4HINT, addressBytes(params.ipv4Hints));
  if (params.ipv6Hints.length > 0) values.set(SVC_KEY.IPV6HINT, addressBytes(params.ipv6Hints));
  if (params.ech !== null) values.set(SVC_KEY.ECH, params.ech);
  const writer = new ByteWriter();
  for (const [key, value] of [...values].toSorted(([a], [b]) => a - b)) {
    writer.u16(key);
    writer.u16(value.length);
    writer.bytes(value);
  }
  return writer.finish();
}

/** RFC 9460 8: strictly increasing, never the key `mandatory` itself. */
function readMandatory(value: Uint8Array): readonly number[] {
  if (value.length === 0 || value.length % 2 !== 0) {
    throw malformed("the list of mandatory keys is odd or empty");
  }
  const reader = new ByteReader(value);
  const keys: number[] = [];
  while (reader.remaining > 0) {
    const key = reader.u16();
    if (key <= (keys.at(-1) ?? SVC_KEY.MANDATORY)) {
      throw malformed("the mandatory keys are not in increasing order");
    }
    keys.push(key);
  }
  return keys;
}

/** RFC 9460 7.1.1: length u8 and 1 to 255 octets, at least once. */
function readAlpn(value: Uint8Array): readonly string[] {
  const reader = new ByteReader(value);
  const ids: string[] = [];
  do {
    const id = reader.bytes(reader.u8());
    if (id.length === 0) throw malformed("an ALPN id is empty");
    ids.push(String.fromCharCode(...id));
  } while (reader.remaining > 0);
  return ids;
}

/** RFC 9460 7.3: addresses one after the other, at least one. */
function readHints(value: Uint8Array, size: 4 | 16): readonly Ip[] {
  if (value.length === 0 || value.length % size !== 0) throw malformed("an address hint has a wrong length");
  const hints: Ip[] = [];
  for (let at = 0; at < value.length; at += size) hints.push(Ip.fromBytes(value.subarray(at, at + size)));
  return hints;
}

function writeAlpn(ids: readonly string[]): Uint8Array {
  const writer = new ByteWriter();
  for (const id of ids) {
    if (!/^[\0-\xff]{1,255}$/s.test(id)) {
      throw new MptError("ERR_INVALID_VALUE", "Cannot write an ALPN id: it has 1 to 255 octets");
    }
    writer.u8(id.length);
    writer.bytes(Uint8Array.from(id, (character) => character.charCodeAt(0)));
  }
  return writer.finish();
}

function numbers(values: readonly number[]): Uint8Array {
  const writer = new ByteWriter();
  for (const value of values) writer.u16(value);
  return writer.finish();
}

function addressBytes(addresses: readonly Ip[]): Uint8Array {
  const writer = new ByteWriter();
  for (const address of addresses) writer.bytes(address.bytes);
  return writer.finish();
}
