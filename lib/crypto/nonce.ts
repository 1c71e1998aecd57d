const TWO_32 = 2 ** 32;

/**
 * Writes the nonce of a packet: the initialization vector XOR `{ path id (32), 00, packet number (62) }`
 * (draft-ietf-quic-multipath-21 2.4). For path 0 that is the nonce of RFC 9001 5.3.
 *
 * @param nonce 12 bytes to write to.
 * @param iv 12 bytes.
 * @param pathId From 0 to 2^32 - 1.
 * @param packetNumber From 0 to 2^53 - 1.
 */
export function writeNonce(nonce: Uint8Array, iv: Uint8Array, pathId: number, packetNumber: number): void {
  const high = Math.floor(packetNumber / TWO_32);
  const low = packetNumber >>> 0;
  nonce[0] = iv[0]! ^ (pathId >>> 24);
  nonce[1] = iv[1]! ^ (pathId >>> 16);
  nonce[2] = iv[2]! ^ (pathId >>> 8);
  nonce[3] = iv[3]! ^ pathId;
  nonce[4] = iv[4]! ^ (high >>> 24);
  nonce[5] = iv[5]! ^ (high >>> 16);
  nonce[6] = iv[6]! ^ (high >>> 8);
  nonce[7] = iv[7]! ^ high;
  nonce[8] = iv[8]! ^ (low >>> 24);
  nonce[9] = iv[9]! ^ (low >>> 16);
  nonce[10] = iv[10]! ^ (low >>> 8);
  nonce[11] = iv[11]! ^ low;
}
