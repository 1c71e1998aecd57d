import { Endpoint } from "../base/endpoint.ts";
import type { Verdict } from "../base/result.ts";
import type { ProbePlan } from "./options.ts";
import type { CheckJson, ProbeEndpoint } from "./result.ts";

/** The findings about one address, the most important first: the diagnosis of MPTCP, and plain TCP's part. */
export function endpointVerdicts(
  plan: ProbePlan,
  endpoint: ProbeEndpoint,
  diagnosis: readonly Verdict[],
): readonly Verdict[] {
  const where = Endpoint.of(endpoint.address, endpoint.port).address;
  if (!plan.transports.includes("tcp")) return diagnosis;
  if (endpoint.tcp.status === "yes" && diagnosis.length > 0) return diagnosis;
  return [...diagnosis, tcpVerdict(where, endpoint.tcp)];
}

function tcpVerdict(where: string, tcp: CheckJson): Verdict {
  const level = tcp.status === "yes" ? "ok" : tcp.status === "no" ? "fail" : "unknown";
  const evidence = [tcp.reason ?? `plain TCP connected${tcp.ms === null ? "" : ` in ${tcp.ms} ms`}`];
  const verdict = { level, certainty: "proved", evidence, fix: null } as const;
  switch (tcp.status) {
    case "yes":
      return { ...verdict, code: "tcp-works", text: `TCP works to ${where}.` };
    case "no":
      return { ...verdict, code: "tcp-fails", text: `TCP does not reach ${where}: ${tcp.reason}.` };
    default:
      return { ...verdict, code: "tcp-unknown", text: `TCP to ${where} could not be tested: ${tcp.reason}.` };
  }
}
