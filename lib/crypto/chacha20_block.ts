/** RFC 8439 2.3: "expand 32-byte k". */
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;

const ROUNDS = 20;

/**
 * The first 16 bytes of ChaCha20 blocks (RFC 8439 2.3), which is all that header protection asks of it.
 * node:crypto can make them too, but takes a new cipher, and 2 µs, for each.
 */
export class ChaCha20Block {
  readonly #state: Int32Array = new Int32Array(16);
  readonly #work: Int32Array = new Int32Array(16);

  /** Starts with a key of 32 bytes. */
  constructor(key: Uint8Array) {
    this.#state.set(CONSTANTS);
    for (let word = 0; word < 8; word++) this.#state[4 + word] = littleEndian(key, 4 * word);
  }

  /** RFC 9001 5.4.4: the sample is the block counter and the nonce; the mask is the start of the block. */
  run(samples: Uint8Array, masks: Uint8Array, at: number): void {
    const state = this.#state;
    const work = this.#work;
    for (let word = 0; word < 4; word++) state[12 + word] = littleEndian(samples, at + 4 * word);
    work.set(state);
    for (let round = 0; round < ROUNDS; round += 2) {
      quarterRound(work, 0, 4, 8, 12);
      quarterRound(work, 1, 5, 9, 13);
      quarterRound(work, 2, 6, 10, 14);
      quarterRound(work, 3, 7, 11, 15);
      quarterRound(work, 0, 5, 10, 15);
      quarterRound(work, 1, 6, 11, 12);
      quarterRound(work, 2, 7, 8, 13);
      quarterRound(work, 3, 4, 9, 14);
    }
    for (let word = 0; word < 4; word++) {
      const value = (work[word]! + state[word]!) | 0;
      masks[at + 4 * word] = value;
      masks[at + 4 * word + 1] = value >> 8;
      masks[at + 4 * word + 2] = value >> 16;
      masks[at + 4 * word + 3] = value >> 24;
    }
  }

  /** Overwrites the key. */
  clear(): void {
    this.#state.fill(0);
    this.#work.fill(0);
  }
}

/** RFC 8439 2.1. */
function quarterRound(work: Int32Array, a: number, b: number, c: number, d: number): void {
  let wa = work[a]!;
  let wb = work[b]!;
  let wc = work[c]!;
  let wd = work[d]!;
  wa = (wa + wb) | 0;
  wd = rotate(wd ^ wa, 16);
  wc = (wc + wd) | 0;
  wb = rotate(wb ^ wc, 12);
  wa = (wa + wb) | 0;
  wd = rotate(wd ^ wa, 8);
  wc = (wc + wd) | 0;
  wb = rotate(wb ^ wc, 7);
  work[a] = wa;
  work[b] = wb;
  work[c] = wc;
  work[d] = wd;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function littleEndian(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
