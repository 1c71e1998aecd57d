import { createCipheriv, timingSafeEqual } from "node:crypto";
import { MptError } from "../base/errors.ts";
import { TAG_BYTES } from "./suites.ts";
import { versionConstants } from "./version_constants.ts";

/**
 * RFC 9001 5.8: the tag at the end of a Retry packet, over the pseudo-packet
 * `{ ODCID Length (8), Original Destination Connection ID, Retry packet without its tag }`.
 *
 * @param originalConnectionId The Destination Connection ID of the Initial packet that it answers.
 * @param packet The Retry packet without its tag.
 */
export function retryIntegrityTag(
  version: number,
  originalConnectionId: Uint8Array,
  packet: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (originalConnectionId.length > 255) {
    throw new MptError("ERR_INVALID_VALUE", "Cannot sign a Retry packet: the connection id is too long");
  }
  const { retryKey, retryNonce } = versionConstants(version);
  const cipher = createCipheriv("aes-128-gcm", retryKey, retryNonce);
  const pseudoPacket = new Uint8Array(1 + originalConnectionId.length + packet.length);
  pseudoPacket[0] = originalConnectionId.length;
  pseudoPacket.set(originalConnectionId, 1);
  pseudoPacket.set(packet, 1 + originalConnectionId.length);
  cipher.setAAD(pseudoPacket);
  cipher.final();
  return new Uint8Array(cipher.getAuthTag());
}

/**
 * Whether a Retry packet comes from somebody who saw the Initial packet that it answers.
 *
 * @param packet The whole Retry packet with its tag.
 */
export function verifyRetry(version: number, originalConnectionId: Uint8Array, packet: Uint8Array): boolean {
  if (packet.length < TAG_BYTES) return false;
  const end = packet.length - TAG_BYTES;
  const expected = retryIntegrityTag(version, originalConnectionId, packet.subarray(0, end));
  return timingSafeEqual(expected, packet.subarray(end));
}
