import { MptError } from "../base/errors.ts";
import type { HeaderCipher, PacketCipher } from "./aead.ts";
import { writeNonce } from "./nonce.ts";
import { TAG_BYTES } from "./suites.ts";

/** Bytes of a sample and of a mask. */
const BLOCK_BYTES = 16;

/** An AEAD with a key that trusts its caller: ranges lie within the buffer, with room for the tag behind. */
export interface RawAead {
  /** The nonce of the next call, 12 bytes. */
  readonly nonce: Uint8Array;
  /** Encrypts `[textStart, textEnd)` and writes the tag behind it; false if that is impossible. */
  seal(buffer: Uint8Array<ArrayBuffer>, dataStart: number, textStart: number, textEnd: number): boolean;
  /** Decrypts `[textStart, textEnd)` if it is authentic. */
  open(buffer: Uint8Array<ArrayBuffer>, dataStart: number, textStart: number, textEnd: number): boolean;
  /** Forgets the key. */
  free(): void;
}

/** A cipher for masks with a key that trusts its caller: both buffers hold `count` blocks. */
export interface RawMasks {
  /** Makes the masks; false if that is impossible. */
  run(samples: Uint8Array<ArrayBuffer>, masks: Uint8Array<ArrayBuffer>, count: number): boolean;
  /** Forgets the key. */
  free(): void;
}

/** Packet protection by an AEAD of any implementation. */
export class GuardedPacketCipher implements PacketCipher {
  #aead: RawAead | null;
  readonly #iv: Uint8Array;

  constructor(aead: RawAead, iv: Uint8Array) {
    this.#aead = aead;
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
    const aead = keyInUse(this.#aead);
    writeNonce(aead.nonce, this.#iv, pathId, packetNumber);
    if (!aead.seal(buffer, headerStart, payloadStart, payloadEnd)) {
      throw new MptError("ERR_SYSTEM", "Cannot protect a packet: the cipher refused");
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
    const aead = keyInUse(this.#aead);
    writeNonce(aead.nonce, this.#iv, pathId, packetNumber);
    return aead.open(buffer, headerStart, payloadStart, payloadEnd);
  }

  close(): void {
    this.#aead?.free();
    this.#aead = null;
  }
}

/** Header protection by a cipher of any implementation. */
export class GuardedHeaderCipher implements HeaderCipher {
  #masks: RawMasks | null;

  constructor(masks: RawMasks) {
    this.#masks = masks;
  }

  mask(samples: Uint8Array<ArrayBuffer>, masks: Uint8Array<ArrayBuffer>, count: number): void {
    checkMasks(samples, masks, count);
    if (!keyInUse(this.#masks).run(samples, masks, count)) {
      throw new MptError("ERR_SYSTEM", "Cannot mask headers: the cipher refused");
    }
  }

  close(): void {
    this.#masks?.free();
    this.#masks = null;
  }
}

/** Refuses a packet that does not lie within its buffer: the bytes beyond it may belong to anybody. */
function checkPacket(
  buffer: Uint8Array,
  headerStart: number,
  payloadStart: number,
  payloadEnd: number,
): void {
  // x >>> 0 === x is false for fractions, negative numbers and NaN
  if (
    headerStart >>> 0 === headerStart && payloadStart >>> 0 === payloadStart &&
    payloadEnd >>> 0 === payloadEnd &&
    headerStart < payloadStart && payloadStart <= payloadEnd && payloadEnd + TAG_BYTES <= buffer.length
  ) return;
  throw new MptError(
    "ERR_INVALID_VALUE",
    `Cannot protect a packet with header at ${headerStart} and payload from ${payloadStart} to ${payloadEnd}: ` +
      `with its tag it does not lie within ${buffer.length} bytes`,
  );
}

/** Refuses more masks than there is room for. */
function checkMasks(samples: Uint8Array, masks: Uint8Array, count: number): void {
  const room = Math.min(samples.length, masks.length);
  if (count > 0 && count >>> 0 === count && BLOCK_BYTES * count <= room) return;
  throw new MptError(
    "ERR_INVALID_VALUE",
    `Cannot make ${count} header protection masks: there is no such room`,
  );
}

/** The key of a cipher that has not been closed. */
function keyInUse<Key>(key: Key | null): Key {
  if (key === null) throw new MptError("ERR_CLOSED", "Cannot use a cipher: its key was discarded");
  return key;
}
