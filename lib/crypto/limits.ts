import type { CipherSuite } from "./suites.ts";

/** How much of a limit may be used before a key update is due: the last eighth is left for what is under way. */
const UPDATE_SHARE = 7 / 8;

/** What the number of protected packets asks for. */
export type SealVerdict = "ok" | "update" | "stop";

/**
 * Counts the packets that one connection seals and fails to open (RFC 9001 6.6). With several paths the
 * counts are sums over all of them, since they share their keys.
 */
export class AeadUsage {
  readonly #confidentialityLimit: number;
  readonly #integrityLimit: number;
  #sealed = 0;
  #forged = 0;

  constructor(suite: Pick<CipherSuite, "confidentialityLimit" | "integrityLimit">) {
    this.#confidentialityLimit = suite.confidentialityLimit;
    this.#integrityLimit = suite.integrityLimit;
  }

  /** Packets sealed with the current key. */
  get sealed(): number {
    return this.#sealed;
  }

  /** Packets that failed authentication since the connection began, under any key. */
  get forged(): number {
    return this.#forged;
  }

  /** Counts a sealed packet. */
  countSealed(): void {
    this.#sealed++;
  }

  /** Counts a packet that failed authentication. */
  countForged(): void {
    this.#forged++;
  }

  /** After a key update: the next packets are sealed with a fresh key. */
  startKey(): void {
    this.#sealed = 0;
  }

  /** Whether the next packet may be sealed (`stop`: not with this key), and whether a key update is due. */
  get verdict(): SealVerdict {
    if (this.#sealed >= this.#confidentialityLimit) return "stop";
    return this.#sealed >= this.#confidentialityLimit * UPDATE_SHARE ? "update" : "ok";
  }

  /** Whether the connection must close at once with AEAD_LIMIT_REACHED. */
  get integrityLost(): boolean {
    return this.#forged > this.#integrityLimit;
  }
}
