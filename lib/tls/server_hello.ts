import { fromHex } from "../base/hex.ts";
import { TlsError } from "./alerts.ts";
import type { WireKeyShare } from "./client_hello.ts";
import { EXTENSION, MESSAGE, TLS_12, TLS_13 } from "./code_points.ts";
import { encodeExtensions, type Extensions, readExtensions } from "./extensions.ts";
import { handshakeMessage } from "./handshake_reader.ts";
import { concat, decode, readVector, u16, vector } from "./vectors.ts";

/** RFC 9846 4.2.3: a ServerHello with this random is a HelloRetryRequest. */
const RETRY_RANDOM = fromHex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");

/** What a ServerHello says. */
export interface ServerHello {
  readonly kind: "hello";
  readonly random: Uint8Array;
  readonly cipherSuite: number;
  readonly keyShare: WireKeyShare;
}

/** What a HelloRetryRequest says. */
export interface HelloRetryRequest {
  readonly kind: "retry";
  readonly cipherSuite: number;
  /** The group to send a key for; null when only a cookie is asked for. */
  readonly group: number | null;
  readonly cookie: Uint8Array | null;
}

/**
 * Reads a ServerHello or a HelloRetryRequest (RFC 9846 4.2.3, 4.2.4) that answers a ClientHello without
 * session id.
 *
 * @throws {TlsError} If it is not well formed, or not TLS 1.3.
 */
export function decodeServerHello(body: Uint8Array): ServerHello | HelloRetryRequest {
  return decode("ServerHello", body, (reader) => {
    const legacyVersion = reader.u16();
    const random = reader.bytes(32);
    const sessionId = readVector(reader, 1);
    const cipherSuite = reader.u16();
    const compression = reader.u8();
    const extensions = reader.remaining === 0 ? new Map<number, Uint8Array>() : readExtensions(reader);
    const version = extensions.get(EXTENSION.supportedVersions);
    // RFC 9846 4.3.1: without the extension it is an older version.
    if (version === undefined) {
      throw new TlsError("protocol_version", "Cannot go on: the server does not speak TLS 1.3");
    }
    if (decode("supported_versions extension", version, (each) => each.u16()) !== TLS_13) {
      throw new TlsError(
        "illegal_parameter",
        "Cannot go on: the server chose a version that was not offered",
      );
    }
    if (legacyVersion !== TLS_12 || sessionId.length > 0 || compression !== 0) {
      throw new TlsError("illegal_parameter", "Cannot go on: a legacy field of the ServerHello is wrong");
    }
    const isRetry = RETRY_RANDOM.every((byte, i) => byte === random[i]);
    return isRetry ? readRetry(cipherSuite, extensions) : readHello(random, cipherSuite, extensions);
  });
}

/** A ServerHello with its header. */
export function encodeServerHello(hello: Omit<ServerHello, "kind">): Uint8Array<ArrayBuffer> {
  const { group, key } = hello.keyShare;
  return encode(hello.random, hello.cipherSuite, [
    [EXTENSION.supportedVersions, u16(TLS_13)],
    [EXTENSION.keyShare, concat(u16(group), vector(2, key))],
  ]);
}

/** A HelloRetryRequest with its header. */
export function encodeHelloRetryRequest(retry: Omit<HelloRetryRequest, "kind">): Uint8Array<ArrayBuffer> {
  const extensions: (readonly [number, Uint8Array])[] = [[EXTENSION.supportedVersions, u16(TLS_13)]];
  if (retry.group !== null) extensions.push([EXTENSION.keyShare, u16(retry.group)]);
  if (retry.cookie !== null) extensions.push([EXTENSION.cookie, vector(2, retry.cookie)]);
  return encode(RETRY_RANDOM, retry.cipherSuite, extensions);
}

function encode(
  random: Uint8Array,
  cipherSuite: number,
  extensions: readonly (readonly [number, Uint8Array])[],
): Uint8Array<ArrayBuffer> {
  const body = concat(
    u16(TLS_12),
    random,
    vector(1),
    u16(cipherSuite),
    Uint8Array.of(0),
    encodeExtensions(extensions),
  );
  return handshakeMessage(MESSAGE.serverHello, body);
}

function readHello(random: Uint8Array, cipherSuite: number, extensions: Extensions): ServerHello {
  only(extensions, [EXTENSION.supportedVersions, EXTENSION.keyShare]);
  const share = extensions.get(EXTENSION.keyShare);
  if (share === undefined) {
    throw new TlsError("missing_extension", "Cannot go on: the ServerHello has no key share");
  }
  const keyShare = decode("key_share extension", share, (each) => ({
    group: each.u16(),
    key: readVector(each, 2),
  }));
  return { kind: "hello", random, cipherSuite, keyShare };
}

function readRetry(cipherSuite: number, extensions: Extensions): HelloRetryRequest {
  only(extensions, [EXTENSION.supportedVersions, EXTENSION.keyShare, EXTENSION.cookie]);
  const share = extensions.get(EXTENSION.keyShare);
  const cookie = extensions.get(EXTENSION.cookie);
  return {
    kind: "retry",
    cipherSuite,
    group: share === undefined ? null : decode("key_share extension", share, (each) => each.u16()),
    cookie: cookie === undefined ? null : decode("cookie extension", cookie, (each) => readVector(each, 2)),
  };
}

function only(extensions: Extensions, allowed: readonly number[]): void {
  for (const type of extensions.keys()) {
    if (allowed.includes(type)) continue;
    throw new TlsError("unsupported_extension", `Cannot go on: extension ${type} was not asked for`);
  }
}
