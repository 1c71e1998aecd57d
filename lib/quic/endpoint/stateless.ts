import type { CryptoBackend } from "../../crypto/aead.ts";
import { retryIntegrityTag } from "../../crypto/retry_integrity.ts";
import { TAG_BYTES } from "../../crypto/suites.ts";
import type { Random } from "../connection/config.ts";
import { initialKeys } from "../connection/level_keys.ts";
import { ConnectionId } from "../wire/connection_id.ts";
import type { PacketHeader } from "../wire/packet_header.ts";
import { reservedVersion } from "../wire/versions.ts";
import { writeControlFrame } from "../wire/write_control_frame.ts";
import { encodeRetry, encodeVersionNegotiation, writeLength, writeLongHeader } from "../wire/write_packet.ts";

/** RFC 9000 10.3: what cannot be told from a short packet with a header of its own. */
const MIN_RESET_BYTES = 21;

/** No longer than is needed, lest it can be told from other packets by its length. */
const MAX_RESET_BYTES = 43;

/** A Version Negotiation packet for a packet of another version (RFC 9000 6.1). */
export function versionNegotiation(
  bytes: Uint8Array,
  header: PacketHeader,
  supported: readonly number[],
  random: Random,
): Uint8Array<ArrayBuffer> {
  const source = bytes.slice(header.sourceStart, header.sourceEnd);
  const destination = bytes.slice(header.destinationStart, header.destinationEnd);
  // RFC 9000 6.3: one that nobody has, so that clients learn to pass over those
  const versions = [reservedVersion(random(4)), ...supported];
  return encodeVersionNegotiation(source, destination, versions, random(1)[0] ?? 0);
}

/**
 * A Retry packet (RFC 9000 17.2.5).
 *
 * @param source The id that the client has to send to from now on.
 */
export function retry(
  header: PacketHeader,
  destination: ConnectionId,
  source: ConnectionId,
  clientSource: ConnectionId,
  token: Uint8Array,
  random: Random,
): Uint8Array<ArrayBuffer> {
  const packet = encodeRetry(header.version, clientSource, source, token, random(1)[0] ?? 0);
  const tag = retryIntegrityTag(header.version, destination.toBytes(), packet);
  const whole = new Uint8Array(packet.length + tag.length);
  whole.set(packet);
  whole.set(tag, packet.length);
  return whole;
}

/** An Initial packet that refuses a connection with a transport error (RFC 9000 5.2.2, 8.1.2). */
export function refusal(
  backend: CryptoBackend,
  version: number,
  destination: ConnectionId,
  clientSource: ConnectionId,
  errorCode: number,
): Uint8Array<ArrayBuffer> {
  const buffer = new Uint8Array(128);
  const header = {
    type: "initial",
    version,
    destination: clientSource,
    source: destination,
    token: new Uint8Array(0),
  } as const;
  const payloadStart = writeLongHeader(buffer, 0, header, 0, 1);
  const frame = {
    kind: "connection_close",
    layer: "transport",
    errorCode,
    frameType: 0,
    reason: "",
  } as const;
  const payloadEnd = writeControlFrame(buffer, payloadStart, frame);
  writeLength(buffer, payloadStart - 1, payloadEnd + TAG_BYTES);
  const keys = initialKeys(backend, version, "server", destination);
  try {
    const end = keys.seal.seal(buffer, 0, payloadStart, payloadEnd, 0, 0);
    keys.headers.out.add(buffer, 0, payloadStart - 1, end);
    keys.headers.out.protect();
    return buffer.slice(0, end);
  } finally {
    keys.close();
  }
}

/**
 * A stateless reset (RFC 9000 10.3).
 *
 * @param cause The size of the datagram that it answers: it is shorter, so that two ends that know nothing of
 *   each other come to rest (10.3.3).
 * @returns Null if that datagram was too short to answer.
 */
export function statelessReset(
  cause: number,
  token: Uint8Array,
  random: Random,
): Uint8Array<ArrayBuffer> | null {
  const size = Math.min(cause - 1, MAX_RESET_BYTES);
  if (size < MIN_RESET_BYTES) return null;
  const bytes = new Uint8Array(size);
  bytes.set(random(size - token.length));
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  bytes.set(token, size - token.length);
  return bytes;
}

/** The ids of a long header as values. */
export function idsOf(
  bytes: Uint8Array,
  header: PacketHeader,
): { readonly destination: ConnectionId; readonly source: ConnectionId } {
  return {
    destination: ConnectionId.from(bytes, header.destinationStart, header.destinationEnd),
    source: ConnectionId.from(bytes, header.sourceStart, header.sourceEnd),
  };
}
