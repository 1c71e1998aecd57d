import { travelUs } from "./estimate.ts";
import { rankOf } from "./rank.ts";
import type { PathSnapshot } from "./scheduler.ts";

/** A copy has to be so much sooner, as a factor: estimates are not exact, and copies cost what they weigh. */
const GAIN = 1.25;

/** A path that takes so many times as long is slow: what is on its way there holds up the rest. */
const SLOW = 4;

/** After the RTT and so many variations of it an acknowledgment is late: what it is waited for may be lost. */
const PATIENCE = 2;

/**
 * Whether a path that has nothing new to send should send a copy of what is on its way on another one, because
 * it would be there clearly sooner. At the end of a transfer, and while the receiver's window is full, this
 * keeps a slow path from holding up everything.
 *
 * @param from The path that it was sent on.
 * @param target The path with room.
 * @param sentAtUs When it was sent.
 */
export function isCopyWorthIt(
  from: PathSnapshot,
  target: PathSnapshot,
  sentAtUs: number,
  nowUs: number,
): boolean {
  if (rankOf(from) < rankOf(target)) return false;
  const travelled = nowUs - sentAtUs;
  const isLate = travelled > from.smoothedRttUs + PATIENCE * from.rttVariationUs;
  if (from.suspect || isLate) return true;
  const fromUs = travelUs(from);
  const targetUs = travelUs(target);
  return fromUs > SLOW * targetUs || fromUs - travelled > GAIN * targetUs;
}
