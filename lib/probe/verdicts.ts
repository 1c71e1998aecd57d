import { Endpoint } from "../base/endpoint.ts";
import type { Verdict } from "../base/result.ts";
import type { ProbePlan } from "./options.ts";
import type { CheckJson, ProbeEndpoint } from "./result.ts";

/** The findings in words, the most important first. */
export function probeVerdicts(plan: ProbePlan, endpoints: readonly ProbeEndpoint[]): readonly Verdict[] {
  return endpoints.flatMap((endpoint) => verdictsOf(plan, endpoint));
}

function verdictsOf(plan: ProbePlan, endpoint: ProbeEndpoint): readonly Verdict[] {
  const where = Endpoint.of(endpoint.address, endpoint.port).address;
  const verdicts: Verdict[] = [];
  if (plan.transports.includes("mptcp")) verdicts.push(mptcpVerdict(where, endpoint, plan));
  if (plan.transports.includes("tcp") && (endpoint.tcp.status !== "yes" || verdicts.length === 0)) {
    verdicts.push(tcpVerdict(where, endpoint.tcp));
  }
  return verdicts;
}

function tcpVerdict(where: string, tcp: CheckJson): Verdict {
  switch (tcp.status) {
    case "yes":
      return verdict("tcp-works", "ok", "proved", `TCP works to ${where}.`, []);
    case "no":
      return verdict("tcp-fails", "fail", "proved", `TCP does not reach ${where}: ${tcp.reason}.`, []);
    default:
      return verdict(
        "tcp-unknown",
        "unknown",
        "proved",
        `TCP to ${where} could not be tested: ${tcp.reason}.`,
        [],
      );
  }
}

function mptcpVerdict(where: string, endpoint: ProbeEndpoint, plan: ProbePlan): Verdict {
  const { mptcp, tcp } = endpoint;
  switch (mptcp.status) {
    case "yes":
      return worksVerdict(where, endpoint, plan);
    case "no": {
      if (mptcp.fallback !== null) {
        return verdict(
          "mptcp-fell-back",
          "fail",
          "proved",
          `MPTCP does not work to ${where}: ${mptcp.reason}. From this end alone it is not known whether the ` +
            "server does not speak MPTCP or something on the way removes it.",
          mptcp.fallback.evidence,
          "run mpt serve on that machine and probe its port",
        );
      }
      if (tcp.status === "yes") {
        return verdict(
          "mptcp-breaks-connectivity",
          "fail",
          "likely",
          `MPTCP does not connect to ${where} (${mptcp.reason}), though plain TCP does.`,
          [`TCP connected in ${tcp.ms} ms at the same time`],
        );
      }
      return verdict("mptcp-fails", "fail", "proved", `MPTCP does not reach ${where}: ${mptcp.reason}.`, []);
    }
    default:
      return verdict(
        "mptcp-unknown",
        "unknown",
        "proved",
        `Whether MPTCP works to ${where} is unknown: ${mptcp.reason}.`,
        mptcp.fallback?.evidence ?? [],
      );
  }
}

function worksVerdict(where: string, endpoint: ProbeEndpoint, plan: ProbePlan): Verdict {
  const { mptcp } = endpoint;
  const active = mptcp.paths.filter((path) => path.state === "active" || path.state === "stale").length;
  const paths = active === 1 ? "one path" : `${active} paths`;
  const evidence = [
    `negotiated after the connect: yes; after the first data: ${
      mptcp.negotiated_after_data === null ? "not known" : "yes"
    }`,
    ...mptcp.paths.map((path) => `path ${path.id}: ${path.local} to ${path.remote}, ${path.state}`),
  ];
  const certain = mptcp.negotiated_after_data === true ? "proved" : "likely";
  const data = mptcp.detail?.data;
  const doubt = data?.status === "yes" || data === null || data === undefined || data.kind === "none"
    ? ""
    : ` The server did not answer to data, though: ${data.text}.`;
  if (active > 1) {
    return verdict("mptcp-works", "ok", certain, `MPTCP works to ${where} over ${paths}.${doubt}`, evidence);
  }
  const waiting = mptcp.joins.filter((join) => join.state === "validating");
  const why = mptcp.joins_skipped !== null && plan.joinTimeoutMs > 0
    ? `: ${mptcp.joins_skipped}`
    : waiting.length > 0
    ? `: ${waiting.map((join) => `the join from ${join.local} to ${join.remote}`).join(", ")} got no answer`
    : plan.joinTimeoutMs > 0
    ? `: no further subflow came up in ${plan.joinTimeoutMs / 1000} s`
    : "";
  const fix = mptcp.joins_skipped !== null && plan.joinTimeoutMs > 0 ? "mpt doctor" : null;
  return verdict(
    "mptcp-works-one-path",
    plan.joinTimeoutMs > 0 ? "warn" : "ok",
    certain,
    `MPTCP works to ${where}, over ${paths}${why}.${doubt}`,
    evidence,
    fix,
  );
}

function verdict(
  code: string,
  level: Verdict["level"],
  certainty: Verdict["certainty"],
  text: string,
  evidence: readonly string[],
  fix: string | null = null,
): Verdict {
  return { code, level, certainty, text, evidence, fix };
}
