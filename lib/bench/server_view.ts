import type { PathInfo } from "../base/path.ts";
import type { PathJson } from "../base/path_json.ts";
import type { Interval, Measurement, PathBytes } from "../protocol/meter.ts";
import type { PerfReport } from "../protocol/perf_report.ts";
import type { PathTable } from "./path_table.ts";

/** The server's view of an upload: it is the receiver, so its figures are the ones that count. */
export interface ServerView {
  readonly received: Measurement | null;
  readonly rttSamplesMs: readonly number[];
  /** The server's own numbers of our paths; empty where it did not tell. */
  readonly paths: ReadonlyMap<number, SenderPath>;
}

/** A path as its sender sees it. */
export interface SenderPath {
  readonly rttMs: number | null;
  readonly retransmittedBytes: number;
}

/**
 * The reports of all connections of a run as one, with this end's path ids.
 *
 * @param reports One a connection; null where the server did not tell.
 * @param connectionPaths This end's paths of each connection.
 * @param table Gives the common ids.
 */
export function serverView(
  reports: readonly (PerfReport | null)[],
  connectionPaths: readonly (readonly PathInfo[])[],
  table: PathTable,
): ServerView {
  const received: Measurement[] = [];
  const rttSamplesMs: number[] = [];
  const paths = new Map<number, SenderPath>();
  reports.forEach((report, index) => {
    if (report === null) return;
    rttSamplesMs.push(...report.sent?.rtt_samples_ms ?? []);
    const ids = idsOf(report.paths, connectionPaths[index] ?? [], table);
    for (const path of report.paths) {
      const id = ids.get(path.id);
      if (id === undefined) continue;
      const earlier = paths.get(id);
      paths.set(id, {
        rttMs: path.rtt_ms ?? earlier?.rttMs ?? null,
        retransmittedBytes: path.bytes_retransmitted + (earlier?.retransmittedBytes ?? 0),
      });
    }
    if (report.received === null) return;
    received.push({
      ...report.received,
      intervals: report.received.intervals.map((each) => rename(each, ids)),
    });
  });
  const complete = received.length === reports.length && received.length > 0;
  return { received: complete ? merge(received) : null, rttSamplesMs, paths };
}

/** Which of our paths each of the server's is. Behind a NAT the addresses differ: then by the path's number. */
function idsOf(
  theirs: readonly PathJson[],
  ours: readonly PathInfo[],
  table: PathTable,
): ReadonlyMap<number, number> {
  const ids = new Map<number, number>();
  for (const path of theirs) {
    const same = ours.find((each) => each.local.address === path.remote) ??
      ours.find((each) => each.id === path.id);
    if (same !== undefined) ids.set(path.id, table.idOf(same));
  }
  return ids;
}

function rename(interval: Interval, ids: ReadonlyMap<number, number>): Interval {
  return { ...interval, paths: interval.paths.map(({ id, bytes }) => ({ id: ids.get(id) ?? id, bytes })) };
}

/** Connections of one run start together: their intervals add up one by one. */
function merge(all: readonly Measurement[]): Measurement {
  const count = Math.max(...all.map((each) => each.intervals.length));
  const intervals: Interval[] = [];
  for (let i = 0; i < count; i++) {
    const same = all.flatMap((each) => each.intervals[i] ?? []);
    intervals.push({
      at_ms: Math.max(...same.map((each) => each.at_ms)),
      bytes: same.reduce((sum, each) => sum + each.bytes, 0),
      paths: addUp(same.flatMap((each) => each.paths)),
    });
  }
  const worst = all.reduce((a, b) => b.longest_stall_ms > a.longest_stall_ms ? b : a);
  return {
    bytes: all.reduce((sum, each) => sum + each.bytes, 0),
    duration_ms: Math.max(...all.map((each) => each.duration_ms)),
    longest_stall_ms: worst.longest_stall_ms,
    longest_stall_at_ms: worst.longest_stall_at_ms,
    intervals,
    rtt_samples_ms: all.flatMap((each) => each.rtt_samples_ms),
  };
}

function addUp(paths: readonly PathBytes[]): readonly PathBytes[] {
  const sums = new Map<number, number>();
  for (const { id, bytes } of paths) sums.set(id, (sums.get(id) ?? 0) + bytes);
  return [...sums].sort(([a], [b]) => a - b).map(([id, bytes]) => ({ id, bytes }));
}
