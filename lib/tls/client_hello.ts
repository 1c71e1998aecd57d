import type { ByteReader } from "../base/byte_reader.ts";
import { TlsError } from "./alerts.ts";
import {
  CERTIFICATE_ONLY_SCHEMES,
  CERTIFICATE_TYPE,
  EXTENSION,
  type GroupName,
  GROUPS,
  MESSAGE,
  SCHEMES,
  TLS_12,
  TLS_13,
} from "./code_points.ts";
import { encodeExtensions, type Extensions, readExtensions } from "./extensions.ts";
import { handshakeMessage } from "./handshake_reader.ts";
import { concat, decode, readItems, readVector, u16, vector } from "./vectors.ts";

/** A key share as it is on the wire. */
export interface WireKeyShare {
  readonly group: number;
  readonly key: Uint8Array;
}

/** What a ClientHello says, as code points; null where an extension is absent. */
export interface ClientHello {
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuites: readonly number[];
  readonly compression: Uint8Array;
  readonly versions: readonly number[] | null;
  readonly groups: readonly number[] | null;
  readonly schemes: readonly number[] | null;
  readonly keyShares: readonly WireKeyShare[] | null;
  readonly serverName: string | null;
  readonly alpn: readonly string[] | null;
  readonly transportParameters: Uint8Array | null;
  readonly cookie: Uint8Array | null;
  readonly serverCertificateTypes: readonly number[] | null;
  readonly clientCertificateTypes: readonly number[] | null;
  /** All of them, known or not. */
  readonly extensions: Extensions;
}

/** What goes into a ClientHello of ours. */
export interface ClientHelloInput {
  readonly random: Uint8Array;
  readonly cipherSuites: readonly number[];
  readonly groups: readonly GroupName[];
  readonly keyShares: readonly WireKeyShare[];
  readonly serverName: string | null;
  readonly alpn: readonly string[];
  readonly transportParameters: Uint8Array;
  readonly cookie: Uint8Array | null;
  readonly serverCertificateTypes: readonly number[] | null;
  readonly clientCertificateTypes: readonly number[] | null;
}

const HOST_NAME = 0;

/**
 * Reads a ClientHello (RFC 9846 4.2.2).
 *
 * @throws {TlsError} If it is not well formed.
 */
export function decodeClientHello(body: Uint8Array): ClientHello {
  return decode("ClientHello", body, (reader) => {
    // The version is in an extension; this field says TLS 1.2 (RFC 9846 4.2.2).
    reader.skip(2);
    const random = reader.bytes(32);
    const sessionId = readVector(reader, 1);
    const cipherSuites = readItems(readVector(reader, 2), (each) => each.u16());
    const compression = readVector(reader, 1);
    const extensions = reader.remaining === 0 ? new Map<number, Uint8Array>() : readExtensions(reader);
    const get = <T>(type: number, name: string, read: (reader: ByteReader) => T): T | null => {
      const data = extensions.get(type);
      return data === undefined ? null : decode(`${name} extension`, data, read);
    };
    const u16List = (each: ByteReader): readonly number[] =>
      readItems(readVector(each, 2), (item) => item.u16());
    const u8List = (each: ByteReader): readonly number[] => [...readVector(each, 1)];
    return {
      random,
      sessionId,
      cipherSuites,
      compression,
      versions: get(
        EXTENSION.supportedVersions,
        "supported_versions",
        (each) => readItems(readVector(each, 1), (item) => item.u16()),
      ),
      groups: get(EXTENSION.supportedGroups, "supported_groups", u16List),
      schemes: get(EXTENSION.signatureAlgorithms, "signature_algorithms", u16List),
      keyShares: get(
        EXTENSION.keyShare,
        "key_share",
        (each) => readItems(readVector(each, 2), (item) => ({ group: item.u16(), key: readVector(item, 2) })),
      ),
      serverName: get(EXTENSION.serverName, "server_name", readServerName),
      alpn: get(EXTENSION.alpn, "application_layer_protocol_negotiation", readProtocols),
      transportParameters: extensions.get(EXTENSION.quicTransportParameters) ?? null,
      cookie: get(EXTENSION.cookie, "cookie", (each) => readVector(each, 2)),
      serverCertificateTypes: get(EXTENSION.serverCertificateType, "server_certificate_type", u8List),
      clientCertificateTypes: get(EXTENSION.clientCertificateType, "client_certificate_type", u8List),
      extensions,
    };
  });
}

