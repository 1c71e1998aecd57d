import { formatDuration } from "../base/units.ts";
import type { Verdict } from "../base/verdict.ts";
import type { RacePlan } from "./plan.ts";
import type { RaceCandidateStatistics, RaceRound } from "./result.ts";
import { candidateKey } from "./statistics.ts";
import { hiddenTroubles, remoteOf, type Trouble } from "./troubles.ts";
import { familyName, queryReason, reasonOf } from "./words.ts";

/** Hidden troubles that are told; a host with hundreds of dead addresses says the same thing again and again. */
const MAX_TROUBLES = 8;

/** What went wrong beside a success, each thing once. */
export function troubleVerdicts(decided: readonly RaceRound[]): readonly Verdict[] {
  const seen = new Map<string, { readonly trouble: Trouble; readonly round: RaceRound; count: number }>();
  for (const round of decided) {
    for (const trouble of hiddenTroubles(round)) {
      const key = trouble.kind === "query"
        ? `query ${trouble.query.type} ${trouble.query.name}`
        : `${trouble.kind} ${candidateKey(trouble.attempt)}`;
      const known = seen.get(key);
      if (known === undefined) seen.set(key, { trouble, round, count: 1 });
      else known.count++;
    }
  }
  const all = [...seen.values()];
  const verdicts = all.slice(0, MAX_TROUBLES).map(({ trouble, count }) => {
    const often = decided.length === 1 ? [] : [`in ${count} of ${decided.length} rounds`];
    return troubleVerdict(trouble, often);
  });
  if (all.length <= MAX_TROUBLES) return verdicts;
  return [...verdicts, {
    code: "hidden-failures",
    level: "warn",
    certainty: "proved",
    text: `${all.length - MAX_TROUBLES} more attempts and queries failed and are hidden by the race.`,
    evidence: [],
    fix: null,
  }];
}

function troubleVerdict(trouble: Trouble, often: readonly string[]): Verdict {
  switch (trouble.kind) {
    case "failed": {
      const { attempt } = trouble;
      return {
        code: "hidden-failure",
        level: "warn",
        certainty: "proved",
        text: `${familyName(attempt.family)} attempt ${attempt.index + 1} (${
          remoteOf(attempt)
        } over ${attempt.transport}) is broken and hidden by the race: ${reasonOf(attempt)}.`,
        evidence: often,
        fix: null,
      };
    }
    case "unanswered": {
      const { attempt, waitedMs } = trouble;
      return {
        code: "hidden-silence",
        level: "warn",
        certainty: "possible",
        text: `${familyName(attempt.family)} attempt ${attempt.index + 1} (${
          remoteOf(attempt)
        } over ${attempt.transport}) had no answer for ${
          formatDuration(waitedMs)
        }: it is slow or broken, and hidden by the race.`,
        evidence: often,
        fix: attempt.cancel_reason === "lost" ? "--exhaustive waits for it" : null,
      };
    }
    case "mptcp": {
      const { attempt, tcp } = trouble;
      return {
        code: "mptcp-unanswered",
        level: "warn",
        certainty: "likely",
        text: `MPTCP to ${remoteOf(attempt)} had no answer where TCP had one in ${
          formatDuration(tcp.connect_ms ?? 0)
        }: something on the way seems to drop SYNs with the option.`,
        evidence: often,
        fix: `mpt probe mptcp@${remoteOf(attempt)}`,
      };
    }
    case "query": {
      const { query } = trouble;
      return {
        code: "dns-query-failed",
        level: "warn",
        certainty: "proved",
        text: `The ${query.type} query for ${query.name} failed: ${queryReason(query)}.`,
        evidence: [
          ...query.tries.map(({ server, transport, outcome }) => `${server} over ${transport}: ${outcome}`),
          ...often,
        ],
        fix: null,
      };
    }
    default:
      return trouble satisfies never;
  }
}

/** Answers that came so late that the race did not wait for them, or not at all. */
export function slowAnswers({ timings }: RacePlan, decided: readonly RaceRound[]): readonly Verdict[] {
  const [{ dns, timeline }] = decided as [RaceRound];
  const firstAttempt = timeline.find(({ event }) => event === "attempt")?.at_ms ?? Infinity;
  return dns.filter(({ status, end_ms }) => status !== "failed" && end_ms > firstAttempt).map((query) => ({
    code: "dns-slow",
    level: "warn",
    certainty: "proved",
    text: query.status === "cancelled"
      ? `The ${query.type} answer for ${query.name} had not come when the race was over.`
      : `The ${query.type} answer for ${query.name} came ${
        formatDuration(query.end_ms - firstAttempt)
      } after the first attempt.`,
    evidence: [`the Resolution Delay is ${timings.resolutionDelayMs} ms`],
    fix: null,
  }));
}

/** MPTCP that nobody took part in. */
export function fallbacks(
  candidates: readonly RaceCandidateStatistics[],
  decided: readonly RaceRound[],
): readonly Verdict[] {
  return candidates.filter(({ transport }) => transport === "mptcp").flatMap((candidate) => {
    const connected = decided.flatMap(({ attempts }) => attempts).filter((attempt) =>
      candidateKey(attempt) === candidateKey(candidate) && attempt.connect_ms !== null
    );
    if (connected.length === 0 || connected.some((each) => each.transport_in_force === "mptcp")) return [];
    return [{
      code: "mptcp-fell-back",
      level: "info",
      certainty: "proved",
      text: `MPTCP to ${
        remoteOf(candidate)
      } is plain TCP: the other end, or something on the way, does not take part.`,
      evidence: [],
      fix: `mpt probe mptcp@${remoteOf(candidate)}`,
    }];
  });
}
