import { Histogram, type Quantiles } from "./histogram.ts";
import type { LinkSettings } from "./settings.ts";

/** Why a packet did not come out at the other end. */
export type DropCause =
  /** The queue had no room for it. */
  | "queue"
  /** The link lost it, as asked. */
  | "loss"
  /** It fell into the black hole, as asked. */
  | "blackhole"
  /** More was in flight than the emulator has memory for; not as asked. */
  | "overload"
  /** The device at the other end did not take it: it is down. */
  | "device";

/** What one direction of a link has done. Times are in microseconds. */
export interface DirectionStatus {
  /** The settings in force. */
  readonly settings: LinkSettings;
  /** Packets that came out. */
  readonly packets: number;
  /** The bytes of these packets. */
  readonly bytes: number;
  /** Packets that wait or are under way. */
  readonly inFlight: number;
  /** Packets that the queue had no room for. */
  readonly droppedByQueue: number;
  /** Packets that the link lost. */
  readonly droppedByLoss: number;
  /** Packets that fell into the black hole. */
  readonly droppedByBlackhole: number;
  /** Packets that the emulator had no memory for: nobody asked for these. */
  readonly droppedByOverload: number;
  /** Packets that the device at the other end did not take, because it is down. */
  readonly droppedByDevice: number;
  /** Bits per second that came out in the last whole second. */
  readonly rateBps: number;
  /** How long packets took since the settings last changed, or null before the first. */
  readonly delayUs: Quantiles | null;
  /** How much later than they should packets came out, or null before the first. */
  readonly latenessUs: Quantiles | null;
}

const SECOND_US = 1_000_000;

/** Counts what one direction of a link does. */
export class LineMeter {
  readonly #dropped: Record<DropCause, number> = { queue: 0, loss: 0, blackhole: 0, overload: 0, device: 0 };
  readonly #delays = new Histogram();
  readonly #lateness = new Histogram();
  #packets = 0;
  #bytes = 0;
  /** The second that is being counted, and the bytes of it and of the one before. */
  #second = 0;
  #bytesNow = 0;
  #bytesBefore = 0;

  /** Counts a packet that came out. */
  delivered(nowUs: number, length: number, arrivalUs: number, dueUs: number): void {
    this.#roll(nowUs);
    this.#packets++;
    this.#bytes += length;
    this.#bytesNow += length;
    this.#delays.record(nowUs - arrivalUs);
    this.#lateness.record(nowUs - dueUs);
  }

  /** Counts a packet that did not. */
  dropped(cause: DropCause): void {
    this.#dropped[cause]++;
  }

  /** Forgets the delays: they are asked to be others from now on. */
  changed(): void {
    this.#delays.clear();
  }

  /** What was counted so far. */
  status(nowUs: number, settings: LinkSettings, inFlight: number): DirectionStatus {
    this.#roll(nowUs);
    return {
      settings,
      packets: this.#packets,
      bytes: this.#bytes,
      inFlight,
      droppedByQueue: this.#dropped.queue,
      droppedByLoss: this.#dropped.loss,
      droppedByBlackhole: this.#dropped.blackhole,
      droppedByOverload: this.#dropped.overload,
      droppedByDevice: this.#dropped.device,
      rateBps: this.#bytesBefore * 8,
      delayUs: this.#delays.quantiles(),
      latenessUs: this.#lateness.quantiles(),
    };
  }

  #roll(nowUs: number): void {
    const second = Math.floor(nowUs / SECOND_US);
    if (second === this.#second) return;
    this.#bytesBefore = second === this.#second + 1 ? this.#bytesNow : 0;
    this.#bytesNow = 0;
    this.#second = second;
  }
}
