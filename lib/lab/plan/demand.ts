import { MptError } from "../../base/errors.ts";
import { defaultQueueBytes, type LinkSettings, linkSettings, type LossModel } from "../link/settings.ts";
import { badValue } from "../../base/fields.ts";
import type { DirectionOptions, PathChange } from "./options.ts";

/** What is asked of one direction of a path, with every default. */
export interface Demand {
  /** Rate in Mbit/s; null is as fast as the machine. */
  readonly rateMbit: number | null;
  /** One-way delay in milliseconds. */
  readonly delayMs: number;
  /** How far the delay wanders, in milliseconds. */
  readonly jitterMs: number;
  /** The part of the packets that is lost, 0 to 1. */
  readonly loss: number;
  /** Mean length of a burst of losses in packets; null is one by one. */
  readonly burst: number | null;
  /** Length of the queue at the rate, in milliseconds; null is the default or `queuePackets`. */
  readonly queueMs: number | null;
  /** Length of the queue in packets; null is the default or `queueMs`. */
  readonly queuePackets: number | null;
  /** Whether every packet vanishes without a sign. */
  readonly blackhole: boolean;
}

/** Sizes of queues and rates in the units of the link. */
const BITS = 1_000_000;

/** The demand on a direction: its own options, then those of the path, then the defaults. */
export function demandOf(own: DirectionOptions, common: DirectionOptions): Demand {
  // A queue that a direction has for itself takes the place of the common one, whatever its unit.
  const queue = own.queueMs !== undefined || own.queuePackets !== undefined ? own : common;
  return {
    rateMbit: own.rateMbit ?? common.rateMbit ?? null,
    delayMs: own.delayMs ?? common.delayMs ?? 0,
    jitterMs: own.jitterMs ?? common.jitterMs ?? 0,
    loss: own.loss ?? common.loss ?? 0,
    burst: own.burst ?? common.burst ?? null,
    queueMs: queue.queueMs ?? null,
    queuePackets: queue.queuePackets ?? null,
    blackhole: false,
  };
}

/** The demand after a change. */
export function changedDemand(demand: Demand, change: PathChange): Demand {
  return {
    ...demand,
    blackhole: change.blackhole ?? demand.blackhole,
    rateMbit: change.rateMbit === undefined ? demand.rateMbit : change.rateMbit,
    delayMs: change.delayMs ?? demand.delayMs,
    // The wander of a delay goes with it: a delay of 0 has none.
    jitterMs: change.jitterMs ?? Math.min(demand.jitterMs, change.delayMs ?? Infinity),
    loss: change.loss ?? demand.loss,
    burst: change.burst === undefined ? demand.burst : change.burst,
  };
}

/**
 * The settings of a link that does what is asked.
 *
 * @param demand What is asked.
 * @param mtu Largest IP packet in bytes.
 * @param key Where the demand stands, such as `paths[0].up`, for messages.
 * @throws {MptError} `ERR_INVALID_VALUE` when it is not possible.
 */
export function settingsOf(demand: Demand, mtu: number, key: string): LinkSettings {
  if (demand.jitterMs > demand.delayMs) {
    throw badValue(demand.jitterMs, `${key}.jitterMs`, `it is more than the delay of ${demand.delayMs} ms`);
  }
  try {
    return linkSettings({
      rateBps: demand.rateMbit === null ? null : Math.round(demand.rateMbit * BITS),
      delayUs: Math.round(demand.delayMs * 1000),
      jitterUs: Math.round(demand.jitterMs * 1000),
      loss: lossOf(demand),
      queueBytes: queueBytes(demand, mtu),
      mtu,
      blackhole: demand.blackhole,
    });
  } catch (error) {
    if (!(error instanceof MptError)) throw error;
    throw new MptError(error.code, `Cannot use ${key}: ${error.message}`, { cause: error, data: { key } });
  }
}

/**
 * Makes sure that a queue in milliseconds has a rate: without one nothing waits. A rate that is taken away while
 * the lab runs may come back, and the queue with it.
 *
 * @throws {MptError} `ERR_INVALID_VALUE`.
 */
export function checkQueue({ queueMs, rateMbit }: Demand, key: string): void {
  if (queueMs === null || rateMbit !== null) return;
  throw badValue(queueMs, `${key}.queueMs`, "a queue in milliseconds needs a rate (rateMbit)");
}

/** Whether a link must delay packets, or remember the fate of the one before: tbf and nftables cannot. */
export function needsDelayLine(demand: Demand): boolean {
  return demand.delayMs > 0 || demand.jitterMs > 0 || (demand.burst !== null && demand.loss > 0);
}

function lossOf(demand: Demand): LossModel {
  if (demand.loss === 0) return { kind: "none" };
  return demand.burst === null || demand.burst === 1
    ? { kind: "random", probability: demand.loss }
    : { kind: "burst", probability: demand.loss, meanBurst: demand.burst };
}

function queueBytes(demand: Demand, mtu: number): number {
  if (demand.queuePackets !== null) return demand.queuePackets * mtu;
  const rateBps = demand.rateMbit === null ? null : demand.rateMbit * BITS;
  if (demand.queueMs === null || rateBps === null) return defaultQueueBytes(rateBps, mtu);
  return Math.max(mtu, Math.ceil(rateBps / 8 * demand.queueMs / 1000));
}
