import { Jitter } from "./jitter.ts";
import { LossProcess } from "./loss.ts";
import { type DirectionStatus, type DropCause, LineMeter } from "./meter.ts";
import { MAX_PACKET_BYTES, PacketRing } from "./packet_ring.ts";
import { Random } from "./random.ts";
import { changedSettings, type LinkSettings } from "./settings.ts";

/** No machine moves more than this through TUN devices: what a link without a rate can have in flight. */
const FASTEST_BPS = 4e9;
/** More memory than this is not given to one direction; what does not fit is dropped, and counted. */
const MAX_MEMORY_BYTES = 64 << 20;

/** What becomes of a packet that is offered. */
export type Fate = "queued" | DropCause;

/**
 * One direction of a link in virtual time: the caller says what time it is, in microseconds that never go
 * back. A packet waits in the queue until the link is free, takes its time on it at the link's rate, may be
 * lost, and comes out after the delay, in the order in which it came.
 */
export class DelayLine {
  readonly #seed: number;
  readonly #stream: number;
  readonly #meter = new LineMeter();
  #settings: LinkSettings;
  #ring: PacketRing;
  #memoryBytes: number;
  #loss: LossProcess;
  #jitter: Jitter;
  #changes = 0;
  #lastArrivalUs = 0;
  /** When the last bit of what was taken leaves the queue. */
  #busyUntilUs = 0;
  #lastDueUs = -Infinity;

  /**
   * Makes an idle line.
   *
   * @param settings What it does to packets.
   * @param memory Where the packets lie, {@linkcode memoryFor} bytes.
   * @param seed Of its chance.
   * @param stream Which of the seed's sequences it takes; another for each line.
   */
  constructor(settings: LinkSettings, memory: Uint8Array<ArrayBuffer>, seed: number, stream: number) {
    this.#settings = settings;
    this.#seed = seed;
    this.#stream = stream;
    this.#ring = new PacketRing(memory);
    this.#memoryBytes = memory.length;
    this.#loss = new LossProcess(settings.loss, this.#chance(0));
    this.#jitter = new Jitter(settings.jitterUs, this.#chance(1));
  }

  /** The settings in force. */
  get settings(): LinkSettings {
    return this.#settings;
  }

  /** Where in the memory to put the next packet, of at most 65535 bytes; -1 when there is no room. */
  room(): number {
    return this.#ring.room();
  }

  /**
   * Takes the packet that was put at {@linkcode room}.
   *
   * @param nowUs When it came.
   * @param offset What room() said; with -1 the packet is dropped.
   * @param length Its bytes.
   * @returns What becomes of it.
   */
  offer(nowUs: number, offset: number, length: number): Fate {
    const fate = this.#take(Math.max(nowUs, this.#lastArrivalUs), offset, length);
    if (fate !== "queued") this.#meter.dropped(fate);
    return fate;
  }

  #take(nowUs: number, offset: number, length: number): Fate {
    const { rateBps, delayUs, queueBytes, blackhole } = this.#settings;
    this.#lastArrivalUs = nowUs;
    if (blackhole) return "blackhole";
    if (rateBps === null) {
      this.#busyUntilUs = nowUs;
    } else {
      const waitUs = Math.max(0, this.#busyUntilUs - nowUs);
      if (bytesIn(waitUs, rateBps) + length > queueBytes) return "queue";
      this.#busyUntilUs = nowUs + waitUs + length * 8e6 / rateBps;
    }
    // Lost on the way: the link was busy with it all the same.
    if (this.#loss.drops()) return "loss";
    if (offset < 0) return "overload";
    const departureUs = this.#busyUntilUs;
    const dueUs = Math.max(this.#lastDueUs, departureUs + delayUs + this.#jitter.at(departureUs));
    this.#lastDueUs = dueUs;
    this.#ring.push(offset, length, nowUs, departureUs, dueUs);
    return "queued";
  }

  /** When the next packet is to come out; Infinity when there is none. */
  get dueUs(): number {
    return this.#ring.dueUs;
  }

  /** Where that packet lies. */
  get offset(): number {
    return this.#ring.offset;
  }

  /** How many bytes it has. */
  get length(): number {
    return this.#ring.length;
  }

  /**
   * Removes that packet, which has come out or was refused.
   *
   * @param nowUs When.
   * @param taken Whether the device took it.
   */
  shift(nowUs: number, taken: boolean): void {
    if (taken) this.#meter.delivered(nowUs, this.#ring.length, this.#ring.arrivalUs, this.#ring.dueUs);
    else this.#meter.dropped("device");
    this.#ring.shift();
  }

  /**
   * Changes settings from now on. What waits in the queue leaves it at the new rate; what has left it keeps
   * its delay.
   *
   * @param nowUs The time.
   * @param change What is to differ.
   * @throws {MptError} `ERR_INVALID_VALUE` naming the setting that is impossible; nothing has changed then.
   */
  change(nowUs: number, change: Partial<LinkSettings>): void {
    const before = this.#settings;
    const after = changedSettings(before, change);
    this.#settings = after;
    this.#changes++;
    this.#meter.changed();
    if (after.rateBps !== before.rateBps) this.#changeRate(nowUs, before.rateBps, after.rateBps);
    if (change.loss !== undefined) this.#loss = new LossProcess(after.loss, this.#chance(0));
    if (after.jitterUs !== before.jitterUs) this.#jitter = new Jitter(after.jitterUs, this.#chance(1));
  }

  /** The memory that the settings need now, if they need more than the line has; else null. */
  get wantedBytes(): number | null {
    const wanted = memoryFor(this.#settings);
    return wanted > this.#memoryBytes ? wanted : null;
  }

  /** Moves the packets to a larger memory. */
  moveTo(memory: Uint8Array<ArrayBuffer>): void {
    this.#ring = this.#ring.movedTo(memory);
    this.#memoryBytes = memory.length;
  }

  /** What the line has done so far. */
  status(nowUs: number): DirectionStatus {
    return this.#meter.status(nowUs, this.#settings, this.#ring.count);
  }

  /** All that waits is a stretch of time, so a new rate scales it; without a rate nothing waits. */
  #changeRate(nowUs: number, before: number | null, after: number | null): void {
    if (before === null) return;
    const scale = after === null ? 0 : before / after;
    const moved = (timeUs: number): number => timeUs > nowUs ? nowUs + (timeUs - nowUs) * scale : timeUs;
    this.#busyUntilUs = moved(this.#busyUntilUs);
    this.#ring.reschedule(nowUs, moved);
    this.#lastDueUs = this.#ring.newestDueUs;
  }

  /** Loss and jitter draw from streams of their own, so that one does not change the other's luck. */
  #chance(part: number): Random {
    return Random.of(this.#seed, (this.#changes * 2 + part) * 0x10000 + this.#stream);
  }
}

/**
 * How much memory a direction with these settings needs for what waits and what is under way.
 *
 * @param settings What the line does to packets.
 * @returns Bytes, at most 64 MiB.
 */
export function memoryFor(settings: LinkSettings): number {
  const { rateBps, delayUs, jitterUs, queueBytes } = settings;
  const flying = bytesIn(delayUs + jitterUs, Math.min(rateBps ?? FASTEST_BPS, FASTEST_BPS));
  // A packet that does not fit before the end, and room to read one into.
  return Math.min(MAX_MEMORY_BYTES, Math.ceil(flying + queueBytes) + 3 * MAX_PACKET_BYTES);
}

function bytesIn(us: number, rateBps: number): number {
  return us * rateBps / 8e6;
}
