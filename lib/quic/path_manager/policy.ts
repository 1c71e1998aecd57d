import { sameAddress, type SocketAddress } from "../connection/tuple.ts";
import { type AddressPair, type LocalAddress, sameLocal, samePair } from "./pair.ts";
import { unreachable } from "./reachable.ts";

/** Which pairs to try: all of them, one for each interface, or those that are listed. */
export type PathPolicy = "full-mesh" | "one-per-interface" | "explicit";

/**
 * The pairs that a policy allows, in the order of the addresses; without those that cannot work.
 *
 * @param explicit The pairs of the policy `explicit`; they are used as far as their local address is there.
 */
export function allowedPairs(
  policy: PathPolicy,
  locals: readonly LocalAddress[],
  remotes: readonly SocketAddress[],
  explicit: readonly AddressPair[],
): readonly AddressPair[] {
  const pairs: AddressPair[] = [];
  const add = (pair: AddressPair): void => {
    if (unreachable(pair) === null && !pairs.some((known) => samePair(known, pair))) pairs.push(pair);
  };
  if (policy === "explicit") {
    for (const pair of explicit) if (locals.some((local) => sameLocal(local, pair.local))) add(pair);
    return pairs;
  }
  for (const local of locals) {
    for (const remote of remotes) add({ local, remote });
  }
  return pairs;
}

/**
 * The pair to try next: paths are spread over the interfaces first, over the peer's addresses next, and over
 * local addresses last.
 *
 * @param used The pairs of the paths that there are.
 * @param free The pairs that could be tried now, in the order of preference.
 * @returns One of them; undefined for none.
 */
export function nextPair(
  policy: PathPolicy,
  used: readonly AddressPair[],
  free: readonly AddressPair[],
): AddressPair | undefined {
  let best: AddressPair | undefined;
  let least = Infinity;
  for (const pair of free) {
    const onInterface = count(used, ({ local }) => local.interface === pair.local.interface);
    if (policy === "one-per-interface" && onInterface > 0) continue;
    if (policy === "explicit") return pair;
    const toRemote = count(used, ({ remote }) => sameAddress(remote, pair.remote));
    const fromLocal = count(used, ({ local }) => sameLocal(local, pair.local));
    const weight = (onInterface * 1000 + toRemote) * 1000 + fromLocal;
    if (weight >= least) continue;
    least = weight;
    best = pair;
  }
  return best;
}

function count(pairs: readonly AddressPair[], fits: (pair: AddressPair) => boolean): number {
  let found = 0;
  for (const pair of pairs) if (fits(pair)) found++;
  return found;
}
