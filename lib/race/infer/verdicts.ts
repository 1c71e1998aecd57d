import type { Certainty, Verdict, VerdictLevel } from "../../base/verdict.ts";
import type { InferCode } from "./codes.ts";
import type { InferFindings } from "./result.ts";

/** RFC 8305 3 and 8: how long to wait for AAAA at most. */
const RESOLUTION_DELAY_MS = 50;

/** RFC 8305 5: the bounds of the attempt delay. */
const LEAST_DELAY_MS = 100;
const MOST_DELAY_MS = 2000;

/** What the clocks of two processes on a busy machine differ by. */
const TOLERANCE_MS = 15;

/**
 * What is to be said about a client.
 *
 * @param found What it does.
 * @param rounds How often its attempt delay was measured.
 */
export function inferVerdicts(found: InferFindings, rounds: number): readonly Verdict[] {
  return [attemptDelay(found, rounds), resolutionDelay(found), order(found), failure(found), https(found)];
}

function attemptDelay({ attempt_delay_ms: delay, first_family }: InferFindings, rounds: number): Verdict {
  if (delay === null) {
    return first_family === "unknown"
      ? verdict("client-not-seen", "unknown", "possible", "the client made no attempt that could be seen")
      : verdict("no-second-attempt", "fail", "proved", "no second attempt: a broken address is waited for");
  }
  const within = delay.p50 >= LEAST_DELAY_MS - TOLERANCE_MS && delay.p50 <= MOST_DELAY_MS + TOLERANCE_MS;
  return verdict(
    "attempt-delay",
    within ? "ok" : "warn",
    "proved",
    `the next attempt starts after ${Math.round(delay.p50)} ms${
      within ? "" : `, outside of the ${LEAST_DELAY_MS} to ${MOST_DELAY_MS} ms of RFC 8305`
    }`,
    [`${delay.count} of ${rounds} runs: ${Math.round(delay.min)} to ${Math.round(delay.max)} ms`],
  );
}

function resolutionDelay({ resolution_delay_ms: delay, waits_for_a }: InferFindings): Verdict {
  const forA = waits_for_a === true ? "; with AAAA it waits for A, however late" : "";
  if (delay === "unknown") {
    return verdict(
      "resolution-delay",
      "unknown",
      "possible",
      `whether it waits for AAAA was not seen${forA}`,
    );
  }
  if (delay === null) {
    return verdict(
      "resolution-delay",
      "warn",
      "proved",
      `no resolution delay: it waits for AAAA, however late${forA}`,
    );
  }
  const within = delay <= RESOLUTION_DELAY_MS + TOLERANCE_MS && waits_for_a !== true;
  return verdict(
    "resolution-delay",
    within ? "ok" : "warn",
    "proved",
    `with A alone it starts after ${Math.round(delay)} ms${forA}`,
  );
}

function order({ first_family, family_pattern, address_order, family_order }: InferFindings): Verdict {
  if (first_family === "unknown") {
    return verdict("address-order", "unknown", "possible", "the order of addresses was not seen");
  }
  const patterns: Readonly<Record<InferFindings["family_pattern"], string>> = {
    alternating: "then the families take turns",
    "one-family-first": "then the rest of this family before the other one",
    "one-of-each": "then one address of the other family and no further ones",
    "one-family-only": "and no other family",
    mixed: "then the families in no plain order",
    unknown: "and no further attempt",
  };
  const within = address_order === "unknown" ? "" : `; within a family ${ADDRESS_ORDER[address_order]}`;
  const good = first_family === 6 && family_pattern === "alternating";
  return verdict(
    "address-order",
    good ? "ok" : "warn",
    "proved",
    `IPv${first_family} first, ${patterns[family_pattern]}${within}`,
    [`families in the order of the attempts: ${family_order.join(" ")}`],
  );
}

const ADDRESS_ORDER = {
  "as-answered": "in the order of the answer",
  sorted: "sorted by address",
  other: "in an order of its own",
} as const;

function failure({ after_failure_ms: after, keeps_earlier }: InferFindings): Verdict {
  const kept = keeps_earlier === "unknown"
    ? ""
    : keeps_earlier
    ? "; earlier attempts go on"
    : "; an earlier attempt is given up when the next one starts";
  if (after === null) {
    return verdict("after-failure", "unknown", "possible", `what follows a refusal was not seen${kept}`);
  }
  return verdict(
    "after-failure",
    keeps_earlier === false ? "warn" : "ok",
    "proved",
    `after a refusal the next attempt starts within ${Math.ceil(after)} ms${kept}`,
  );
}

function https({ asks_https, https_delay_ms: delay }: InferFindings): Verdict {
  if (asks_https === "unknown") {
    return verdict("https-records", "unknown", "possible", "no DNS query was seen");
  }
  if (!asks_https) return verdict("https-records", "info", "proved", "it does not ask for HTTPS records");
  const wait = delay === "unknown"
    ? ""
    : delay === null
    ? " and waits for them, however late"
    : ` and waits for them for ${Math.round(delay)} ms at most`;
  return verdict("https-records", "info", "proved", `it asks for HTTPS records${wait}`);
}

function verdict(
  code: InferCode,
  level: VerdictLevel,
  certainty: Certainty,
  text: string,
  evidence: readonly string[] = [],
): Verdict {
  const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
  return { code, level, certainty, text: sentence, evidence, fix: null };
}
