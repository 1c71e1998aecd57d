import type { ScheduleChoice, ScheduleReason } from "./scheduler.ts";

const NOBODY: readonly number[] = [];

/** A choice that a scheduler fills in again for every decision. */
export class Choice implements ScheduleChoice {
  path = -1;
  reason: ScheduleReason = "no-window";
  maxBytes: number = Infinity;
  also: readonly number[] = NOBODY;
  askAgainUs: number = Infinity;

  /** Chooses a path. */
  take(path: number, reason: ScheduleReason, maxBytes: number = Infinity): this {
    this.path = path;
    this.reason = reason;
    this.maxBytes = maxBytes;
    this.askAgainUs = Infinity;
    this.also = NOBODY;
    return this;
  }

  /** Chooses none for now. */
  wait(reason: ScheduleReason, askAgainUs: number = Infinity): this {
    this.take(-1, reason);
    this.askAgainUs = askAgainUs;
    return this;
  }
}
