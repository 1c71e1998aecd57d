import { AeadContext, type LibCryptoProblem, libcryptoProblem, MaskContext } from "../../ffi/mod.ts";
import { MptError } from "../base/errors.ts";
import {
  checkMasks,
  checkPacket,
  type CryptoBackend,
  type HeaderCipher,
  keyInUse,
  type PacketCipher,
} from "./aead.ts";
import { writeNonce } from "./nonce.ts";
import { type AeadName, TAG_BYTES } from "./suites.ts";

const AEADS = {
  "aes-128-gcm": "AES-128-GCM",
  "aes-256-gcm": "AES-256-GCM",
  "chacha20-poly1305": "ChaCha20-Poly1305",
} as const satisfies Record<AeadName, string>;

const MASKS = {
  "aes-128-gcm": "AES-128-ECB",
  "aes-256-gcm": "AES-256-ECB",
  "chacha20-poly1305": "ChaCha20",
} as const satisfies Record<AeadName, string>;

/** Packet protection by OpenSSL's libcrypto. Make sure first that {@linkcode libcryptoReason} is null. */
export const LIBCRYPTO: CryptoBackend = {
  name: "libcrypto",
  packetCipher: (suite, { key, iv }) =>
    new LibcryptoPacketCipher(new AeadContext(AEADS[suite.aead], key), iv),
  headerCipher: (suite, { headerKey }) =>
    new LibcryptoHeaderCipher(
      new MaskContext(MASKS[suite.aead], headerKey),
      suite.aead === "chacha20-poly1305",
    ),
};

/** Why libcrypto cannot be used here, in words, or null when it can. Never prompts. */
export function libcryptoReason(): string | null {
  const problem = libcryptoProblem();
  return problem === null ? null : reasonOf(problem);
}

function reasonOf(problem: LibCryptoProblem): string {
  switch (problem) {
    case "not-linux":
      return "libcrypto is used on Linux only";
    case "no-permission":
      return "libcrypto needs --allow-ffi";
    case "no-library":
      return "libcrypto.so.3 (OpenSSL 3) could not be opened";
    case "no-cipher":
      return "libcrypto.so.3 lacks a cipher that QUIC needs";
    default:
      return problem satisfies never;
  }
}

class LibcryptoPacketCipher implements PacketCipher {
  #context: AeadContext | null;
  readonly #iv: Uint8Array;

  constructor(context: AeadContext, iv: Uint8Array) {
    this.#context = context;
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
    const context = keyInUse(this.#context);
    writeNonce(context.nonce, this.#iv, pathId, packetNumber);
    if (!context.seal(buffer, headerStart, payloadStart, payloadEnd)) {
      throw new MptError("ERR_SYSTEM", "Cannot protect a packet: libcrypto refused");
    }
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
    const context = keyInUse(this.#context);
    writeNonce(context.nonce, this.#iv, pathId, packetNumber);
    return context.open(buffer, headerStart, payloadStart, payloadEnd);
  }

  close(): void {
    this.#context?.free();
    this.#context = null;
  }
}

class LibcryptoHeaderCipher implements HeaderCipher {
  #context: MaskContext | null;
  /** Whether what stands in the masks is encrypted, so that it must be zero. */
  readonly #needsZeros: boolean;

  constructor(context: MaskContext, needsZeros: boolean) {
    this.#context = context;
    this.#needsZeros = needsZeros;
  }

  mask(samples: Uint8Array<ArrayBuffer>, masks: Uint8Array<ArrayBuffer>, count: number): void {
    checkMasks(samples, masks, count);
    if (this.#needsZeros) masks.fill(0, 0, 16 * count);
    if (!keyInUse(this.#context).run(samples, masks, count)) {
      throw new MptError("ERR_SYSTEM", "Cannot mask headers: libcrypto refused");
    }
  }

  close(): void {
    this.#context?.free();
    this.#context = null;
  }
}
