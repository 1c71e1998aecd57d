import { sleep } from "../io/deadline.ts";

/**
 * An address of this host's own loopback network and a port that nobody uses: who listens there is the only one
 * in this network namespace, and the kernel lets go when the process ends, however it does.
 */
const ADDRESS = { hostname: "127.77.80.84", port: 4433 } as const;

/** How often to try, in milliseconds. */
const TRY_MS = 50;

/** The right to be the only probe in this network namespace. */
export interface Alone extends Disposable {
  /** What weakens it, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Waits until no other probe that wants to be alone runs in this network namespace. The counters belong to the
 * namespace, and no program can have a state of its own in it; this is what can be done: one after the other.
 */
export async function alone(signal: AbortSignal | undefined): Promise<Alone> {
  const startedMs = performance.now();
  for (;;) {
    try {
      const listener = Deno.listen(ADDRESS);
      const waited = Math.round((performance.now() - startedMs) / 100) / 10;
      return {
        warnings: waited < 1 ? [] : [`--isolate waited ${waited} s for another probe to end.`],
        [Symbol.dispose]: () => listener.close(),
      };
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse && !signal?.aborted) {
        await sleep(TRY_MS, signal);
        continue;
      }
      const reason = error instanceof Error ? error.message : String(error);
      return {
        warnings: [`--isolate could not keep other probes away: ${reason}.`],
        [Symbol.dispose]: () => {},
      };
    }
  }
}
