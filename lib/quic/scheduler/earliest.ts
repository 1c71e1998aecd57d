import { Choice } from "./choice.ts";
import { quickest, rateOf, roomInUs, travelUs } from "./estimate.ts";
import { bestRank, hasRoom, rankOf, reasonFor, waitForRoom } from "./rank.ts";
import type { PathSnapshot, ScheduleContext, Scheduler } from "./scheduler.ts";

/** How much of what a slower path adds its jitter has to leave: RTT variations on top of the way there. */
const CAUTION = 2;

/** Datagrams that a slower path takes before it is asked again: what is left to send changes. */
const SLOW_TURN_DATAGRAMS = 4;

/**
 * Makes the scheduler that is used by default. It asks of every path with room when a datagram sent now would
 * arrive, and of the quicker ones together when they alone would be through with everything that waits. A slower
 * path is used if it helps to be done sooner, and left alone if it would be the last to deliver, or if the
 * receiver's window would be full before what travels there has arrived.
 *
 * What an application will write later is not known. While a stream is open it is taken to go on for as long
 * as it has already been held up by the quickest path.
 */
export function earliest(): Scheduler {
  const choice = new Choice();
  let heldUpSinceUs = Infinity;
  return (paths, context) => {
    const { nowUs, queuedBytes, openEnded } = context;
    const rank = bestRank(paths);
    const best = quickest(paths, rank, null);
    if (best === null) return choice.wait("no-window");
    if (best.inFlightBytes + queuedBytes <= best.windowBytes) heldUpSinceUs = Infinity;
    else if (heldUpSinceUs === Infinity) heldUpSinceUs = nowUs;
    if (hasRoom(best, nowUs)) return choice.take(best.id, reasonFor(rank, "best"));
    const slow = quickest(paths, rank, nowUs);
    if (slow === null) return waitForRoom(choice, paths, rank);
    const heldUpUs = openEnded && heldUpSinceUs < nowUs ? nowUs - heldUpSinceUs : 0;
    if (!isWorthIt(paths, rank, slow, context, heldUpUs)) {
      return choice.wait("wait-for-better", best.hasWindow ? best.pacedUntilUs : Infinity);
    }
    return choice.take(slow.id, reasonFor(rank, "overflow"), SLOW_TURN_DATAGRAMS * slow.mtu);
  };
}

/** Whether data on this path is there before the quicker paths could have delivered everything without it. */
function isWorthIt(
  paths: readonly PathSnapshot[],
  rank: number,
  slow: PathSnapshot,
  { nowUs, queuedBytes, flowControlBytes }: ScheduleContext,
  heldUpUs: number,
): boolean {
  const travel = travelUs(slow);
  const arrivesInUs = travel + CAUTION * slow.rttVariationUs;
  let rate = 0;
  let waitUs = Infinity;
  let leadUs = 0;
  let growsInUs = Infinity;
  for (const path of paths) {
    if (path === slow || rankOf(path) !== rank) continue;
    const each = travelUs(path);
    if (each > travel) continue;
    rate += rateOf(path);
    if (path.inSlowStart) growsInUs = Math.min(growsInUs, path.smoothedRttUs);
    waitUs = Math.min(waitUs, roomInUs(path, nowUs) + each);
    leadUs = Math.max(leadUs, travel - each);
  }
  if (rate === 0) return true;
  const busyUs = Math.max(timeFor(queuedBytes, rate, growsInUs), heldUpUs);
  if (arrivesInUs > waitUs + busyUs) return false;
  // While it travels the quicker paths fill the receiver's window; there has to be room for all of it
  return Math.min(queuedBytes, rate * leadUs) + slow.mtu <= flowControlBytes;
}

/** How long so many bytes take at a rate, which doubles every so often in slow start. */
function timeFor(bytes: number, rate: number, doublesInUs: number): number {
  const steadyUs = bytes / rate;
  return doublesInUs === Infinity ? steadyUs : doublesInUs * Math.log2(1 + steadyUs / doublesInUs);
}
