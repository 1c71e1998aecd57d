import type { ServeLimits } from "./options.ts";

/** Counts connections, in all and for each client address, and says when one is too many. */
export class Gate {
  readonly #limits: Pick<ServeLimits, "maxConnections" | "maxPerAddress">;
  readonly #perAddress = new Map<string, number>();
  #total = 0;

  constructor(limits: Pick<ServeLimits, "maxConnections" | "maxPerAddress">) {
    this.#limits = limits;
  }

  /** Connections that are in. */
  get total(): number {
    return this.#total;
  }

  /** Lets a connection in, or says why not. Everyone let in must leave. */
  enter(address: string): string | null {
    if (this.#total >= this.#limits.maxConnections) {
      return `the server has its ${this.#limits.maxConnections} connections`;
    }
    const own = this.#perAddress.get(address) ?? 0;
    if (own >= this.#limits.maxPerAddress) {
      return `this address has its ${this.#limits.maxPerAddress} connections`;
    }
    this.#total++;
    this.#perAddress.set(address, own + 1);
    return null;
  }

  /** Notes the end of a connection that was let in. */
  leave(address: string): void {
    const own = this.#perAddress.get(address) ?? 0;
    if (own === 0) return;
    this.#total--;
    if (own === 1) this.#perAddress.delete(address);
    else this.#perAddress.set(address, own - 1);
  }
}
