import type { Random } from "./random.ts";

/**
 * A wandering offset to a delay: every `4 * jitterUs` it sets out for a new value, drawn evenly from
 * -jitterUs to jitterUs, and walks there in a straight line. It never falls faster than half of the time
 * that passes, so packets keep their order and the mean delay stays what was asked: an offset drawn for
 * each packet would either reorder or push the mean towards the largest.
 */
export class Jitter {
  readonly #random: Random;
  readonly #jitterUs: number;
  readonly #strideUs: number;
  #from: number;
  #to: number;
  /** When `#from` was left; NaN before the first question. */
  #leftUs = NaN;

  /**
   * Makes a wandering offset.
   *
   * @param jitterUs The largest offset in microseconds.
   * @param random Chance of its own.
   */
  constructor(jitterUs: number, random: Random) {
    this.#random = random;
    this.#jitterUs = jitterUs;
    this.#strideUs = 4 * jitterUs;
    this.#from = this.#draw();
    this.#to = this.#draw();
  }

  /**
   * The offset at a time.
   *
   * @param nowUs The time in microseconds, never before that of the last question.
   * @returns Microseconds, from -jitterUs to jitterUs.
   */
  at(nowUs: number): number {
    if (this.#jitterUs === 0) return 0;
    if (Number.isNaN(this.#leftUs)) this.#leftUs = nowUs;
    let passed = nowUs - this.#leftUs;
    if (passed >= this.#strideUs) {
      const strides = Math.floor(passed / this.#strideUs);
      // What would have been drawn while nobody asked does not matter.
      this.#from = strides === 1 ? this.#to : this.#draw();
      this.#to = this.#draw();
      this.#leftUs += strides * this.#strideUs;
      passed = nowUs - this.#leftUs;
    }
    return this.#from + (this.#to - this.#from) * Math.min(1, Math.max(0, passed / this.#strideUs));
  }

  #draw(): number {
    return this.#jitterUs === 0 ? 0 : (2 * this.#random.next() - 1) * this.#jitterUs;
  }
}
