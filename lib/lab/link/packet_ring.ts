/** The longest IP packet: the ring always offers room for one. */
export const MAX_PACKET_BYTES = 65535;

/** Metadata is kept for packets of this many bytes on the average; smaller ones fill the slots first. */
const BYTES_PER_SLOT = 128;
const MIN_SLOTS = 1024;

/**
 * Packets in the order in which they came, in one piece of memory: each lies in one piece behind the one
 * before, or at the start again where the end is too near. Nothing is allocated for a packet.
 */
export class PacketRing {
  #memory: Uint8Array<ArrayBuffer>;
  #slots: number;
  #offsets: Uint32Array<ArrayBuffer>;
  #lengths: Uint32Array<ArrayBuffer>;
  #arrivals: Float64Array<ArrayBuffer>;
  #departures: Float64Array<ArrayBuffer>;
  #dues: Float64Array<ArrayBuffer>;
  /** The slot of the oldest packet. */
  #head = 0;
  #count = 0;
  /** The byte behind the newest packet. */
  #end = 0;

  /** Makes an empty ring in this memory, of at least 2 x 65535 bytes. */
  constructor(memory: Uint8Array<ArrayBuffer>) {
    this.#memory = memory;
    this.#slots = slotsFor(memory);
    this.#offsets = new Uint32Array(this.#slots);
    this.#lengths = new Uint32Array(this.#slots);
    this.#arrivals = new Float64Array(this.#slots);
    this.#departures = new Float64Array(this.#slots);
    this.#dues = new Float64Array(this.#slots);
  }

  /** How many packets there are. */
  get count(): number {
    return this.#count;
  }

  /** Where in the memory the longest packet can be put now, or -1 when there is no room. */
  room(): number {
    if (this.#count === 0) return this.#end = 0;
    if (this.#count === this.#slots) return -1;
    const start = this.#offsets[this.#head]!;
    if (this.#end <= start) return start - this.#end > MAX_PACKET_BYTES ? this.#end : -1;
    if (this.#memory.length - this.#end >= MAX_PACKET_BYTES) return this.#end;
    return start > MAX_PACKET_BYTES ? 0 : -1;
  }

  /**
   * Adds the packet that was put at {@linkcode room}.
   *
   * @param offset What room() said.
   * @param length Its bytes.
   * @param arrivalUs When it came.
   * @param departureUs When its last bit leaves the queue.
   * @param dueUs When it is to come out.
   */
  push(offset: number, length: number, arrivalUs: number, departureUs: number, dueUs: number): void {
    const slot = (this.#head + this.#count) % this.#slots;
    this.#offsets[slot] = offset;
    this.#lengths[slot] = length;
    this.#arrivals[slot] = arrivalUs;
    this.#departures[slot] = departureUs;
    this.#dues[slot] = dueUs;
    this.#count++;
    this.#end = offset + length;
  }

  /** When the oldest packet is to come out; Infinity when there is none. */
  get dueUs(): number {
    return this.#count === 0 ? Infinity : this.#dues[this.#head]!;
  }

  /** When the newest packet is to come out; -Infinity when there is none. */
  get newestDueUs(): number {
    return this.#count === 0 ? -Infinity : this.#dues[(this.#head + this.#count - 1) % this.#slots]!;
  }

  /** When the oldest packet came. */
  get arrivalUs(): number {
    return this.#arrivals[this.#head]!;
  }

  /** Where the oldest packet lies. */
  get offset(): number {
    return this.#offsets[this.#head]!;
  }

  /** How many bytes the oldest packet has. */
  get length(): number {
    return this.#lengths[this.#head]!;
  }

  /** Removes the oldest packet. */
  shift(): void {
    this.#head = (this.#head + 1) % this.#slots;
    this.#count--;
  }

  /**
   * Gives the packets that have not left the queue new times.
   *
   * @param nowUs The time that all of them have not left at.
   * @param departureOf The new time for an old one; it must keep the order.
   */
  reschedule(nowUs: number, departureOf: (departureUs: number) => number): void {
    let before = -Infinity;
    for (let i = 0; i < this.#count; i++) {
      const slot = (this.#head + i) % this.#slots;
      const departure = this.#departures[slot]!;
      if (departure > nowUs) {
        const moved = departureOf(departure);
        this.#departures[slot] = moved;
        this.#dues[slot] = Math.max(before, this.#dues[slot]! + moved - departure);
      }
      before = this.#dues[slot]!;
    }
  }

  /** The packets in another, larger memory. */
  movedTo(memory: Uint8Array<ArrayBuffer>): PacketRing {
    const moved = new PacketRing(memory);
    for (let end = 0; this.#count > 0; this.shift()) {
      const { offset, length } = this;
      memory.set(this.#memory.subarray(offset, offset + length), end);
      moved.push(end, length, this.arrivalUs, this.#departures[this.#head]!, this.dueUs);
      end += length;
    }
    return moved;
  }
}

function slotsFor(memory: Uint8Array): number {
  return Math.max(MIN_SLOTS, Math.ceil(memory.length / BYTES_PER_SLOT));
}
