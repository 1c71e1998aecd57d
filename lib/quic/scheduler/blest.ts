import { Choice } from "./choice.ts";
import { bestRank, fastest, hasRoom, reasonFor, waitForRoom } from "./rank.ts";
import type { PathSnapshot, Scheduler } from "./scheduler.ts";

/** How far the estimate of the fast path is stretched: at first, at the least and at the most. */
const LAMBDA = { first: 1.2, least: 1, most: 1.3 } as const;

/** What changes it, once in a round trip: up when flow control blocked, down when it did not. */
const LAMBDA_STEP = { up: 1.04, down: 0.99 } as const;

/**
 * Makes a scheduler that keeps data off a slow path when it would block the fast one: while it travels, the
 * fast path could fill the rest of the receiver's window and would have to stop (BLEST, IFIP Networking 2016).
 */
export function blest(): Scheduler {
  const choice = new Choice();
  let lambda: number = LAMBDA.first;
  let adaptAtUs = -Infinity;
  let blocked = false;
  return (paths, { nowUs, flowControlBytes, unackedBytes }) => {
    const rank = bestRank(paths);
    const best = fastest(paths, rank);
    if (best === null) return choice.wait("no-window");
    if (flowControlBytes < best.mtu) blocked = true;
    if (nowUs >= adaptAtUs) {
      lambda = Math.min(LAMBDA.most, Math.max(LAMBDA.least, lambda * LAMBDA_STEP[blocked ? "up" : "down"]));
      blocked = false;
      adaptAtUs = nowUs + best.smoothedRttUs;
    }
    if (hasRoom(best, nowUs)) return choice.take(best.id, reasonFor(rank, "best"));
    const slow = fastest(paths, rank, nowUs);
    if (slow === null) return waitForRoom(choice, paths, rank);
    const window = flowControlBytes + unackedBytes;
    const left = window - slow.inFlightBytes - slow.mtu;
    if (lambda * capacity(best, slow) > left) return choice.wait("wait-for-better", askAt(best));
    return choice.take(slow.id, reasonFor(rank, "overflow"), slow.mtu);
  };
}

/** What the fast path could send while something travels on the slow one. */
function capacity(best: PathSnapshot, slow: PathSnapshot): number {
  const rounds = slow.smoothedRttUs / best.smoothedRttUs;
  const { windowBytes, mtu } = best;
  if (best.inSlowStart) return windowBytes * (2 ** Math.min(rounds, 30) - 1);
  return (windowBytes + (rounds - 1) / 2 * mtu) * rounds;
}

function askAt(path: PathSnapshot): number {
  return path.hasWindow ? path.pacedUntilUs : Infinity;
}
