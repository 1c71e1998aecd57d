import { Buffer } from "node:buffer";
import { type Cipheriv, createCipheriv, createDecipheriv } from "node:crypto";
import type { CryptoBackend } from "./aead.ts";
import { ChaCha20Block } from "./chacha20_block.ts";
import { GuardedHeaderCipher, GuardedPacketCipher, type RawAead, type RawMasks } from "./guarded_cipher.ts";
import {
  type AeadName,
  AES_128_GCM_SHA256,
  AES_256_GCM_SHA384,
  CHACHA20_POLY1305_SHA256,
  IV_BYTES,
  TAG_BYTES,
} from "./suites.ts";

/** The types of node:crypto know `authTagLength` and `setAAD()` only for algorithms named by a literal. */
type GcmLike = "aes-128-gcm";

const OPTIONS = { authTagLength: TAG_BYTES } as const;

/** Packet protection by node:crypto, which is everywhere: synchronous, but 10 to 20 times slower than libcrypto. */
export const NODE_CRYPTO: CryptoBackend = {
  name: "node:crypto",
  // It takes a third of the time of AES here, which has no help from the processor
  suites: [CHACHA20_POLY1305_SHA256, AES_128_GCM_SHA256, AES_256_GCM_SHA384],
  packetCipher: (suite, { key, iv }) => new GuardedPacketCipher(new NodeAead(suite.aead, key), iv),
  headerCipher: (suite, { headerKey }) =>
    new GuardedHeaderCipher(
      suite.aead === "chacha20-poly1305" ? new ChaChaMasks(headerKey) : new AesMasks(headerKey),
    ),
};

class NodeAead implements RawAead {
  readonly nonce: Uint8Array = new Uint8Array(IV_BYTES);
  readonly #algorithm: GcmLike;
  // A Buffer is 1 µs faster per packet here than a plain array, a KeyObject slower.
  readonly #key: Buffer;

  constructor(algorithm: AeadName, key: Uint8Array) {
    this.#algorithm = algorithm as GcmLike;
    this.#key = Buffer.from(key);
  }

  seal(buffer: Uint8Array<ArrayBuffer>, dataStart: number, textStart: number, textEnd: number): boolean {
    const cipher = createCipheriv(this.#algorithm, this.#key, this.nonce, OPTIONS);
    cipher.setAAD(buffer.subarray(dataStart, textStart));
    buffer.set(cipher.update(buffer.subarray(textStart, textEnd)), textStart);
    cipher.final();
    buffer.set(cipher.getAuthTag(), textEnd);
    return true;
  }

  open(buffer: Uint8Array<ArrayBuffer>, dataStart: number, textStart: number, textEnd: number): boolean {
    const decipher = createDecipheriv(this.#algorithm, this.#key, this.nonce, OPTIONS);
    decipher.setAAD(buffer.subarray(dataStart, textStart));
    decipher.setAuthTag(buffer.subarray(textEnd, textEnd + TAG_BYTES));
    const text = decipher.update(buffer.subarray(textStart, textEnd));
    try {
      decipher.final();
    } catch {
      return false;
    }
    buffer.set(text, textStart);
    return true;
  }

  free(): void {
    this.#key.fill(0);
  }
}

/** RFC 9001 5.4.3. ECB keeps no state between blocks, so that one cipher serves every packet. */
class AesMasks implements RawMasks {
  readonly #cipher: Cipheriv;

  constructor(key: Uint8Array) {
    this.#cipher = createCipheriv(key.length === 16 ? "aes-128-ecb" : "aes-256-ecb", key, null);
    this.#cipher.setAutoPadding(false);
  }

  run(samples: Uint8Array<ArrayBuffer>, masks: Uint8Array<ArrayBuffer>, count: number): boolean {
    masks.set(this.#cipher.update(samples.subarray(0, 16 * count)));
    return true;
  }

  free(): void {
    // The cipher is a resource of Deno, which only this frees
    this.#cipher.final();
  }
}

/** RFC 9001 5.4.4. */
class ChaChaMasks implements RawMasks {
  readonly #block: ChaCha20Block;

  constructor(key: Uint8Array) {
    this.#block = new ChaCha20Block(key);
  }

  run(samples: Uint8Array<ArrayBuffer>, masks: Uint8Array<ArrayBuffer>, count: number): boolean {
    for (let at = 0; at < 16 * count; at += 16) this.#block.run(samples, masks, at);
    return true;
  }

  free(): void {
    this.#block.clear();
  }
}
