import { Choice } from "./choice.ts";
import { bestRank, hasRoom, rankOf, reasonFor, waitForRoom } from "./rank.ts";
import type { PathSnapshot, Scheduler } from "./scheduler.ts";

/** Datagrams of one turn. */
const TURN_DATAGRAMS = 4;

/** What a path that had no room may catch up on later, in datagrams; more would be a burst. */
const CATCH_UP_DATAGRAMS = 32;

/** How much a path has carried for its weight. */
interface Account {
  bytesSent: number;
  served: number;
  seenAt: number;
}

/**
 * Makes a scheduler that shares the data out by weights, as far as the windows allow.
 *
 * @param weights By path id; 1 for paths that are not named. Without any, by how fast the paths deliver.
 */
export function weighted(weights?: ReadonlyMap<number, number>): Scheduler {
  const choice = new Choice();
  const accounts = new Map<number, Account>();
  let round = 0;

  /** Puts down what the path has sent since the last decision. */
  const settle = (path: PathSnapshot, weight: number): Account => {
    const known = accounts.get(path.id);
    if (known === undefined) {
      // A new path starts level with the others
      let served = Infinity;
      for (const other of accounts.values()) served = Math.min(served, other.served);
      const account = { bytesSent: path.bytesSent, served: served === Infinity ? 0 : served, seenAt: round };
      accounts.set(path.id, account);
      return account;
    }
    known.served += (path.bytesSent - known.bytesSent) / weight;
    known.bytesSent = path.bytesSent;
    known.seenAt = round;
    return known;
  };

  return (paths, { nowUs }) => {
    round++;
    const rank = bestRank(paths);
    let most = 0;
    for (const path of paths) most = Math.max(most, settle(path, weightOf(path, weights)).served);
    if (accounts.size > paths.length) {
      for (const [id, { seenAt }] of accounts) if (seenAt !== round) accounts.delete(id);
    }
    let best: PathSnapshot | null = null;
    let least = Infinity;
    for (const path of paths) {
      const account = accounts.get(path.id)!;
      account.served = Math.max(
        account.served,
        most - CATCH_UP_DATAGRAMS * path.mtu / weightOf(path, weights),
      );
      if (rankOf(path) !== rank || !hasRoom(path, nowUs) || account.served >= least) continue;
      least = account.served;
      best = path;
    }
    if (best === null) return waitForRoom(choice, paths, rank);
    return choice.take(best.id, reasonFor(rank, "turn"), TURN_DATAGRAMS * best.mtu);
  };
}

function weightOf(path: PathSnapshot, weights: ReadonlyMap<number, number> | undefined): number {
  if (weights !== undefined) return Math.max(weights.get(path.id) ?? 1, Number.MIN_VALUE);
  const rate = path.deliveryRateBps > 0 ? path.deliveryRateBps / 8e6 : path.windowBytes / path.smoothedRttUs;
  return Math.max(rate, Number.MIN_VALUE);
}
