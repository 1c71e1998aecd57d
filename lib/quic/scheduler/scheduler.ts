import type { PathStatus } from "../../base/path.ts";

/**
 * A path as a scheduler sees it, as it is at this moment. The object is filled in again for the next
 * decision: nothing of it may be kept.
 */
export interface PathSnapshot {
  /** The path's id. */
  readonly id: number;
  /** `backup` if either end wants it so. */
  readonly status: PathStatus;
  /** Whether a probe timeout has expired without an answer: data goes there only when there is no other path. */
  readonly suspect: boolean;
  /** The size of its datagrams in bytes. */
  readonly mtu: number;
  /** The congestion window, in bytes. */
  readonly windowBytes: number;
  /** What counts against it, in bytes. */
  readonly inFlightBytes: number;
  /** Whether the window has room for a full datagram. */
  readonly hasWindow: boolean;
  /** Whether the window grows exponentially. */
  readonly inSlowStart: boolean;
  /** When the pacer lets a datagram out, in microseconds: now or earlier, or later. */
  readonly pacedUntilUs: number;
  /** The pace in bits per second; 0 while there is none. */
  readonly pacingRateBps: number;
  /** How fast data was delivered of late, in bits per second; 0 before it is known. */
  readonly deliveryRateBps: number;
  /** How many RTT samples there were; without any the numbers below are assumed. */
  readonly rttSamples: number;
  /** The smoothed RTT in microseconds. */
  readonly smoothedRttUs: number;
  /** The last RTT sample in microseconds. */
  readonly latestRttUs: number;
  /** The smallest RTT in microseconds. */
  readonly minRttUs: number;
  /** The mean variation of the RTT in microseconds. */
  readonly rttVariationUs: number;
  /** When data was last sent on it, in microseconds; -1 before. */
  readonly lastSentUs: number;
  /** What was sent on it, in bytes. */
  readonly bytesSent: number;
  /** What was lost on it, in bytes. */
  readonly bytesLost: number;
}

/** What a scheduler sees of the connection. Filled in again for the next decision. */
export interface ScheduleContext {
  /** The time in microseconds, from any origin. */
  readonly nowUs: number;
  /** Bytes of streams that wait to be sent, new or again. */
  readonly queuedBytes: number;
  /** Whether a stream that waits with data is not finished: more than what is queued may come. */
  readonly openEnded: boolean;
  /** New bytes that the peer's flow control allows, of the connection and of the stream that is next. */
  readonly flowControlBytes: number;
  /** Bytes of streams that were sent and are not acknowledged, on all paths. */
  readonly unackedBytes: number;
  /** The path of the decision before; -1 before any. */
  readonly lastPathId: number;
}

/** Why a scheduler chose a path, or none. */
export type ScheduleReason =
  /** It is the best, by the scheduler's own measure. */
  | "best"
  /** It is this path's turn. */
  | "turn"
  /** The best one has no room, and waiting for it would take longer. */
  | "overflow"
  /** Only backup paths can be used. */
  | "backup"
  /** Nothing is sent now: waiting for a better path is faster. */
  | "wait-for-better"
  /** No path has room in its congestion window. */
  | "no-window"
  /** The pacer holds back those with room. */
  | "paced";

/** What a scheduler decides. The same object may be returned again and again. */
export interface ScheduleChoice {
  /** The id of the path that carries the next data; -1 for none now: it is asked again when something changes. */
  readonly path: number;
  /** Why. */
  readonly reason: ScheduleReason;
  /** At most so many bytes before it is asked again. @default {Infinity} */
  readonly maxBytes?: number;
  /** Other paths that carry the same stream data as well, as far as their windows allow. */
  readonly also?: readonly number[];
  /** When to ask again at the latest if nothing else happens, in microseconds. @default {Infinity} */
  readonly askAgainUs?: number;
}

/**
 * Chooses the path of the next data. It is called before every batch of datagrams while at least two paths can
 * be used, and must be a function of what it is given, of its earlier decisions, and of nothing else.
 *
 * @param paths The paths that are validated and not abandoned, in the order of their ids; never empty.
 * @param context What is to be sent.
 * @returns The choice. A path without room, or one that is not there, is taken for -1.
 */
export type Scheduler = (paths: readonly PathSnapshot[], context: ScheduleContext) => ScheduleChoice;

/** Makes the scheduler of a connection: it may remember what it decided. */
export type SchedulerFactory = () => Scheduler;
