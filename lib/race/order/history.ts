import type { Ip } from "../../base/ip.ts";
import type { DestinationHistory } from "./destination_order.ts";

/** RFC 6298 2.3: how much a new measurement counts. */
const NEW_SHARE = 1 / 8;

/** Destinations that are remembered on one interface; the one that was used longest ago makes room. */
const MAX_DESTINATIONS = 1000;

/**
 * How long a destination is remembered. draft-ietf-happy-happyeyeballs-v3 5.3: hosts with another past have to
 * come to the same behaviour in the end.
 */
const MAX_AGE_MS = 10 * 60_000;

interface Memory {
  rttMs: number;
  atMs: number;
}

/**
 * What earlier connections have shown, for each interface by itself (RFC 8305 4: it must not be used across
 * interfaces).
 */
export class RaceHistory {
  readonly #interfaces = new Map<string | null, Map<string, Memory>>();

  /**
   * Remembers a connection.
   *
   * @param ip Where it went.
   * @param interfaceName Over which interface; null where the kernel chose.
   * @param rttMs Its round trip time.
   * @param nowMs The time.
   */
  note(ip: Ip, interfaceName: string | null, rttMs: number, nowMs: number): void {
    const memories = this.#interfaces.get(interfaceName) ?? new Map<string, Memory>();
    this.#interfaces.set(interfaceName, memories);
    const key = ip.toString();
    const known = this.#fresh(memories, key, nowMs);
    memories.delete(key);
    memories.set(key, {
      rttMs: known === null ? rttMs : known.rttMs + (rttMs - known.rttMs) * NEW_SHARE,
      atMs: nowMs,
    });
    const [oldest] = memories.keys();
    if (memories.size > MAX_DESTINATIONS && oldest !== undefined) memories.delete(oldest);
  }

  /** What is known of a destination on an interface; undefined when that is nothing. */
  of(ip: Ip, interfaceName: string | null, nowMs: number): DestinationHistory | undefined {
    const memories = this.#interfaces.get(interfaceName);
    const known = memories === undefined ? null : this.#fresh(memories, ip.toString(), nowMs);
    return known === null ? undefined : { rttMs: known.rttMs, used: true };
  }

  /** RFC 8305 4: forgets an interface that was attached to another network; without a name, everything. */
  flush(interfaceName?: string | null): void {
    if (interfaceName === undefined) this.#interfaces.clear();
    else this.#interfaces.delete(interfaceName);
  }

  #fresh(memories: ReadonlyMap<string, Memory>, key: string, nowMs: number): Memory | null {
    const known = memories.get(key);
    return known === undefined || nowMs - known.atMs > MAX_AGE_MS ? null : known;
  }
}
