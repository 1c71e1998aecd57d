const TWO_TO_32 = 0x1_0000_0000;

/** 2^32 over the golden ratio: the step of splitmix. */
const GOLDEN = 0x9e3779b9;

/**
 * Chance that can be repeated: xoshiro128** of Blackman and Vigna, seeded by splitmix32. The same seed and
 * stream give the same numbers on every machine; streams of one seed are independent of each other.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** Goes on from a state of four 32-bit words, not all of them 0. */
  constructor(a: number, b: number, c: number, d: number) {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }

  /**
   * Makes a generator.
   *
   * @param seed A whole number from 0 to 2^53 - 1.
   * @param stream Which of the seed's sequences, a whole number from 0 to 2^32 - 1.
   */
  static of(seed: number, stream: number = 0): Random {
    const high = Math.floor(seed / TWO_TO_32);
    // Each part goes through the mixer by itself, so that no two of them cancel out.
    let state = mixed(mixed(mixed(seed) ^ high) ^ stream);
    const next = (): number => mixed(state = (state + GOLDEN) | 0);
    // The one state that the generator never leaves is all zeros.
    return new Random(next(), next(), next(), next() | 1);
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const scrambled = Math.imul(rotated(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotated(this.#d, 11);
    return scrambled;
  }

  /** A number from 0 to below 1. */
  next(): number {
    return this.uint32() / TWO_TO_32;
  }
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** The finalizer of splitmix32: every bit of the input changes about half of the output. */
function mixed(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return (bits ^ (bits >>> 15)) >>> 0;
}
