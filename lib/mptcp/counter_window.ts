import type { Tristate } from "../base/path.ts";
import { ffiUnavailableReason } from "../io/ffi_access.ts";
import { mptcpSockets } from "../netlink/sockets.ts";
import { type Counters, parseAll, readCounterTexts } from "./counters.ts";

/** How far the counters of this network namespace moved in a time, and who else may have moved them. */
export interface CounterWindow {
  /** How long it was, in milliseconds. */
  readonly ms: number;
  /**
   * The differences, zeros included: a name that is not there is a counter that this kernel does not have.
   */
  readonly counters: Counters;
  /** Other MPTCP connections that lived at either end of the time; null when that is not known. */
  readonly otherConnections: number | null;
  /** `MPTcpExtMPCurrEstab` at the start: every MPTCP connection established then; null when not known. */
  readonly establishedBefore: number | null;
  /** Whether other MPTCP connections moved the counters too. `no` says that none was seen. */
  readonly shared: Tristate;
}

/** What was one's own in a {@linkcode CounterWindow}. */
export interface OwnTraffic {
  /** The tokens of one's own MPTCP connections. */
  readonly tokens?: readonly number[];
  /** How many MPTCP connections one opened in that time. @default {undefined} not said */
  readonly connects?: number;
  /** How many MPTCP connections one was opened in that time. @default {undefined} not said */
  readonly accepts?: number;
}

/** Readings at one moment. */
export interface Reading {
  readonly atMs: number;
  /** What `readCounterTexts()` gave; parsed only when somebody asks. */
  readonly texts: readonly string[];
  /** The tokens of all MPTCP connections; null when they cannot be read. */
  readonly tokens: readonly number[] | null;
}

/**
 * Watches the counters from a moment on. They are those of the whole network namespace; the watch notes
 * whether other MPTCP connections shared it.
 *
 * @example What one connection did to the counters
 * ```ts
 * import assert from "node:assert/strict";
 * import { CounterWatch } from "@multipath/mpt/mptcp";
 *
 * const watch = CounterWatch.start();
 * const window = watch?.window({ connects: 0, accepts: 0 });
 * assert(window === undefined || window.ms >= 0);
 * ```
 */
export class CounterWatch {
  readonly #before: Reading;

  private constructor(before: Reading) {
    this.#before = before;
  }

  /**
   * Starts to watch.
   *
   * @returns The watch; null where the counters cannot be read.
   */
  static start(): CounterWatch | null {
    const before = read();
    return before === null ? null : new CounterWatch(before);
  }

  /** How long ago it started, in milliseconds. */
  get ageMs(): number {
    return performance.now() - this.#before.atMs;
  }

  /**
   * What happened since the start. It can be asked again and again.
   *
   * @param own What is not other people's.
   * @returns The differences; none at all where the counters can no longer be read.
   */
  window(own: OwnTraffic = {}): CounterWindow {
    const before = this.#before;
    const after = read();
    if (after === null) {
      const ms = performance.now() - before.atMs;
      const establishedBefore = established(parseAll(before.texts));
      return { ms, counters: new Map(), otherConnections: null, establishedBefore, shared: "unknown" };
    }
    return compare(before, after, own);
  }
}

/** The difference between two readings. */
export function compare(before: Reading, after: Reading, own: OwnTraffic): CounterWindow {
  const earlier = parseAll(before.texts);
  const counters = new Map<string, number>();
  // A protocol that was loaded in the meantime has names that were not there: its counts are all new.
  for (const [name, value] of parseAll(after.texts)) counters.set(name, value - (earlier.get(name) ?? 0));
  const otherConnections = others(before, after, own);
  return {
    ms: after.atMs - before.atMs,
    counters,
    otherConnections,
    establishedBefore: established(earlier),
    shared: shared(counters, otherConnections, own),
  };
}

function established(counters: Counters): number | null {
  return counters.get("MPTcpExtMPCurrEstab") ?? null;
}

function others(before: Reading, after: Reading, own: OwnTraffic): number | null {
  if (before.tokens === null || after.tokens === null) return null;
  const seen = new Set([...before.tokens, ...after.tokens]);
  for (const token of own.tokens ?? []) seen.delete(token);
  return seen.size;
}

function shared(counters: Counters, otherConnections: number | null, own: OwnTraffic): Tristate {
  if (otherConnections !== null && otherConnections > 0) return "yes";
  const opened = counters.get("MPTcpExtMPCapableSYNTX");
  const accepted = counters.get("MPTcpExtMPCapableSYNRX");
  // Connections that came and went between the readings.
  if (own.connects !== undefined && (opened ?? 0) > own.connects) return "yes";
  if (own.accepts !== undefined && (accepted ?? 0) > own.accepts) return "yes";
  const known = otherConnections !== null && opened !== undefined && accepted !== undefined;
  return known && own.connects !== undefined && own.accepts !== undefined ? "no" : "unknown";
}

function read(): Reading | null {
  if (ffiUnavailableReason() !== null) return null;
  try {
    return { atMs: performance.now(), texts: readCounterTexts(), tokens: readTokens() };
  } catch {
    // Counters are a help; whoever asks goes on without them.
    return null;
  }
}

function readTokens(): readonly number[] | null {
  try {
    return ([4, 6] as const).flatMap((family) =>
      mptcpSockets(family).flatMap(({ mptcpInfo }) => mptcpInfo?.token ?? [])
    );
  } catch {
    return null;
  }
}
