import { Endpoint } from "../base/endpoint.ts";
import type { Certainty } from "../base/result.ts";
import { formatBytes, formatDuration, formatPercent, formatRate } from "../base/units.ts";
import type { BenchPathJson, BenchRun } from "./result.ts";

/** Multipath slower than the best single path by more than this is a penalty, not noise. */
export const PENALTY = 0.97;

/** What is known of one path: alone, and in the multipath run. */
export interface JudgedPath {
  /** The path as the multipath run had it. */
  readonly path: BenchPathJson;
  /** TCP over this path alone, in bits per second; null when that was not measured. */
  readonly aloneBps: number | null;
  /** Its round-trip time without queues, as far as it is known, in milliseconds. */
  readonly rttMs: number | null;
}

/** The path that most likely holds multipath back. */
export interface Culprit {
  readonly path: BenchPathJson;
  /** The best path, which is to go on as it is. */
  readonly best: BenchPathJson;
  readonly certainty: Certainty;
  /** What each path does, a line each. */
  readonly evidence: readonly string[];
}

/** So many times the round-trip time of the best path make a path late, whatever its rate. */
const LATE = 2;

/** Another path that is this much as bad leaves open which of them it is. */
const AS_BAD = 0.5;

/** What each path of a multipath run does alone. */
export function judgePaths(runs: readonly BenchRun[], multipath: BenchRun): readonly JudgedPath[] {
  const singles = runs.filter((run) =>
    run.transport === "tcp" && run.direction === multipath.direction && run.error === null
  );
  return multipath.paths.map((path) => {
    const local = Endpoint.parse(path.local).host;
    const alone = singles.find((run) => run.path?.local === local && run.path.remote === path.remote);
    const samples = [path.min_rtt_ms, alone?.rtt_ms?.min ?? null, alone?.paths[0]?.min_rtt_ms ?? null]
      .filter((each) => each !== null);
    return {
      path,
      aloneBps: alone?.goodput_bps ?? null,
      rttMs: samples.length === 0 ? null : Math.min(...samples),
    };
  });
}

/**
 * Which path holds multipath back: data that a slow and late path carries keeps everything after it waiting.
 *
 * @returns Null where there is no such path, or none that can be compared with the best.
 */
export function findCulprit(judged: readonly JudgedPath[]): Culprit | null {
  const rated = judged.flatMap((each) =>
    each.aloneBps === null || each.aloneBps <= 0 ? [] : [{ ...each, aloneBps: each.aloneBps }]
  );
  const best = rated.reduce<typeof rated[number] | null>(
    (found, each) => found === null || each.aloneBps > found.aloneBps ? each : found,
    null,
  );
  if (best === null) return null;
  // A backup carries nothing to wait for.
  const others = rated.filter((each) => each !== best && each.path.status === "available");
  const harm = ({ aloneBps, rttMs }: typeof best): number =>
    best.aloneBps / aloneBps * (rttMs === null || best.rttMs === null ? 1 : rttMs / best.rttMs);
  const [worst, next] = others.toSorted((a, b) => harm(b) - harm(a));
  if (worst === undefined) return null;
  const isLate = worst.rttMs !== null && best.rttMs !== null && worst.rttMs >= LATE * best.rttMs;
  const isAlone = next === undefined || harm(next) < AS_BAD * harm(worst);
  return {
    path: worst.path,
    best: best.path,
    certainty: isLate && isAlone ? "likely" : "possible",
    evidence: judged.map(pathLine),
  };
}

function pathLine({ path, aloneBps, rttMs }: JudgedPath): string {
  const facts = [
    aloneBps === null ? "not measured alone" : `${formatRate(aloneBps)} alone`,
    ...(rttMs === null ? [] : [`RTT ${formatDuration(rttMs)}`]),
    ...(path.sender_rtt_ms === null ? [] : [`${formatDuration(path.sender_rtt_ms)} under load`]),
    ...(path.share === null ? [] : [`${formatPercent(path.share)} of the bytes`]),
    ...(path.sender_retransmitted_bytes === null
      ? []
      : [`${formatBytes(path.sender_retransmitted_bytes)} retransmitted`]),
    ...(path.status === "backup" ? ["a backup"] : []),
  ];
  return `${pathWords(path)}: ${facts.join(", ")}`;
}

/** A path in words. */
export function pathWords(
  { local, remote, interface: name }: Pick<BenchPathJson, "local" | "remote" | "interface">,
): string {
  return `the path from ${Endpoint.parse(local).host} to ${remote}${name === null ? "" : ` (${name})`}`;
}
