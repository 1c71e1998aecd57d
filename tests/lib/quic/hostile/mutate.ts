import type { Random } from "../../../../lib/lab/link/random.ts";

/** Bytes at the edges of what varints and lengths can be. */
const EDGES: readonly number[] = [0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xff];

const MAX_MUTATIONS = 6;

/** Makes inputs that are nearly right out of some that are right. */
export class Mutator {
  readonly #random: Random;
  readonly #corpus: readonly Uint8Array[];

  constructor(random: Random, corpus: readonly Uint8Array[]) {
    this.#random = random;
    this.#corpus = corpus;
  }

  /** The next input, in memory of its own. */
  next(): Uint8Array<ArrayBuffer> {
    let bytes = new Uint8Array(this.#pick(this.#corpus));
    for (let count = this.#below(MAX_MUTATIONS); count >= 0; count--) bytes = this.#mutate(bytes);
    return bytes;
  }

  #mutate(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const at = this.#below(bytes.length + 1);
    switch (this.#below(8)) {
      case 0:
        if (at < bytes.length) bytes[at]! ^= 1 << this.#below(8);
        return bytes;
      case 1:
        if (at < bytes.length) bytes[at] = this.#pick(EDGES);
        return bytes;
      case 2:
        return bytes.slice(0, at);
      case 3:
        return joined(bytes.subarray(0, at), new Uint8Array(8).fill(0xff), bytes.subarray(at));
      case 4:
        return joined(bytes.subarray(0, at), bytes.subarray(this.#below(at + 1)));
      case 5:
        return joined(bytes.subarray(0, at), this.#pick(this.#corpus));
      case 6:
        return bytes.slice(at);
      default: {
        const some = Uint8Array.from({ length: 1 + this.#below(16) }, () => this.#random.uint32() & 0xff);
        return joined(bytes.subarray(0, at), some, bytes.subarray(at + some.length));
      }
    }
  }

  #below(limit: number): number {
    return this.#random.uint32() % limit;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!;
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  // What grows by halves has to stop somewhere
  return all.slice(0, 4_096);
}
