import type { PathInfo } from "../base/path.ts";

/** Bytes of one path in one interval. */
export interface PathBytes {
  /** The path's id. */
  readonly id: number;
  /** Payload bytes. */
  readonly bytes: number;
}

/** What happened up to `at_ms` since the interval before. */
export interface Interval {
  /** Milliseconds since the start of the transfer, at the end of this interval. */
  readonly at_ms: number;
  /** Payload bytes. */
  readonly bytes: number;
  /** The bytes of each path. */
  readonly paths: readonly PathBytes[];
}

/** What a transfer looked like from one end. */
export interface Measurement {
  /** Payload bytes, to the last one. */
  readonly bytes: number;
  /** From the start of the transfer to the end of its last byte, in milliseconds. */
  readonly duration_ms: number;
  /** Longest time without an arrival, from the first one to the end; 0 without any. */
  readonly longest_stall_ms: number;
  /** When that stall began, in milliseconds since the start; null without one. */
  readonly longest_stall_at_ms: number | null;
  /** What happened in each interval. */
  readonly intervals: readonly Interval[];
  /** Smoothed RTT samples of all active paths, in milliseconds, one an interval and path. */
  readonly rtt_samples_ms: readonly number[];
}

/** Which counter of a path a meter follows: at the receiver or at the sender. */
export type MeterSide = "receiver" | "sender";

interface Stall {
  readonly ms: number;
  /** When it began, in milliseconds since the start. */
  readonly atMs: number | null;
}

/** A shorter pause at the end is how transfers end on a busy machine, in milliseconds. */
const STANDS_STILL_MS = 200;

/** An interval list longer than this would be a day at 100 ms: nobody reads it, and it would not fit in memory. */
const MAX_INTERVALS = 100_000;

/**
 * Turns arrivals and path snapshots into intervals. Pure: the caller passes the time, in milliseconds of
 * any steady clock.
 */
export class Meter {
  readonly #side: MeterSide;
  readonly #startMs: number;
  readonly #intervals: Interval[] = [];
  readonly #rttSamples: number[] = [];
  readonly #pathTotals = new Map<number, number>();
  #bytes = 0;
  #countedBytes = 0;
  #lastArrivalMs: number | undefined;
  #longestStall: Stall = { ms: 0, atMs: null };
  /** Since when stalls are watched for themselves; what they came to. */
  #watchedFromMs = Infinity;
  #watchedStallMs = 0;
  /** Whether anything arrived since then. */
  #watchedAny = false;

  /**
   * A meter that starts now.
   *
   * @param side Whether this end receives or sends.
   * @param nowMs The start of the transfer.
   * @param paths The paths at the start: what they carried before does not count.
   */
  constructor(side: MeterSide, nowMs: number, paths: readonly PathInfo[]) {
    this.#side = side;
    this.#startMs = nowMs;
    for (const path of paths) this.#pathTotals.set(path.id, this.#counter(path));
  }

  /** Bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Notes the arrival (or the sending) of bytes. */
  add(nowMs: number, bytes: number): void {
    this.#longestStall = this.#stallUntil(nowMs);
    this.#watchedStallMs = this.#watchedUntil(nowMs);
    this.#watchedAny = true;
    this.#lastArrivalMs = nowMs;
    this.#bytes += bytes;
  }

  /** From now on stalls are counted for themselves as well: something happened that may have made one. */
  watchStalls(nowMs: number): void {
    this.#watchedFromMs = nowMs;
    this.#watchedStallMs = 0;
    this.#watchedAny = false;
  }

  /** The longest stall since then, in milliseconds, when the next arrival, or the end, is now. */
  watchedStallMs(nowMs: number): number {
    return round(this.#watchedUntil(nowMs));
  }

  /** Whether nothing has arrived since then, or the longest stall is one that lasts until now. */
  watchedStandsStill(nowMs: number): boolean {
    if (!this.#watchedAny) return true;
    const stallMs = this.#watchedUntil(nowMs);
    return stallMs > this.#watchedStallMs && stallMs >= STANDS_STILL_MS;
  }

  /** Ends an interval. */
  sample(nowMs: number, paths: readonly PathInfo[]): Interval {
    const interval: Interval = {
      at_ms: round(nowMs - this.#startMs),
      bytes: this.#bytes - this.#countedBytes,
      paths: paths.map((path) => this.#since(path)),
    };
    this.#countedBytes = this.#bytes;
    for (const path of paths) {
      if (path.rttMs !== undefined && path.state === "active") this.#rttSamples.push(path.rttMs);
    }
    if (this.#intervals.length < MAX_INTERVALS) this.#intervals.push(interval);
    return interval;
  }

  /** Ends the transfer. */
  finish(nowMs: number): Measurement {
    // A transfer that broke off stood still until its end.
    const stall = this.#stallUntil(nowMs);
    return {
      bytes: this.#bytes,
      duration_ms: round(nowMs - this.#startMs),
      longest_stall_ms: round(stall.ms),
      longest_stall_at_ms: stall.atMs === null ? null : round(stall.atMs),
      intervals: [...this.#intervals],
      rtt_samples_ms: [...this.#rttSamples],
    };
  }

  /** Of a stall that began before, the part since then counts. */
  #watchedUntil(nowMs: number): number {
    const from = Math.max(this.#watchedFromMs, this.#lastArrivalMs ?? this.#watchedFromMs);
    return Math.max(this.#watchedStallMs, nowMs - from);
  }

  /** The longest stall when the next arrival, or the end, is now. */
  #stallUntil(nowMs: number): Stall {
    const last = this.#lastArrivalMs;
    if (last === undefined || nowMs - last <= this.#longestStall.ms) return this.#longestStall;
    return { ms: nowMs - last, atMs: last - this.#startMs };
  }

  #since(path: PathInfo): PathBytes {
    const total = this.#counter(path);
    const before = this.#pathTotals.get(path.id) ?? 0;
    this.#pathTotals.set(path.id, total);
    return { id: path.id, bytes: Math.max(0, total - before) };
  }

  #counter(path: PathInfo): number {
    return this.#side === "receiver" ? path.bytesReceived : path.bytesSent - path.bytesRetransmitted;
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
