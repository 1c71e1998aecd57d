import type { Random } from "./config.ts";

/** Random bytes are fetched in blocks: one bit is needed for each packet. */
const POOL_BYTES = 32;

/** Chooses the QUIC Bit of packets for a peer that lets it be anything (RFC 9287 3.1). */
export class QuicBit {
  readonly #random: Random;
  #pool: Uint8Array = new Uint8Array(0);
  #used = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * The bit of the next packet.
   *
   * @param mayVary Whether the peer has said that it does not look at it.
   */
  next(mayVary: boolean): boolean {
    if (!mayVary) return true;
    if (this.#used === this.#pool.length * 8) {
      this.#pool = this.#random(POOL_BYTES).slice();
      this.#used = 0;
    }
    const bit = this.#used++;
    return ((this.#pool[bit >> 3]! >> (bit & 7)) & 1) === 1;
  }
}
