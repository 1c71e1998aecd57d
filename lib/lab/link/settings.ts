import { MptError } from "../../base/errors.ts";

/**
 * How packets are lost: none; each by itself with the same probability; or in bursts (the model of Gilbert
 * and Elliott: the link is good or bad, and loses all while it is bad).
 */
export type LossModel =
  | { readonly kind: "none" }
  | {
    readonly kind: "random";
    /** The part of the packets that is lost, 0 to 1. */
    readonly probability: number;
  }
  | {
    readonly kind: "burst";
    /** The part of the packets that is lost over a long time, 0 to below 1. */
    readonly probability: number;
    /** How many packets in a row a burst takes on the average, 1 or more. */
    readonly meanBurst: number;
  };

/** What one direction of a link does to packets. Sizes are those of IP packets. */
export interface LinkSettings {
  /** Bits per second that leave the queue; null is as fast as the machine can. */
  readonly rateBps: number | null;
  /** One-way delay in microseconds, after the queue. */
  readonly delayUs: number;
  /** The delay wanders between `delayUs - jitterUs` and `delayUs + jitterUs`; packets keep their order. */
  readonly jitterUs: number;
  /** How packets are lost on their way, after they took their time on the link. */
  readonly loss: LossModel;
  /** How many bytes may wait for the link; a packet that finds no room is dropped. */
  readonly queueBytes: number;
  /** The largest IP packet in bytes. */
  readonly mtu: number;
  /** Whether every packet vanishes without a sign. */
  readonly blackhole: boolean;
}

/** Which way through a link: `up` is from the client, `down` to it. */
export type LinkDirection = "up" | "down";

/** No loss. */
export const NO_LOSS: LossModel = { kind: "none" };

/** How long the default queue takes to empty, in seconds. */
const QUEUE_SECONDS = 0.05;

/** The default queue of a slow link holds this many packets. */
const QUEUE_PACKETS = 10;

/** The default queue of a link without a rate, in bytes; nothing waits there. */
const UNLIMITED_QUEUE_BYTES = 1 << 20;

const MIN_RATE_BPS = 1000;
const MAX_RATE_BPS = 100e9;
/** Longer than any link on Earth, and short enough for the memory that packets in flight take. */
const MAX_DELAY_US = 10_000_000;
/** A queue beyond this is a mistake, and would not fit in memory. */
const MAX_QUEUE_BYTES = 32 << 20;
/** RFC 791 3.1: every link must carry 68 bytes; the kernel refuses less for a device. */
const MIN_MTU = 68;
/** RFC 791 3.1: the length of a packet is a 16-bit number. The kernel allows a TUN device no more. */
const MAX_MTU = 65535;
const MAX_BURST = 100_000;

/**
 * The queue that a link has when nothing else is said: 50 ms at its rate, and at least 10 packets.
 *
 * @param rateBps The rate, or null.
 * @param mtu The largest packet in bytes.
 * @returns Bytes; 1 MiB or 10 packets for a link without a rate.
 */
export function defaultQueueBytes(rateBps: number | null, mtu: number): number {
  const bytes = rateBps === null ? UNLIMITED_QUEUE_BYTES : Math.ceil(rateBps / 8 * QUEUE_SECONDS);
  return Math.min(MAX_QUEUE_BYTES, Math.max(bytes, QUEUE_PACKETS * mtu));
}

/**
 * Whole, valid settings.
 *
 * @param given What differs from a perfect link with an MTU of 1500.
 * @returns The settings; the queue is {@linkcode defaultQueueBytes} unless it was given.
 * @throws {MptError} `ERR_INVALID_VALUE` naming the setting that is impossible.
 */
export function linkSettings(given: Partial<LinkSettings> = {}): LinkSettings {
  const { rateBps = null, mtu = 1500 } = given;
  return checked({
    rateBps,
    delayUs: given.delayUs ?? 0,
    jitterUs: given.jitterUs ?? 0,
    loss: given.loss ?? NO_LOSS,
    queueBytes: given.queueBytes ?? defaultQueueBytes(rateBps, mtu),
    mtu,
    blackhole: given.blackhole ?? false,
  });
}

/**
 * Settings after a change. The queue keeps its bytes unless the change names them.
 *
 * @param settings The settings in force.
 * @param change What is to differ.
 * @returns The new settings.
 * @throws {MptError} `ERR_INVALID_VALUE` naming the setting that is impossible.
 */
export function changedSettings(settings: LinkSettings, change: Partial<LinkSettings>): LinkSettings {
  return checked({ ...settings, ...change });
}

function checked(settings: LinkSettings): LinkSettings {
  const { rateBps, delayUs, jitterUs, loss, queueBytes, mtu } = settings;
  if (rateBps !== null) within("a rate", rateBps, MIN_RATE_BPS, MAX_RATE_BPS, "bit/s");
  within("a delay", delayUs, 0, MAX_DELAY_US, "us");
  within("a jitter", jitterUs, 0, MAX_DELAY_US, "us");
  if (jitterUs > delayUs) {
    throw invalid(`a jitter of ${jitterUs} us`, `it is more than the delay of ${delayUs} us`);
  }
  whole("an MTU", mtu);
  within("an MTU", mtu, MIN_MTU, MAX_MTU, "bytes");
  whole("a queue", queueBytes);
  within("a queue", queueBytes, mtu, MAX_QUEUE_BYTES, "bytes (one packet to 32 MiB)");
  checkLoss(loss);
  return settings;
}

function checkLoss(loss: LossModel): void {
  if (loss.kind === "none") return;
  within("a loss", loss.probability, 0, 1, "");
  if (loss.kind === "random") return;
  within("a mean burst", loss.meanBurst, 1, MAX_BURST, "packets");
  // Beyond this the good state would have to be left before it is entered.
  const most = loss.meanBurst / (loss.meanBurst + 1);
  if (loss.probability > most) {
    const reason = `with bursts of ${loss.meanBurst} packets at most ${most.toFixed(3)} can be lost`;
    throw invalid(`a loss of ${loss.probability}`, reason);
  }
}

function within(what: string, value: number, least: number, most: number, unit: string): void {
  if (value >= least && value <= most) return;
  throw invalid(`${what} of ${value}`, `it is not from ${least} to ${most} ${unit}`.trimEnd());
}

function whole(what: string, value: number): void {
  if (!Number.isSafeInteger(value)) throw invalid(`${what} of ${value}`, "it is not a whole number");
}

function invalid(what: string, reason: string): MptError {
  return new MptError("ERR_INVALID_VALUE", `Cannot make a link with ${what}: ${reason}`);
}
