import { summarize, type Summary } from "../base/statistics.ts";
import type { RaceAttemptJson, RaceCandidateStatistics, RaceRound } from "./result.ts";

/** What makes two attempts of different rounds the same candidate. */
export function candidateKey(
  { transport, connect_to, port, interface: name }: Pick<
    RaceAttemptJson,
    "transport" | "connect_to" | "port" | "interface"
  >,
): string {
  return `${transport} ${connect_to} ${port} ${name ?? ""}`;
}

/**
 * Each candidate over all rounds, in the order in which they were first seen.
 *
 * @param rounds The rounds.
 */
export function candidateStatistics(rounds: readonly RaceRound[]): readonly RaceCandidateStatistics[] {
  const byKey = new Map<string, RaceAttemptJson[]>();
  for (const attempt of rounds.flatMap(({ attempts }) => attempts)) {
    const key = candidateKey(attempt);
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [attempt]);
    else known.push(attempt);
  }
  return [...byKey.values()].map(statisticsOf);
}

/** Time to the first connection over all rounds that had one. */
export function roundsConnectMs(rounds: readonly RaceRound[]): Summary | null {
  return rounded(summarize(rounds.flatMap(({ connect_ms }) => connect_ms ?? [])));
}

function statisticsOf(attempts: readonly RaceAttemptJson[]): RaceCandidateStatistics {
  const [first] = attempts;
  const { address, connect_to, family, port, transport, interface: name, service } = first!;
  const count = (outcome: RaceAttemptJson["outcome"]): number =>
    attempts.filter((attempt) => attempt.outcome === outcome).length;
  const errors: Record<string, number> = {};
  for (const { error } of attempts) if (error !== null) errors[error.code] = (errors[error.code] ?? 0) + 1;
  return {
    address,
    connect_to,
    family,
    port,
    transport,
    interface: name,
    service,
    started: attempts.length - count("not-started"),
    won: count("won"),
    lost: count("lost"),
    failed: count("failed"),
    cancelled: count("cancelled"),
    not_started: count("not-started"),
    connect_ms: rounded(summarize(attempts.flatMap(({ connect_ms }) => connect_ms ?? []))),
    errors,
  };
}

/** Microseconds are what the clocks give. */
function rounded(summary: Summary | null): Summary | null {
  if (summary === null) return null;
  const round = (ms: number): number => Math.round(ms * 1000) / 1000;
  const { count, min, max, mean, p50, p95, p99, stddev } = summary;
  return {
    count,
    min: round(min),
    max: round(max),
    mean: round(mean),
    p50: round(p50),
    p95: round(p95),
    p99: round(p99),
    stddev: round(stddev),
  };
}
