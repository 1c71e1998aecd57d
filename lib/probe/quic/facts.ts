import type { DrivenConnection } from "../../quic/driver/connection.ts";
import { checkOf, systemTrustProblem } from "../../quic/driver/trust.ts";
import type { PeerIdentity } from "../../tls/identity.ts";
import { reasonOf } from "../failure.ts";
import type { ProbePlan } from "../options.ts";
import type { CheckJson } from "../result.ts";
import { identityJson } from "./certificate.ts";
import { parametersJson } from "./parameters.ts";
import type { QuicCheckJson, QuicIdentityJson } from "./result.ts";
import { versionText } from "./version_words.ts";

/** What a check of QUIC has beyond any other check. */
export type QuicFacts = Omit<QuicCheckJson, keyof CheckJson>;

/** RFC 9000 6.2: no honest server has more. */
const MAX_VERSIONS = 32;

const NOTHING: QuicFacts = {
  answered: false,
  version: null,
  versions: null,
  alpn: null,
  alpn_offered: [],
  retry: null,
  cipher_suite: null,
  group: null,
  certificate: null,
  transport_parameters: null,
};

/** A check of QUIC that was not made. */
export function withoutQuic(check: CheckJson): QuicCheckJson {
  return { ...check, ...NOTHING };
}

/** The name that the certificate has to be for. */
export function serverNameOf({ quic, target }: Pick<ProbePlan, "quic" | "target">): string {
  return quic.serverName ?? target.host;
}

/** What is known of a connection, also of one that failed; undefined for one that never began. */
export function factsOf(made: DrivenConnection | undefined, plan: ProbePlan): QuicFacts {
  if (made === undefined) return { ...NOTHING, alpn_offered: plan.alpn };
  const { core } = made.core;
  const { suite, group, peer } = made.tls;
  const versions = made.closeReason?.versions?.slice(0, MAX_VERSIONS).map(versionText) ?? null;
  const retry = core.retrySource !== null;
  return {
    answered: core.heard || retry || versions !== null,
    version: core.heard ? versionText(core.version) : null,
    versions,
    alpn: made.alpn,
    alpn_offered: plan.alpn,
    retry: core.heard || retry ? retry : null,
    cipher_suite: suite?.name ?? null,
    group,
    certificate: peer === null ? null : judged(peer, plan),
    transport_parameters: made.peerParameters === null ? null : parametersJson(made.peerParameters),
  };
}

function judged(peer: PeerIdentity, plan: ProbePlan): QuicIdentityJson {
  const { quic } = plan;
  const name = serverNameOf(plan);
  const ofSystem = quic.ca === undefined && (quic.pins ?? []).length === 0;
  const problem = ofSystem ? systemTrustProblem() : null;
  const storeProblem = problem === null
    ? null
    : `the system's certificates cannot be read: ${reasonOf(problem)}`;
  const verdict = checkOf({ ...quic, insecure: true }, name)(peer);
  return identityJson(peer, verdict, name, quic, storeProblem);
}
