import type { Connection } from "../io/connection.ts";
import type { Meter } from "../protocol/meter.ts";
import type { PerfReport } from "../protocol/perf_report.ts";
import type { PathBreak } from "../quic/mod.ts";
import type { BlockedCounts } from "./blocked.ts";

/** One connection of a run. */
export interface Lane {
  readonly connection: Connection;
  /** The name under which the server keeps what it sees of a download; null where it does not tell. */
  readonly report: string | null;
  /**
   * Downloads.
   *
   * @param wanted How many bytes at the most.
   * @param untilMs When to stop.
   */
  pull(wanted: number, untilMs: number, meter: Meter): Promise<void>;
  /**
   * Uploads.
   *
   * @param limit How many bytes at the most.
   * @param untilMs When to stop sending.
   * @returns What the server saw; null where it does not tell.
   * @throws {MptError} The server's refusal, which may come at any moment, and the stream's errors.
   */
  push(limit: number, untilMs: number, meter: Meter): Promise<PerfReport | null>;
  /** Breaks a path on purpose. @returns False if there is no such path; absent where that cannot be done. */
  breakPath?(id: number, how: PathBreak): boolean;
  /** How often this end had something to send and could not; null where the transport does not count it. */
  blocked(): BlockedCounts | null;
}
