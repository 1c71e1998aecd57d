import { Buffer } from "node:buffer";
import { type Cipheriv, createCipheriv, createDecipheriv } from "node:crypto";
import {
  checkMasks,
  checkPacket,
  type CryptoBackend,
  type HeaderCipher,
  keyInUse,
  type PacketCipher,
} from "./aead.ts";
import { ChaCha20Block } from "./chacha20_block.ts";
import { writeNonce } from "./nonce.ts";
import { type AeadName, IV_BYTES, TAG_BYTES } from "./suites.ts";

/** The types of node:crypto know `authTagLength` and `setAAD()` only for algorithms named by a literal. */
type GcmLike = "aes-128-gcm";

const OPTIONS = { authTagLength: TAG_BYTES } as const;

/** Packet protection by node:crypto, which is everywhere: synchronous, but 10 to 20 times slower than libcrypto. */
export const NODE_CRYPTO: CryptoBackend = {
  name: "node:crypto",
  packetCipher: (suite, { key, iv }) => new NodePacketCipher(suite.aead, key, iv),
  headerCipher: (suite, { headerKey }) =>
    suite.aead === "chacha20-poly1305" ? new ChaChaHeaderCipher(headerKey) : new AesHeaderCipher(headerKey),
};

class NodePacketCipher implements PacketCipher {
  readonly #algorithm: GcmLike;
  readonly #iv: Uint8Array;
  readonly #nonce: Uint8Array = new Uint8Array(IV_BYTES);
  // A Buffer is 1 µs faster per packet here than a plain array, a KeyObject slower.
  #key: Buffer | null;

  constructor(algorithm: AeadName, key: Uint8Array, iv: Uint8Array) {
    this.#algorithm = algorithm as GcmLike;
    this.#key = Buffer.from(key);
    this.#iv = iv;
  }

  seal(
    buffer: Uint8Array<ArrayBuffer>,
    headerStart: number,
    payloadStart: number,
    payloadEnd: number,
    pathId: number,
    packetNumber: number,
  ): number {
    checkPacket(buffer, headerStart, payloadStart, payloadEnd);
    writeNonce(this.#nonce, this.#iv, pathId, packetNumber);
    const cipher = createCipheriv(this.#algorithm, keyInUse(this.#key), this.#nonce, OPTIONS);
    cipher.setAAD(buffer.subarray(headerStart, payloadStart));
    buffer.set(cipher.update(buffer.subarray(payloadStart, payloadEnd)), payloadStart);
    cipher.final();
    buffer.set(cipher.getAuthTag(), payloadEnd);
    return payloadEnd + TAG_BYTES;
  }

  open(
    buffer: Uint8Array<ArrayBuffer>,
    headerStart: number,
    payloadStart: number,
    packetEnd: number,
    pathId: number,
    packetNumber: number,
  ): boolean {
    const payloadEnd = packetEnd - TAG_BYTES;
    if (payloadEnd < payloadStart) return false;
    checkPacket(buffer, headerStart, payloadStart, payloadEnd);
    writeNonce(this.#nonce, this.#iv, pathId, packetNumber);
    const decipher = createDecipheriv(this.#algorithm, keyInUse(this.#key), this.#nonce, OPTIONS);
    decipher.setAAD(buffer.subarray(headerStart, payloadStart));
    decipher.setAuthTag(buffer.subarray(payloadEnd, packetEnd));
    const payload = decipher.update(buffer.subarray(payloadStart, payloadEnd));
    try {
      decipher.final();
    } catch {
      return false;
    }
    buffer.set(payload, payloadStart);
    return true;
  }

  close(): void {
    this.#key?.fill(0);
    this.#key = null;
  }
}

/** RFC 9001 5.4.3. ECB keeps no state between blocks, so that one cipher serves every packet. */
class AesHeaderCipher implements HeaderCipher {
  #cipher: Cipheriv | null;

  constructor(key: Uint8Array) {
    this.#cipher = createCipheriv(key.length === 16 ? "aes-128-ecb" : "aes-256-ecb", key, null);
    this.#cipher.setAutoPadding(false);
  }

  mask(samples: Uint8Array<ArrayBuffer>, masks: Uint8Array<ArrayBuffer>, count: number): void {
    checkMasks(samples, masks, count);
    masks.set(keyInUse(this.#cipher).update(samples.subarray(0, 16 * count)));
  }

  close(): void {
    // The cipher is a resource of Deno, which only this frees
    this.#cipher?.final();
    this.#cipher = null;
  }
}

/** RFC 9001 5.4.4. */
class ChaChaHeaderCipher implements HeaderCipher {
  #block: ChaCha20Block | null;

  constructor(key: Uint8Array) {
    this.#block = new ChaCha20Block(key);
  }

  mask(samples: Uint8Array<ArrayBuffer>, masks: Uint8Array<ArrayBuffer>, count: number): void {
    checkMasks(samples, masks, count);
    const block = keyInUse(this.#block);
    for (let at = 0; at < 16 * count; at += 16) block.run(samples, masks, at);
  }

  close(): void {
    this.#block?.clear();
    this.#block = null;
  }
}
