/** What coupled controllers of one connection know of each other. */
export interface CoupledFlow {
  /** The congestion window in bytes. */
  readonly windowBytes: number;
  /** The size of the path's packets. */
  readonly mtu: number;
  /** The smoothed RTT in microseconds; 0 before it was measured. */
  readonly rttUs: number;
  /** Bytes delivered between losses: since the last, or between the last two, whichever is more. */
  readonly lossIntervalBytes: number;
}

/**
 * Binds the congestion controllers of one connection's paths together, so that paths over a common bottleneck
 * do not take more than their share of it. One for each connection; controllers that are not coupled ignore it.
 */
export class Coupling {
  readonly #flows: CoupledFlow[] = [];

  /** The controllers of the paths that are open. */
  get flows(): readonly CoupledFlow[] {
    return this.#flows;
  }

  /** A path was opened. */
  join(flow: CoupledFlow): void {
    this.#flows.push(flow);
  }

  /** A path is over, or has started again with another controller. */
  leave(flow: CoupledFlow): void {
    const at = this.#flows.indexOf(flow);
    if (at >= 0) this.#flows.splice(at, 1);
  }
}
