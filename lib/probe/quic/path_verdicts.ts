import { Endpoint } from "../../base/endpoint.ts";
import type { Verdict } from "../../base/result.ts";
import type { ProbePlan } from "../options.ts";
import type { ProbeEndpoint } from "../result.ts";
import type { MpquicCheckJson, QuicWayJson } from "./result.ts";

/** What was found about multipath QUIC to one address. Who did not ask for it is told only where it works. */
export function pathVerdicts(plan: ProbePlan, endpoint: ProbeEndpoint): readonly Verdict[] {
  const where = Endpoint.of(endpoint.address, endpoint.port).address;
  const { mpquic } = endpoint;
  const asked = plan.transportsAsked.includes("mpquic");
  switch (mpquic.status) {
    case "skipped":
      return [];
    case "no":
    case "unknown": {
      if (!asked || endpoint.quic.status !== "yes") return [];
      const no = mpquic.status === "no";
      return [{
        code: no ? "mpquic-fails" : "mpquic-unknown",
        level: no ? "fail" : "unknown",
        certainty: "proved",
        text: no
          ? `Multipath QUIC does not work to ${where}: ${mpquic.reason}.`
          : `Whether multipath QUIC works to ${where} is unknown: ${mpquic.reason}.`,
        evidence: [],
        fix: null,
      }];
    }
    case "yes":
      return works(where, mpquic);
    default:
      return mpquic.status satisfies never;
  }
}

function works(where: string, mpquic: MpquicCheckJson): readonly Verdict[] {
  const active = mpquic.paths.filter(({ state }) => state === "active").length;
  const paths = active === 1 ? "one path" : `${active} paths`;
  const further = mpquic.ways.filter(({ id }) => id !== 0);
  const evidence = [
    `the server takes path ids up to ${mpquic.max_path_id} at first`,
    ...mpquic.ways.map(wayText),
  ];
  const verdict: Verdict = {
    code: "mpquic-works",
    level: "ok",
    certainty: "proved",
    text: `Multipath QUIC works to ${where} over ${paths}.`,
    evidence,
    fix: null,
  };
  if (active > 1 || mpquic.ways_skipped !== null) return [verdict];
  const [first] = further;
  return [verdict, {
    code: "mpquic-one-path",
    level: "warn",
    certainty: "proved",
    text: first === undefined
      ? `There is no second path of multipath QUIC to ${where}: this host has one address for it.`
      : `No second path of multipath QUIC to ${where} came up: ${first.local} (${first.interface}): ${first.reason}.`,
    evidence: further.map(wayText),
    fix: null,
  }];
}

function wayText(
  { local, interface: name, remote, validated, carries_data: data, reason }: QuicWayJson,
): string {
  const way = `from ${local} (${name}) to ${remote}`;
  if (validated !== "yes") return `${way}: no path, ${reason}`;
  return `${way}: validated${data === "yes" ? ", and it carries data" : ""}`;
}
