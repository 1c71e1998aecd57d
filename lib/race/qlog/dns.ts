import type { RaceQueryJson, RaceServiceJson, RaceTimelineEvent } from "../result.ts";

type Answer = Extract<RaceTimelineEvent, { readonly event: "answer" }>;

/** The data of `dns_query_finished`. */
export function finishedQuery(
  answer: Answer,
  query: RaceQueryJson,
  all: readonly RaceQueryJson[],
): Readonly<Record<string, unknown>> {
  const ttl = query.ttl_seconds === null ? {} : { ttl_s: query.ttl_seconds };
  const isService = query.type === "HTTPS" || query.type === "SVCB";
  const firstOfType = all.find(({ type }) => type === query.type);
  return {
    dns_id: `${answer.query}`,
    hostname: answer.name,
    results: [
      ...answer.answers.map((address) => ({
        type: "address",
        address,
        family: address.includes(":") ? "ipv6" : "ipv4",
        ...ttl,
      })),
      ...answer.services.map((service) => ({ ...serviceResult(service), ...ttl })),
    ],
    answer_type: answer.status === "positive"
      ? "positive"
      : answer.status === "failed"
      ? "error"
      : "negative",
    ...(answer.reason === null ? {} : { error_message: answer.reason }),
    duration_ms: Math.max(0, Math.round(answer.at_ms - query.start_ms)),
    ...(isService && firstOfType !== undefined && firstOfType.index < query.index
      ? { is_alias_follow: true }
      : {}),
  };
}

function serviceResult(service: RaceServiceJson): Readonly<Record<string, unknown>> {
  const { priority, target, alpn, hints } = service;
  const ipv4 = hints.filter((hint) => !hint.includes(":"));
  const ipv6 = hints.filter((hint) => hint.includes(":"));
  return {
    type: "service",
    mode: priority === 0 ? "alias" : "servicemode",
    target_name: target,
    priority,
    ...(alpn.length === 0 ? {} : { alpn }),
    ...(ipv4.length === 0 ? {} : { ipv4hint: ipv4 }),
    ...(ipv6.length === 0 ? {} : { ipv6hint: ipv6 }),
  };
}
