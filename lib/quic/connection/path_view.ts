import type { PathStatus } from "../../base/path.ts";
import type { PathSnapshot } from "../scheduler/scheduler.ts";

/** What a view reads of a path. */
export interface ViewedPath {
  readonly id: number;
  readonly status: PathStatus;
  readonly isSuspect: boolean;
  readonly mtu: number;
  readonly hasWindow: boolean;
  readonly bytesInFlight: number;
  readonly lastSentUs: number;
  readonly congestion: { readonly windowBytes: number; readonly inSlowStart: boolean };
  readonly pacer: { readonly rateBps: number };
  readonly deliveryRate: { readonly bitsPerSecond: number };
  readonly rtt: {
    readonly samples: number;
    readonly smoothedUs: number;
    readonly latestUs: number;
    readonly minUs: number;
    readonly variationUs: number;
  };
  readonly counters: { readonly bytesSent: number; readonly bytesLost: number };
}

/** A path as schedulers see it: it reads the path when it is asked, so that nothing is copied. */
export class PathView<Viewed extends ViewedPath> implements PathSnapshot {
  readonly id: number;
  readonly path: Viewed;
  pacedUntilUs = 0;

  constructor(path: Viewed) {
    this.id = path.id;
    this.path = path;
  }

  get status(): PathStatus {
    return this.path.status;
  }

  get suspect(): boolean {
    return this.path.isSuspect;
  }

  get mtu(): number {
    return this.path.mtu;
  }

  get windowBytes(): number {
    return this.path.congestion.windowBytes;
  }

  get inFlightBytes(): number {
    return this.path.bytesInFlight;
  }

  get hasWindow(): boolean {
    return this.path.hasWindow;
  }

  get inSlowStart(): boolean {
    return this.path.congestion.inSlowStart;
  }

  get pacingRateBps(): number {
    return this.path.pacer.rateBps;
  }

  get deliveryRateBps(): number {
    return this.path.deliveryRate.bitsPerSecond;
  }

  get rttSamples(): number {
    return this.path.rtt.samples;
  }

  get smoothedRttUs(): number {
    return this.path.rtt.smoothedUs;
  }

  get latestRttUs(): number {
    return this.path.rtt.latestUs;
  }

  get minRttUs(): number {
    return this.path.rtt.minUs;
  }

  get rttVariationUs(): number {
    return this.path.rtt.variationUs;
  }

  get lastSentUs(): number {
    return this.path.lastSentUs;
  }

  get bytesSent(): number {
    return this.path.counters.bytesSent;
  }

  get bytesLost(): number {
    return this.path.counters.bytesLost;
  }
}
