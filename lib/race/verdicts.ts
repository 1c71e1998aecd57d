import type { AddressFamily } from "../base/ip.ts";
import type { Verdict } from "../base/verdict.ts";
import { formatDuration } from "../base/units.ts";
import type { RacePlan } from "./plan.ts";
import type { RaceAttemptJson, RaceCandidateStatistics, RaceNetworkJson, RaceRound } from "./result.ts";
import { candidateKey } from "./statistics.ts";
import { hiddenTroubles, queryTroubles, remoteOf, type Trouble } from "./troubles.ts";

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

/** Hidden troubles that are told; a host with hundreds of dead addresses says the same thing again and again. */
const MAX_TROUBLES = 8;

/** Errors that are about this host. */
const HERE: ReadonlySet<string> = new Set([
  "ERR_NOT_LINUX",
  "ERR_MPTCP_UNSUPPORTED",
  "ERR_MPTCP_DISABLED",
  "ERR_FFI_PERMISSION",
  "ERR_FFI_UNAVAILABLE",
  "ERR_NET_PERMISSION",
  "ERR_PERMISSION",
  "ERR_NOT_SUPPORTED",
  "ERR_OPTION_REFUSED",
  "ERR_NO_ROUTE",
  "ERR_TOO_MANY_FILES",
]);

/** What was found, in words: who won, whether another family would have been faster, what the race hides. */
export function raceVerdicts(findings: RaceFindings): readonly Verdict[] {
  const { rounds } = findings;
  const decided = rounds.filter(({ winner }) => winner !== null);
  const [first] = rounds;
  if (first === undefined) return [];
  if (decided.length === 0) return [...lostVerdicts(findings, first), ...networkVerdicts(findings)];
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

function troubleVerdicts(decided: readonly RaceRound[]): readonly Verdict[] {
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
        fix: "--exhaustive waits for it",
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
        text: `The ${query.type} query for ${query.name} failed: ${query.reason ?? "no answer"}.`,
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
function slowAnswers({ timings }: RacePlan, decided: readonly RaceRound[]): readonly Verdict[] {
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

function fallbacks(
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

function lostVerdicts({ plan }: RaceFindings, round: RaceRound): readonly Verdict[] {
  const { host } = plan.target;
  const attempts = started(round);
  const evidence = [
    ...attempts.slice(0, MAX_TROUBLES).map((attempt) =>
      `attempt ${attempt.index + 1} to ${remoteOf(attempt)} over ${attempt.transport}: ${reasonOf(attempt)}`
    ),
    ...round.dns.map(({ type, name, status, reason }) => `${type} ${name}: ${reason ?? status}`),
  ];
  const base = { certainty: "proved", evidence, fix: null } as const;
  const queries = queryTroubles(round).length;
  if (round.end_reason === "aborted" || round.end_reason === "deadline") {
    const what = attempts.length === 0
      ? "no address was known"
      : attempts.length === 1
      ? "the one attempt had not connected"
      : `none of ${attempts.length} attempts had connected`;
    return [{ ...base, code: "race-undecided", level: "unknown", text: `When the race was ended, ${what}.` }];
  }
  if (attempts.length > 0) {
    const codes = attempts.flatMap(({ error }) => error?.code ?? []);
    return [{
      ...base,
      code: "nothing-connected",
      // What this host does not let happen says nothing of the other end
      level: codes.length > 0 && codes.every((code) => HERE.has(code)) ? "unknown" : "fail",
      text: `Nothing connected to ${host}: ${whyNot(attempts)}.`,
    }];
  }
  if (queries > 0 && queries === round.dns.length) {
    return [{
      ...base,
      code: "dns-failed",
      level: "unknown",
      text: `${host} could not be looked up: ${reasonsOf(round)}.`,
      fix: "--resolver ADDRESS asks another DNS server",
    }];
  }
  const missing = round.dns.some(({ status }) => status === "no-name");
  return [{
    ...base,
    code: "no-address",
    level: "fail",
    text: missing ? `There is no host ${host}.` : `${host} has no address of a family that was asked for.`,
  }];
}

/** The one reason, or how often each of them. */
function whyNot(attempts: readonly RaceAttemptJson[]): string {
  const reasons = [...Map.groupBy(attempts, reasonOf)].map(([reason, list]) => ({
    reason,
    times: list.length,
  }));
  const [only] = reasons;
  if (reasons.length === 1 && only !== undefined) {
    return attempts.length === 1 ? only.reason : `${only.reason} (${attempts.length} attempts)`;
  }
  const tally = reasons.toSorted((a, b) => b.times - a.times).map(({ reason, times }) =>
    `${reason} ${times}`
  );
  return `${count(attempts.length, "attempt")} failed (${tally.join(", ")})`;
}

function reasonsOf({ dns }: RaceRound): string {
  return [...new Set(dns.map(({ reason }) => reason ?? "no answer"))].join(", ");
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

function started({ attempts }: RaceRound): readonly RaceAttemptJson[] {
  return attempts.filter(({ start_ms }) => start_ms !== null);
}

function familyName(family: AddressFamily): string {
  return `IPv${family}`;
}

function over({ interface: name }: RaceAttemptJson): string {
  return name === null ? "" : ` over ${name}`;
}

/** The reason at the end of a message, which says again where to. */
export function reasonOf({ error, outcome, cancel_reason }: RaceAttemptJson): string {
  if (error !== null) return error.message.replace(/^Cannot .*?: /, "");
  return outcome === "cancelled" && cancel_reason !== null ? `given up (${cancel_reason})` : outcome;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
