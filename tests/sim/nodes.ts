import type { Random } from "../../lib/lab/link/random.ts";
import { type Datagram, Instant, type SimNode, TimeQueue } from "./node.ts";

/** What a link does to datagrams. Nodes look when a datagram passes, so that it may change on the way. */
export interface Conditions {
  /** One-way delay. */
  delayUs: number;
  /** Up to this much more delay; the order stays. */
  jitterUs: number;
  /** The probability that a datagram is lost; 1 is a black hole. */
  loss: number;
  /** The probability that a datagram comes twice. */
  duplicate: number;
  /** The probability that one bit of a datagram is changed. */
  corrupt: number;
  /** The probability that a datagram is held back, so that later ones overtake it. */
  reorder: number;
  /** How long it is held back at most. */
  reorderUs: number;
  /** The largest UDP payload. */
  mtu: number;
  /** Bits per second; Infinity for no limit. */
  rateBps: number;
  /** How many bytes wait for the link at most; more are dropped from the tail. */
  queueBytes: number;
}

/** What becomes of datagrams, counted. */
export interface Counts {
  sent: number;
  lost: number;
  tooLarge: number;
  queueFull: number;
  corrupted: number;
  duplicated: number;
  reordered: number;
  delivered: number;
  sentBytes: number;
  deliveredBytes: number;
}

/** Counts of nothing. */
export function noCounts(): Counts {
  return {
    sent: 0,
    lost: 0,
    tooLarge: 0,
    queueFull: 0,
    corrupted: 0,
    duplicated: 0,
    reordered: 0,
    delivered: 0,
    sentBytes: 0,
    deliveredBytes: 0,
  };
}

/** Takes datagrams out that are too large. */
export class Mtu extends Instant {
  readonly #conditions: Pick<Conditions, "mtu">;
  readonly #counts: Counts;

  constructor(conditions: Pick<Conditions, "mtu">, counts: Counts = noCounts()) {
    super();
    this.#conditions = conditions;
    this.#counts = counts;
  }

  pass(datagram: Datagram): readonly Datagram[] {
    if (datagram.bytes.length <= this.#conditions.mtu) return [datagram];
    this.#counts.tooLarge++;
    return [];
  }
}

/** Loses datagrams. */
export class Drop extends Instant {
  readonly #conditions: Pick<Conditions, "loss">;
  readonly #random: Random;
  readonly #counts: Counts;

  constructor(conditions: Pick<Conditions, "loss">, random: Random, counts: Counts = noCounts()) {
    super();
    this.#conditions = conditions;
    this.#random = random;
    this.#counts = counts;
  }

  pass(datagram: Datagram): readonly Datagram[] {
    if (this.#random.next() >= this.#conditions.loss) return [datagram];
    this.#counts.lost++;
    return [];
  }
}

/** Lets datagrams come twice. */
export class Duplicate extends Instant {
  readonly #conditions: Pick<Conditions, "duplicate">;
  readonly #random: Random;
  readonly #counts: Counts;

  constructor(conditions: Pick<Conditions, "duplicate">, random: Random, counts: Counts = noCounts()) {
    super();
    this.#conditions = conditions;
    this.#random = random;
    this.#counts = counts;
  }

  pass(datagram: Datagram): readonly Datagram[] {
    if (this.#random.next() >= this.#conditions.duplicate) return [datagram];
    this.#counts.duplicated++;
    // The receiver opens packets in place: each needs bytes of its own
    return [datagram, { ...datagram, bytes: datagram.bytes.slice() }];
  }
}

/** Changes one bit of a datagram. */
export class Corrupt extends Instant {
  readonly #conditions: Pick<Conditions, "corrupt">;
  readonly #random: Random;
  readonly #counts: Counts;

  constructor(conditions: Pick<Conditions, "corrupt">, random: Random, counts: Counts = noCounts()) {
    super();
    this.#conditions = conditions;
    this.#random = random;
    this.#counts = counts;
  }

  pass(datagram: Datagram): readonly Datagram[] {
    const { bytes } = datagram;
    if (bytes.length === 0 || this.#random.next() >= this.#conditions.corrupt) return [datagram];
    this.#counts.corrupted++;
    const at = this.#random.uint32() % bytes.length;
    bytes[at] = bytes[at]! ^ (1 << (this.#random.uint32() & 7));
    return [datagram];
  }
}

/** Sends one datagram after the other, as fast as the rate allows; those that find no room are dropped. */
export class Rate implements SimNode {
  readonly #conditions: Pick<Conditions, "rateBps" | "queueBytes">;
  readonly #counts: Counts;
  readonly #leaving = new TimeQueue();
  #waitingBytes = 0;
  #freeUs = 0;

  constructor(conditions: Pick<Conditions, "rateBps" | "queueBytes">, counts: Counts = noCounts()) {
    this.#conditions = conditions;
    this.#counts = counts;
  }

  get nextUs(): number {
    return this.#leaving.nextUs;
  }

  push(nowUs: number, datagram: Datagram): void {
    const { rateBps, queueBytes } = this.#conditions;
    const { length } = datagram.bytes;
    // One datagram always finds room, as large as it may be
    if (this.#leaving.size > 0 && this.#waitingBytes + length > queueBytes) {
      this.#counts.queueFull++;
      return;
    }
    this.#waitingBytes += length;
    this.#freeUs = Math.max(this.#freeUs, nowUs) + length * 8e6 / rateBps;
    this.#leaving.add(this.#freeUs, datagram);
  }

  poll(nowUs: number): Datagram | undefined {
    const datagram = this.#leaving.take(nowUs);
    if (datagram !== undefined) this.#waitingBytes -= datagram.bytes.length;
    return datagram;
  }
}

/** Holds datagrams back for the time that they travel. */
export class Delay implements SimNode {
  readonly #conditions: Pick<Conditions, "delayUs" | "jitterUs">;
  readonly #random: Random;
  readonly #flying = new TimeQueue();
  #lastUs = 0;

  constructor(conditions: Pick<Conditions, "delayUs" | "jitterUs">, random: Random) {
    this.#conditions = conditions;
    this.#random = random;
  }

  get nextUs(): number {
    return this.#flying.nextUs;
  }

  push(nowUs: number, datagram: Datagram): void {
    const { delayUs, jitterUs } = this.#conditions;
    const wantedUs = nowUs + delayUs + jitterUs * this.#random.next();
    this.#lastUs = Math.max(wantedUs, this.#lastUs);
    this.#flying.add(this.#lastUs, datagram);
  }

  poll(nowUs: number): Datagram | undefined {
    return this.#flying.take(nowUs);
  }
}

/** Holds some datagrams back, so that others overtake them. */
export class Reorder implements SimNode {
  readonly #conditions: Pick<Conditions, "reorder" | "reorderUs">;
  readonly #random: Random;
  readonly #counts: Counts;
  readonly #waiting = new TimeQueue();

  constructor(
    conditions: Pick<Conditions, "reorder" | "reorderUs">,
    random: Random,
    counts: Counts = noCounts(),
  ) {
    this.#conditions = conditions;
    this.#random = random;
    this.#counts = counts;
  }

  get nextUs(): number {
    return this.#waiting.nextUs;
  }

  push(nowUs: number, datagram: Datagram): void {
    const { reorder, reorderUs } = this.#conditions;
    const isHeld = this.#random.next() < reorder;
    if (isHeld) this.#counts.reordered++;
    this.#waiting.add(nowUs + (isHeld ? this.#random.next() * reorderUs : 0), datagram);
  }

  poll(nowUs: number): Datagram | undefined {
    return this.#waiting.take(nowUs);
  }
}
