/** Something that others wait for, again and again. */
export class Signal {
  #waiting: (() => void)[] = [];

  /** Lets everybody go on who waits now. */
  notify(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Resolves at the next notification. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
