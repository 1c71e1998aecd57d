import type { AddressFamily } from "../base/ip.ts";
import type { Verdict } from "../base/verdict.ts";
import { formatDuration } from "../base/units.ts";
import type { RacePlan } from "./plan.ts";
import type { RaceAttemptJson, RaceCandidateStatistics, RaceNetworkJson, RaceRound } from "./result.ts";
import { candidateKey } from "./statistics.ts";
import { lostVerdicts } from "./lost_verdicts.ts";
import { fallbacks, slowAnswers, troubleVerdicts } from "./trouble_verdicts.ts";
import { remoteOf } from "./troubles.ts";
import { familyName, started } from "./words.ts";

/** What the verdicts are made from. */
export interface RaceFindings {
  readonly plan: RacePlan;
  readonly network: RaceNetworkJson;
  readonly isLocal: boolean;
  readonly rounds: readonly RaceRound[];
  readonly candidates: readonly RaceCandidateStatistics[];
}

/** Two handshakes that differ by less than this, or by a tenth, are equally fast, in milliseconds. */
const SAME_MS = 1;
const SAME_SHARE = 0.1;

/** What was found, in words: who won, whether another family would have been faster, what the race hides. */
export function raceVerdicts(findings: RaceFindings): readonly Verdict[] {
  const { rounds } = findings;
  const decided = rounds.filter(({ winner }) => winner !== null);
  const [first] = rounds;
  if (first === undefined) return [];
  if (decided.length === 0) {
    return [...lostVerdicts(findings.plan.target.host, first), ...networkVerdicts(findings)];
  }
  return [
    wonVerdict(findings, decided),
    ...comparison(findings, decided),
    ...troubleVerdicts(decided),
    ...slowAnswers(findings.plan, decided),
    ...fallbacks(findings.candidates, decided),
    ...networkVerdicts(findings),
  ];
}

function wonVerdict({ rounds, plan }: RaceFindings, decided: readonly RaceRound[]): Verdict {
  const winners = decided.map(winnerOf);
  const [first] = winners;
  const what = (attempt: RaceAttemptJson): string =>
    `${familyName(attempt.family)} over ${attempt.transport}`;
  const evidence = decided.slice(0, 3).map((round) => {
    const winner = winnerOf(round);
    const others = started(round).length - 1;
    return `attempt ${winner.index + 1} to ${remoteOf(winner)}${over(winner)} connected in ${
      formatDuration(winner.connect_ms ?? 0)
    }, ${formatDuration(round.connect_ms ?? 0)} after the start, beside ${others} other ${
      others === 1 ? "attempt" : "attempts"
    }`;
  });
  const base = { code: "race-won", certainty: "proved", evidence, fix: null } as const;
  if (rounds.length === 1) {
    const after = formatDuration(decided[0]!.connect_ms ?? 0);
    return { ...base, level: "ok", text: `${what(first!)} won after ${after}.` };
  }
  const tally = [...Map.groupBy(winners, what)].toSorted((a, b) => b[1].length - a[1].length);
  const [[name, wins]] = tally as [[string, RaceAttemptJson[]]];
  const median = middle(decided.map(({ connect_ms }) => connect_ms ?? 0));
  const rest = tally.slice(1).map(([other, list]) => `${other} ${list.length}`);
  const failed = rounds.length - decided.length;
  return {
    ...base,
    level: failed === 0 ? "ok" : "warn",
    text: `${name} won ${wins.length} of ${rounds.length} rounds${
      rest.length === 0 ? "" : ` (${rest.join(", ")})`
    }, a connection came after ${formatDuration(median)} (median)${
      failed === 0 ? "" : `; ${failed} ${failed === 1 ? "round" : "rounds"} of ${plan.target.host} had none`
    }.`,
  };
}

/** Whether the other family would have been faster, where it was seen to connect. */
function comparison(
  { candidates }: RaceFindings,
  decided: readonly RaceRound[],
): readonly Verdict[] {
  const winner = winnerOf(decided[0]!);
  const best = (family: AddressFamily): RaceCandidateStatistics | undefined =>
    candidates.filter((each) =>
      each.family === family && each.transport === winner.transport && each.connect_ms !== null
    ).toSorted((a, b) => a.connect_ms!.p50 - b.connect_ms!.p50)[0];
  const other = best(winner.family === 4 ? 6 : 4);
  const mine = candidates.find((each) => candidateKey(each) === candidateKey(winner));
  if (other === undefined || !mine || mine.connect_ms === null) return [];
  const difference = other.connect_ms!.p50 - mine.connect_ms.p50;
  const name = familyName(other.family);
  const same = Math.abs(difference) <= Math.max(SAME_MS, SAME_SHARE * mine.connect_ms.p50);
  const by = formatDuration(Math.abs(difference));
  return [{
    code: same ? "families-equal" : difference < 0 ? "other-family-faster" : "other-family-slower",
    level: "info",
    certainty: mine.connect_ms.count < 3 || other.connect_ms!.count < 3 ? "likely" : "proved",
    text: same
      ? `${name} would have been as fast.`
      : `${name} would have been ${by} ${difference < 0 ? "faster" : "slower"}.`,
    evidence: [mine, other].map((each) =>
      `${remoteOf(each)} over ${each.transport}: handshake ${formatDuration(each.connect_ms!.p50)}${
        each.connect_ms!.count > 1 ? ` (median of ${each.connect_ms!.count})` : ""
      }`
    ),
    fix: null,
  }];
}

function networkVerdicts({ network, isLocal, plan, rounds }: RaceFindings): readonly Verdict[] {
  if (isLocal || !network.known || plan.families !== "auto") return [];
  const base = { certainty: "proved", evidence: [], fix: null } as const;
  if (!network.ipv4 && !network.ipv6) {
    const won = rounds.some(({ winner }) => winner !== null);
    const text = "This host has no network: no interface has an address and a route beyond its link.";
    return [{ ...base, code: "no-network", level: won ? "info" : "unknown", text, fix: "mpt doctor" }];
  }
  if (network.ipv4 && network.ipv6) return [];
  const missing = network.ipv4 ? 6 : 4;
  return [{
    ...base,
    code: `no-ipv${missing}`,
    level: "info",
    text: `This host has no ${familyName(missing)}: those addresses were not asked for.`,
    fix: "--family both asks for them all the same",
  }];
}

function winnerOf({ attempts, winner }: RaceRound): RaceAttemptJson {
  return attempts[winner ?? 0]!;
}

function over({ interface: name }: RaceAttemptJson): string {
  return name === null ? "" : ` over ${name}`;
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
