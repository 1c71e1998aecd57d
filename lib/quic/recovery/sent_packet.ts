/** A packet on its way, as the sender remembers it (RFC 9002 A.1.1). */
export interface SentPacket<Content> {
  /** Its number in its packet number space. */
  readonly packetNumber: number;
  /** When it was sent, in microseconds. */
  readonly sentAtUs: number;
  /** Its size on the wire without UDP and IP headers. */
  readonly bytes: number;
  /** Whether the peer has to acknowledge it. */
  readonly ackEliciting: boolean;
  /** Whether it counts against the congestion window: ack-eliciting, or padded. */
  readonly inFlight: boolean;
  /** Whether the sender had nothing more to send then, so that its delivery says little about the path. */
  readonly appLimited: boolean;
  /** A probe for a larger MTU: its loss says nothing about congestion (RFC 9000 14.4). */
  readonly mtuProbe: boolean;
  /** What it carried, for the caller to send again. */
  readonly content: Content;
}

/** Most connections have few packets under way at a time. */
const FIRST_CAPACITY = 8;

/**
 * The packets of one packet number space that are neither acknowledged nor lost, by number. Numbers only
 * grow, so this is a ring over the window from the oldest to the newest.
 */
export class SentPackets<Content> {
  #ring: (SentPacket<Content> | undefined)[] = new Array(FIRST_CAPACITY).fill(undefined);
  #first = 0;
  #end = 0;
  #count = 0;

  /** How many packets there are. */
  get size(): number {
    return this.#count;
  }

  /** The smallest number that may be here; equal to `end` when there are none. */
  get first(): number {
    return this.#first;
  }

  /** One more than the largest number ever added. */
  get end(): number {
    return this.#end;
  }

  /** Adds a packet, whose number must be `end` or more: numbers between were never sent. */
  add(packet: SentPacket<Content>): void {
    const { packetNumber } = packet;
    if (packetNumber < this.#end) throw new RangeError(`Cannot add packet ${packetNumber}: it is not new`);
    if (this.#count === 0) this.#first = packetNumber;
    this.#end = packetNumber + 1;
    if (this.#end - this.#first > this.#ring.length) this.#grow();
    this.#ring[packetNumber % this.#ring.length] = packet;
    this.#count++;
  }

  /** The packet with this number, if it is still on its way. */
  get(packetNumber: number): SentPacket<Content> | undefined {
    if (packetNumber < this.#first || packetNumber >= this.#end) return undefined;
    return this.#ring[packetNumber % this.#ring.length];
  }

  /** Takes a packet out. */
  remove(packetNumber: number): SentPacket<Content> | undefined {
    const packet = this.get(packetNumber);
    if (packet === undefined) return undefined;
    this.#ring[packetNumber % this.#ring.length] = undefined;
    this.#count--;
    if (this.#count === 0) this.#first = this.#end;
    else if (packetNumber === this.#first) this.#advance();
    return packet;
  }

  /** The packets, the oldest first. */
  *[Symbol.iterator](): Generator<SentPacket<Content>> {
    for (let number = this.#first; number < this.#end; number++) {
      const packet = this.get(number);
      if (packet !== undefined) yield packet;
    }
  }

  #advance(): void {
    while (this.#ring[this.#first % this.#ring.length] === undefined) this.#first++;
  }

  #grow(): void {
    const old = this.#ring;
    let capacity = old.length * 2;
    while (capacity < this.#end - this.#first) capacity *= 2;
    this.#ring = new Array(capacity).fill(undefined);
    // The newest number has no slot in the old ring.
    for (let number = this.#first; number < this.#end - 1; number++) {
      if (number < this.#first + old.length) this.#ring[number % capacity] = old[number % old.length];
    }
  }
}
