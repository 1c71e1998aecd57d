import { CoupledReno } from "./coupled_reno.ts";
import type { CoupledFlow, Coupling } from "./coupling.ts";

/**
 * Opportunistic Linked Increases (draft-khalili-mptcp-congestion-control-05): as LIA, but windows move from
 * paths that are only large to paths that are good, so that the connection leaves congested paths alone.
 */
export class Olia extends CoupledReno {
  readonly name = "olia";

  protected growth(ackedBytes: number): number {
    const { windowBytes, mtu, rttUs, coupling } = this;
    let sum = 0;
    for (const flow of coupling.flows) if (flow.rttUs > 0) sum += packets(flow) / flow.rttUs;
    if (sum === 0) return ackedBytes * mtu / windowBytes;
    const window = packets(this);
    const growth = window / rttUs ** 2 / sum ** 2 + oliaShift(coupling, this) / window;
    return growth * ackedBytes;
  }
}

/**
 * What a path gets from the others, or gives them (epsilon in the draft): in packets for each window.
 *
 * @param coupling The paths of the connection.
 * @param flow One of them.
 */
export function oliaShift(coupling: Coupling, flow: CoupledFlow): number {
  let best = 0;
  let largest = 0;
  let count = 0;
  for (const each of coupling.flows) {
    if (each.rttUs === 0) continue;
    count++;
    best = Math.max(best, quality(each));
    largest = Math.max(largest, packets(each));
  }
  // Best paths with small windows get what paths with the largest window give
  let takers = 0;
  let givers = 0;
  for (const each of coupling.flows) {
    if (each.rttUs === 0) continue;
    if (packets(each) === largest) givers++;
    else if (quality(each) === best) takers++;
  }
  if (takers === 0 || flow.rttUs === 0) return 0;
  if (packets(flow) === largest) return -1 / (count * givers);
  return quality(flow) === best ? 1 / (count * takers) : 0;
}

function packets({ windowBytes, mtu }: CoupledFlow): number {
  return windowBytes / mtu;
}

function quality({ lossIntervalBytes, rttUs }: CoupledFlow): number {
  return lossIntervalBytes / rttUs ** 2;
}
