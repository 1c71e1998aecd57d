import type {
  PathSnapshot,
  ScheduleChoice,
  ScheduleContext,
  Scheduler,
} from "../../../../lib/quic/scheduler/scheduler.ts";

export const NOW_US = 1_000_000;
export const MTU = 1200;

/** A healthy path with an RTT of 20 ms and an empty window of 24,000 bytes. */
export function path(id: number, changes: Partial<PathSnapshot> = {}): PathSnapshot {
  const smoothedRttUs = changes.smoothedRttUs ?? 20_000;
  const windowBytes = changes.windowBytes ?? 24_000;
  const inFlightBytes = changes.inFlightBytes ?? 0;
  return {
    id,
    status: "available",
    suspect: false,
    mtu: MTU,
    hasWindow: inFlightBytes + MTU <= windowBytes,
    inSlowStart: false,
    pacedUntilUs: 0,
    pacingRateBps: 0,
    deliveryRateBps: 0,
    rttSamples: 10,
    latestRttUs: smoothedRttUs,
    minRttUs: smoothedRttUs,
    rttVariationUs: 0,
    lastSentUs: -1,
    bytesSent: 0,
    bytesLost: 0,
    ...changes,
    smoothedRttUs,
    windowBytes,
    inFlightBytes,
  };
}

/** The same path with its window full. */
export function full(each: PathSnapshot): PathSnapshot {
  return { ...each, inFlightBytes: each.windowBytes, hasWindow: false };
}

export function context(changes: Partial<ScheduleContext> = {}): ScheduleContext {
  return {
    nowUs: NOW_US,
    queuedBytes: 1_000_000,
    openEnded: false,
    flowControlBytes: 10_000_000,
    unackedBytes: 0,
    lastPathId: -1,
    ...changes,
  };
}

/** What a scheduler says, as a short text. */
export function said({ path, reason }: ScheduleChoice): string {
  return `${path} ${reason}`;
}

/** Sends so many bytes one choice after the other, without an acknowledgment. @returns Bytes by path id. */
export function share(
  scheduler: Scheduler,
  paths: readonly PathSnapshot[],
  bytes: number,
  batchBytes: number = Infinity,
): Map<number, number> {
  const sent = new Map<number, number>(paths.map(({ id }) => [id, 0]));
  for (let left = bytes; left > 0;) {
    const now = paths.map((each) => ({ ...each, bytesSent: each.bytesSent + sent.get(each.id)! }));
    const choice = scheduler(now, context({ queuedBytes: left }));
    if (choice.path < 0) break;
    const batch = Math.min(choice.maxBytes ?? MTU, batchBytes, left, 10 * MTU);
    sent.set(choice.path, sent.get(choice.path)! + batch);
    left -= batch;
  }
  return sent;
}
