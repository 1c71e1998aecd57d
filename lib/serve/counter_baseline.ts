import { CounterWatch } from "../mptcp/counter_window.ts";

/** The least time between two readings, in milliseconds: most handshakes and their joins fit into it. */
const STEP_MS = 1000;

/**
 * Readings of the counters from shortly before any connection. A handshake is over when the server accepts the
 * connection, and further subflows may have come as well: a reading at that moment would be too late.
 */
export class CounterBaseline {
  #older: CounterWatch | null = CounterWatch.start();
  #newer: CounterWatch | null = this.#older;

  /** Reads the counters when it is time to; call it often. */
  refresh(): void {
    if (this.#newer !== null && this.#newer.ageMs < STEP_MS) return;
    this.#older = this.#newer;
    this.#newer = CounterWatch.start();
  }

  /** A watch that began one to two seconds ago, or with the server; null where counters cannot be read. */
  get watch(): CounterWatch | null {
    return this.#older;
  }
}
