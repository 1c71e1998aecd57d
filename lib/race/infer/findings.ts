import { summarize } from "../../base/statistics.ts";
import type { InferFindings, ScenarioRun, SeenAttempt } from "./result.ts";
import { addressesOf, LATE_MS, type ScenarioName, SCENARIOS } from "./scenario.ts";

/** The kernel sends a SYN again after a second: whoever was given up by then sends none. */
const SYN_TIMEOUT_MS = 1000;

/**
 * What a client does, as far as it was seen.
 *
 * @param runs The client in each scenario, some of them several times.
 */
export function findings(runs: readonly ScenarioRun[]): InferFindings {
  const of = (name: ScenarioName): readonly ScenarioRun[] => runs.filter(({ scenario }) => scenario === name);
  const [order] = of("order");
  const attempts = order === undefined ? [] : inTurn(order.attempts);
  const gaps = gapsOf(attempts);
  // The gap between the two families is what the user of a broken one waits for
  const delays = of("fallback").flatMap(({ attempts }) => gapsOf(inTurn(attempts)).slice(0, 1));
  const first = attempts[0] ?? of("fallback")[0]?.attempts[0];
  const asked = runs.some(({ queries }) => queries.length > 0);
  return {
    attempt_delay_ms: summarize(delays.length > 0 ? delays : gaps.slice(0, 1)),
    attempt_gaps_ms: gaps,
    resolution_delay_ms: waitFor(of("late-aaaa")[0], "A", "AAAA"),
    waits_for_a: asWait(waitFor(of("late-a")[0], "AAAA", "A")),
    query_order: queryOrder(runs[0]),
    asks_https: asked ? runs.some(({ queries }) => queries.some(({ type }) => type === "HTTPS")) : "unknown",
    https_delay_ms: waitFor(of("late-https")[0], "A", "HTTPS"),
    first_family: first?.family ?? "unknown",
    family_order: attempts.map(({ family }) => family),
    family_pattern: familyPattern(attempts),
    address_order: addressOrder(attempts),
    after_failure_ms: afterFailure(of("refused")[0]),
    keeps_earlier: keepsEarlier(attempts, gaps),
    transports: [...new Set(runs.flatMap((run) => run.attempts.map(({ transport }) => transport)))],
  };
}

/** The first attempt to each address, up to and with the first that was accepted. */
function inTurn(attempts: readonly SeenAttempt[]): readonly SeenAttempt[] {
  const seen = new Set<string>();
  const list: SeenAttempt[] = [];
  for (const attempt of attempts) {
    if (seen.has(attempt.address)) continue;
    seen.add(attempt.address);
    list.push(attempt);
    if (attempt.outcome === "accepted") break;
  }
  return list;
}

function gapsOf(attempts: readonly SeenAttempt[]): readonly number[] {
  return attempts.slice(1).map(({ at_ms }, index) => rounded(at_ms - (attempts[index]?.at_ms ?? 0)));
}

/** From the answer that it has to the first attempt; null when that came with the answer that was late. */
function waitFor(run: ScenarioRun | undefined, has: string, late: string): number | "unknown" | null {
  const [first] = run?.attempts ?? [];
  const answered = (type: string): number | null =>
    run?.queries.find((query) => query.type === type)?.answered_ms ?? null;
  const since = answered(has);
  if (first === undefined || since === null) return "unknown";
  const asked = run?.queries.find(({ type }) => type === late);
  if (asked === undefined) return "unknown";
  const until = answered(late) ?? asked.at_ms + LATE_MS;
  // Nobody gives up waiting just when the answer comes
  return first.at_ms >= until - 1 ? null : rounded(first.at_ms - since);
}

function asWait(wait: number | "unknown" | null): boolean | "unknown" {
  return wait === "unknown" ? wait : wait === null;
}

function queryOrder(run: ScenarioRun | undefined): readonly string[] {
  return [...new Set(run?.queries.map(({ type }) => type) ?? [])];
}

function familyPattern(attempts: readonly SeenAttempt[]): InferFindings["family_pattern"] {
  const families = attempts.map(({ family }) => family);
  const changes = families.slice(1).filter((family, index) => family !== families[index]).length;
  if (families.length < 2) return "unknown";
  if (changes === 0) return "one-family-only";
  if (families.length === 2) return "one-of-each";
  if (changes === families.length - 1) return "alternating";
  return changes === 1 ? "one-family-first" : "mixed";
}

function addressOrder(attempts: readonly SeenAttempt[]): InferFindings["address_order"] {
  const scenario = SCENARIOS.find(({ name }) => name === "order");
  let answer: InferFindings["address_order"] = "unknown";
  for (const family of [6, 4] as const) {
    const tried = attempts.filter((each) => each.family === family).map(({ address }) => address);
    if (scenario === undefined || tried.length < 2) continue;
    const told = addressesOf(family === 6 ? scenario.aaaa : scenario.a, family).slice(0, tried.length);
    const same = (expected: readonly string[]): boolean => expected.every((each, at) => each === tried[at]);
    const found = same(told) ? "as-answered" : same(tried.toSorted()) ? "sorted" : "other";
    if (answer !== "unknown" && answer !== found) return "other";
    answer = found;
  }
  return answer;
}

function afterFailure(run: ScenarioRun | undefined): number | null {
  const [failed, next] = inTurn(run?.attempts ?? []);
  if (failed?.outcome !== "refused" || next === undefined || failed.answered_ms === null) return null;
  return rounded(Math.max(0, next.at_ms - failed.answered_ms));
}

/** An attempt that goes on is sent again by the kernel. */
function keepsEarlier(attempts: readonly SeenAttempt[], gaps: readonly number[]): boolean | "unknown" {
  const [first] = attempts;
  const [gap] = gaps;
  if (first === undefined || gap === undefined || first.transport !== "tcp") return "unknown";
  return gap >= SYN_TIMEOUT_MS ? "unknown" : first.retransmissions > 0;
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
