import { formatCount } from "../base/units.ts";
import type { Verdict } from "../base/verdict.ts";
import type { RaceAttemptJson, RaceRound } from "./result.ts";
import { queryTroubles, remoteOf } from "./troubles.ts";
import { queryReason, reasonOf, started } from "./words.ts";

/** Attempts that are told as evidence; a host with hundreds of dead addresses says the same thing again. */
const MAX_ATTEMPTS = 8;

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

/** Why there is no winner. */
export function lostVerdicts(host: string, round: RaceRound): readonly Verdict[] {
  const attempts = started(round);
  const evidence = [
    ...attempts.slice(0, MAX_ATTEMPTS).map((attempt) =>
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
  return `${formatCount(attempts.length, "attempt")} failed (${tally.join(", ")})`;
}

function reasonsOf({ dns }: RaceRound): string {
  return [...new Set(dns.map(queryReason))].join(", ");
}
