import type { DrivenConnection } from "../../quic/driver/connection.ts";
import { checkOf, systemTrustProblem } from "../../quic/driver/trust.ts";
import type { PeerIdentity } from "../../tls/identity.ts";
import { reasonOf } from "../failure.ts";
import type { ProbePlan } from "../options.ts";
import { identityJson } from "./certificate.ts";
import { parametersJson } from "./parameters.ts";
import { NO_FACTS, type QuicFacts } from "./outcome.ts";
import type { QuicIdentityJson } from "./result.ts";
import { versionText } from "./version_words.ts";

/** RFC 9000 6.2: no honest server has more. */
const MAX_VERSIONS = 32;

/** The name that the certificate has to be for. */
export function serverNameOf({ quic, target }: Pick<ProbePlan, "quic" | "target">): string {
  return quic.serverName ?? target.host;
}

/** What is known of a connection, also of one that failed; undefined for one that never began. */
export function factsOf(made: DrivenConnection | undefined, plan: ProbePlan): QuicFacts {
  if (made === undefined) return { ...NO_FACTS, alpn_offered: plan.alpn };
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
