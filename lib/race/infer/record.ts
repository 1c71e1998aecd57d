import { Ip } from "../../base/ip.ts";
import type { Observation } from "./packets.ts";
import type { SeenAttempt, SeenQuery } from "./result.ts";

/** What was seen on the wire, and when: milliseconds of any clock. */
export type Sighting = Observation & { readonly atMs: number };

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Questions and attempts as they come out of packets. Their times begin with the first of them. */
export class WireRecord {
  readonly #queries: (Mutable<SeenQuery> & { readonly id: number })[] = [];
  readonly #attempts = new Map<string, Mutable<SeenAttempt>>();
  #startMs: number | null = null;

  /** Whether an attempt was accepted. */
  get succeeded(): boolean {
    return [...this.#attempts.values()].some(({ outcome }) => outcome === "accepted");
  }

  /** The questions so far. */
  get queries(): readonly SeenQuery[] {
    return this.#queries.map(({ id: _, ...query }) => query);
  }

  /** The attempts so far. */
  get attempts(): readonly SeenAttempt[] {
    return [...this.#attempts.values()];
  }

  /** Takes what was seen. */
  add(sighting: Sighting): void {
    const at = (this.#startMs ??= sighting.atMs, Math.round((sighting.atMs - this.#startMs) * 1000) / 1000);
    switch (sighting.kind) {
      case "query":
        this.#addQuery(sighting.id, sighting.name, sighting.type, at);
        return;
      case "answer": {
        const query = this.#queries.find((each) => isOf(each, sighting) && each.answered_ms === null);
        if (query !== undefined) query.answered_ms = at;
        return;
      }
      case "open":
        this.#addAttempt(sighting, at);
        return;
      case "accepted":
      case "refused": {
        const attempt = this.#attempts.get(keyOf(sighting));
        if (attempt === undefined || attempt.answered_ms !== null) return;
        attempt.answered_ms = at;
        attempt.outcome = sighting.kind;
        return;
      }
      default:
        sighting satisfies never;
    }
  }

  #addQuery(id: number, name: string, type: string, at: number): void {
    // The same question with the same id was sent again
    if (this.#queries.some((each) => isOf(each, { id, name, type }))) return;
    this.#queries.push({ id, name, type, at_ms: at, answered_ms: null });
  }

  #addAttempt(
    { transport, address, port, from }: Extract<Observation, { readonly kind: "open" }>,
    at: number,
  ): void {
    const key = keyOf({ address, port, from });
    const known = this.#attempts.get(key);
    if (known !== undefined) {
      known.retransmissions++;
      return;
    }
    this.#attempts.set(key, {
      transport,
      address,
      family: Ip.parse(address).family,
      port,
      at_ms: at,
      retransmissions: 0,
      answered_ms: null,
      outcome: "silent",
    });
  }
}

function keyOf({ address, port, from }: { address: string; port: number; from: number }): string {
  return `${address} ${port} ${from}`;
}

interface Question {
  readonly id: number;
  readonly name: string;
  readonly type: string;
}

function isOf(query: Question, { id, name, type }: Question): boolean {
  return query.id === id && query.name === name && query.type === type;
}
