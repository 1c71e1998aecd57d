import { DelayLine, memoryFor } from "../../../../lib/lab/link/delay_line.ts";
import type { Fate } from "../../../../lib/lab/link/delay_line.ts";
import { type LinkSettings, linkSettings } from "../../../../lib/lab/link/settings.ts";

/** A packet that came out of a line. */
export interface Out {
  /** The number that it was offered with. */
  readonly mark: number;
  readonly length: number;
  readonly atUs: number;
}

/** A line whose packets carry a number and come out exactly when they are due. */
export class VirtualLine {
  readonly line: DelayLine;
  readonly out: Out[] = [];
  #view: DataView<ArrayBuffer>;
  #nowUs = 0;

  constructor(
    settings: Partial<LinkSettings>,
    seed: number = 1,
    memoryBytes: number = memoryFor(linkSettings(settings)),
  ) {
    const whole = linkSettings(settings);
    const memory = new Uint8Array(memoryBytes);
    this.#view = new DataView(memory.buffer);
    this.line = new DelayLine(whole, memory, seed, 0);
  }

  /** Lets packets out until a time. */
  runTo(nowUs: number): void {
    for (; this.line.dueUs <= nowUs; this.line.shift(this.#nowUs, true)) {
      this.#nowUs = Math.max(this.#nowUs, this.line.dueUs);
      const { offset, length } = this.line;
      this.out.push({ mark: this.#view.getUint32(offset), length, atUs: this.line.dueUs });
    }
    this.#nowUs = nowUs;
  }

  /** Offers a packet of at least 4 bytes at a time. */
  offer(nowUs: number, mark: number, length: number): Fate {
    this.runTo(nowUs);
    const offset = this.line.room();
    if (offset >= 0) this.#view.setUint32(offset, mark);
    return this.line.offer(nowUs, offset, length);
  }

  /** Changes settings at a time, and gives the line the memory that it then wants. */
  change(nowUs: number, change: Partial<LinkSettings>): void {
    this.runTo(nowUs);
    this.line.change(nowUs, change);
    const wanted = this.line.wantedBytes;
    if (wanted === null) return;
    const memory = new Uint8Array(wanted);
    this.line.moveTo(memory);
    this.#view = new DataView(memory.buffer);
  }
}
