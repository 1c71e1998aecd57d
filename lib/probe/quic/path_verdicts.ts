import { Endpoint } from "../../base/endpoint.ts";
import type { Verdict } from "../../base/result.ts";
import type { ProbePlan } from "../options.ts";
import type { ProbeEndpoint } from "../result.ts";
import type { MpquicCheckJson, QuicWayJson } from "./result.ts";

/** The drafts whose code points are tried where a server has not the final ones. */
const OLD = "drafts 13 to 18";

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
  const old = mpquic.code_points === "draft-13";
  const evidence = [
    `the server takes path ids up to ${mpquic.max_path_id} at first`,
    ...mpquic.ways.map(wayText),
    ...(mpquic.ways_skipped === null ? [] : [`no further paths were tried: ${mpquic.ways_skipped}`]),
  ];
  const verdict: Verdict = {
    code: "mpquic-works",
    level: "ok",
    certainty: "proved",
    text: `Multipath QUIC works to ${where} over ${paths}${old ? `, with the code points of ${OLD}` : ""}.`,
    evidence,
    fix: null,
  };
  const found = old ? [verdict, oldDraft(where)] : [verdict];
  if (active > 1 || mpquic.ways_skipped !== null) return found;
  const [first] = further;
  return [...found, {
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

/** Who works only in an old way is found by few. */
function oldDraft(where: string): Verdict {
  return {
    code: "mpquic-old-draft",
    level: "warn",
    certainty: "proved",
    text: `${where} has multipath QUIC by ${OLD} only: programs of today have one path to it.`,
    evidence: [
      "its transport parameters have the initial_max_path_id of those drafts (0xf739bbc1b666d0d), not the final one (0x3e)",
    ],
    fix: "a server with the final code points (draft 19 or later)",
  };
}

function wayText(
  { local, interface: name, remote, validated, carries_data: data, reason }: QuicWayJson,
): string {
  const way = `from ${local} (${name}) to ${remote}`;
  if (validated !== "yes") return `${way}: no path, ${reason}`;
  return `${way}: validated${data === "yes" ? ", and it carries data" : ""}`;
}
