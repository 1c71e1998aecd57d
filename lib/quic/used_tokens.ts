import { toHex } from "../base/bytes.ts";

/** How many tokens a generation remembers. */
const GENERATION_SIZE = 4096;

/**
 * Remembers tokens that were used, so that they are not used again (RFC 9000 8.1.4). Memory is bounded: at
 * least the last 4,096 are known, at most twice as many.
 */
export class UsedTokens {
  #young = new Set<string>();
  #old = new Set<string>();

  /** How many are remembered. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /**
   * Notes the use of a token.
   *
   * @param id What is unique in it.
   * @returns Whether it is the first use, as far as is known.
   */
  add(id: Uint8Array): boolean {
    const key = toHex(id);
    if (this.#young.has(key) || this.#old.has(key)) return false;
    if (this.#young.size === GENERATION_SIZE) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(key);
    return true;
  }
}