/** A ClientHello with its header. */
export function encodeClientHello(hello: ClientHelloInput): Uint8Array<ArrayBuffer> {
  const extensions: (readonly [number, Uint8Array])[] = [];
  if (hello.serverName !== null) extensions.push([EXTENSION.serverName, encodeServerName(hello.serverName)]);
  extensions.push(
    [EXTENSION.supportedVersions, vector(1, u16(TLS_13))],
    [EXTENSION.supportedGroups, vector(2, ...hello.groups.map((group) => u16(GROUPS[group])))],
    [
      EXTENSION.signatureAlgorithms,
      vector(2, ...[...Object.values(SCHEMES), ...CERTIFICATE_ONLY_SCHEMES].map(u16)),
    ],
    [
      EXTENSION.keyShare,
      vector(2, ...hello.keyShares.map(({ group, key }) => concat(u16(group), vector(2, key)))),
    ],
    [EXTENSION.quicTransportParameters, hello.transportParameters],
  );
  if (hello.alpn.length > 0) extensions.push([EXTENSION.alpn, encodeProtocols(hello.alpn)]);
  if (hello.serverCertificateTypes !== null) {
    extensions.push([
      EXTENSION.serverCertificateType,
      vector(1, Uint8Array.from(hello.serverCertificateTypes)),
    ]);
  }
  if (hello.clientCertificateTypes !== null) {
    extensions.push([
      EXTENSION.clientCertificateType,
      vector(1, Uint8Array.from(hello.clientCertificateTypes)),
    ]);
  }
  if (hello.cookie !== null) extensions.push([EXTENSION.cookie, vector(2, hello.cookie)]);
  return handshakeMessage(
    MESSAGE.clientHello,
    concat(
      u16(TLS_12),
      hello.random,
      // RFC 9001 8.4: no middlebox compatibility mode
      vector(1),
      vector(2, ...hello.cipherSuites.map(u16)),
      vector(1, Uint8Array.of(0)),
      encodeExtensions(extensions),
    ),
  );
}

/** The list of RFC 7301 3.1. */
export function encodeProtocols(protocols: readonly string[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  return vector(2, ...protocols.map((protocol) => vector(1, encoder.encode(protocol))));
}

/** Reads the list of RFC 7301 3.1. */
export function readProtocols(reader: ByteReader): readonly string[] {
  const decoder = new TextDecoder();
  const protocols = readItems(readVector(reader, 2), (each) => readVector(each, 1));
  if (protocols.length === 0 || protocols.some(({ length }) => length === 0)) {
    throw new TlsError("decode_error", "Cannot read the application protocols: one is empty");
  }
  return protocols.map((each) => decoder.decode(each));
}

/** Whether a list of certificate types has one. */
export function offersType(types: readonly number[] | null, type: keyof typeof CERTIFICATE_TYPE): boolean {
  // RFC 7250 4.1: without the extension it is X.509.
  return types === null ? type === "x509" : types.includes(CERTIFICATE_TYPE[type]);
}

function encodeServerName(name: string): Uint8Array<ArrayBuffer> {
  return vector(2, Uint8Array.of(HOST_NAME), vector(2, new TextEncoder().encode(name)));
}

/** RFC 6066 3 */
function readServerName(reader: ByteReader): string | null {
  const names = readItems(readVector(reader, 2), (each) => ({ type: each.u8(), name: readVector(each, 2) }));
  const host = names.find(({ type }) => type === HOST_NAME);
  return host === undefined ? null : new TextDecoder().decode(host.name);
}
