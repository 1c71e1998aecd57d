import { Random } from "../../lib/lab/link/random.ts";
import { Chain, type Datagram } from "./node.ts";
import {
  type Conditions,
  Corrupt,
  type Counts,
  Delay,
  Drop,
  Duplicate,
  Mtu,
  noCounts,
  Rate,
  Reorder,
} from "./nodes.ts";

/** A link that does nothing to datagrams but to carry them in a millisecond. */
export const FAIR: Readonly<Conditions> = {
  delayUs: 1_000,
  jitterUs: 0,
  loss: 0,
  duplicate: 0,
  corrupt: 0,
  reorder: 0,
  reorderUs: 10_000,
  mtu: 1472,
  rateBps: Infinity,
  queueBytes: Infinity,
};

/** Options of {@linkcode Link}: what is not given is fair. */
export interface LinkOptions extends Partial<Readonly<Conditions>> {
  /** The same seed does the same to the same datagrams. */
  readonly seed?: number;
}

/** One direction of a link in virtual time: MTU, queue and rate, then loss and other harm, then delay. */
export class Link {
  /** May be changed at any time; what is under way already stays as it was. */
  readonly conditions: Conditions;
  readonly counts: Counts = noCounts();
  readonly #nodes: Chain;

  constructor({ seed = 0, ...given }: LinkOptions = {}) {
    const conditions: Conditions = { ...FAIR, ...given };
    const { counts } = this;
    this.conditions = conditions;
    this.#nodes = new Chain(
      new Mtu(conditions, counts),
      new Rate(conditions, counts),
      new Drop(conditions, Random.of(seed, 1), counts),
      new Corrupt(conditions, Random.of(seed, 2), counts),
      new Duplicate(conditions, Random.of(seed, 3), counts),
      new Delay(conditions, Random.of(seed, 4)),
      new Reorder(conditions, Random.of(seed, 5), counts),
    );
  }

  /** When something arrives next; Infinity while nothing is under way. */
  get nextUs(): number {
    return this.#nodes.nextUs;
  }

  /** Sends a datagram, whose bytes now belong to the link. */
  push(nowUs: number, datagram: Datagram): void {
    this.counts.sent++;
    this.counts.sentBytes += datagram.bytes.length;
    this.#nodes.push(nowUs, datagram);
  }

  /** A datagram that has arrived. */
  poll(nowUs: number): Datagram | undefined {
    const datagram = this.#nodes.poll(nowUs);
    if (datagram !== undefined) {
      this.counts.delivered++;
      this.counts.deliveredBytes += datagram.bytes.length;
    }
    return datagram;
  }
}
