import { Endpoint } from "../base/endpoint.ts";
import type { RaceAttemptJson, RaceQueryJson, RaceRound } from "./result.ts";

/** Something that went wrong and that whoever won does not see. */
export type Trouble =
  /** An attempt that failed although another one connected. */
  | { readonly kind: "failed"; readonly attempt: RaceAttemptJson }
  /** An attempt without an answer for so long that the race went on without it. */
  | { readonly kind: "unanswered"; readonly attempt: RaceAttemptJson; readonly waitedMs: number }
  /** As `failed` or `unanswered`, for MPTCP where TCP connected to the same address. */
  | { readonly kind: "mptcp"; readonly attempt: RaceAttemptJson; readonly tcp: RaceAttemptJson }
  /** A query that failed. */
  | { readonly kind: "query"; readonly query: RaceQueryJson };

/** What an attempt that was overtaken has to have waited for before that means anything, in milliseconds. */
const PATIENCE_MS = 50;

/**
 * What a race hides: troubles beside a success.
 *
 * @param round A round; without a winner it hides nothing.
 */
export function hiddenTroubles(round: RaceRound): readonly Trouble[] {
  if (round.winner === null) return [];
  return [...attemptTroubles(round), ...queryTroubles(round)];
}

/** The queries that failed. */
export function queryTroubles(round: RaceRound): readonly Trouble[] {
  return round.dns.filter(({ status }) => status === "failed").map((query) => ({ kind: "query", query }));
}

function attemptTroubles({ attempts }: RaceRound): readonly Trouble[] {
  return attempts.flatMap((attempt): readonly Trouble[] => {
    const waitedMs = waited(attempt, attempts);
    if (attempt.outcome !== "failed" && waitedMs === null) return [];
    const tcp = attempt.transport === "mptcp" ? controlOf(attempt, attempts) : undefined;
    const silent = attempt.outcome !== "failed" || attempt.error?.code === "ERR_TIMED_OUT";
    if (tcp !== undefined && silent) return [{ kind: "mptcp", attempt, tcp }];
    if (attempt.outcome === "failed") return [{ kind: "failed", attempt }];
    return waitedMs === null ? [] : [{ kind: "unanswered", attempt, waitedMs }];
  });
}

/** How long an attempt had no answer while others were started because of it; null where that says nothing. */
function waited(attempt: RaceAttemptJson, attempts: readonly RaceAttemptJson[]): number | null {
  const { outcome, start_ms, end_ms, index } = attempt;
  if (outcome !== "cancelled" || start_ms === null || end_ms === null) return null;
  const waitedMs = end_ms - start_ms;
  const overtaken = attempts.some((other) => other.index > index && other.connect_ms !== null);
  return overtaken && waitedMs >= PATIENCE_MS ? waitedMs : null;
}

/** Plain TCP to the same address that connected. */
function controlOf(
  { connect_to, port, interface: name }: RaceAttemptJson,
  attempts: readonly RaceAttemptJson[],
): RaceAttemptJson | undefined {
  return attempts.find((other) =>
    other.transport === "tcp" && other.connect_to === connect_to && other.port === port &&
    other.interface === name && other.connect_ms !== null
  );
}

/** The address and the port that an attempt goes to. */
export function remoteOf({ connect_to, port }: Pick<RaceAttemptJson, "connect_to" | "port">): string {
  return Endpoint.of(connect_to, port).address;
}
