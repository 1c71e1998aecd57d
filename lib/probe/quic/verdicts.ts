import { Endpoint } from "../../base/endpoint.ts";
import type { Verdict } from "../../base/result.ts";
import { formatDuration } from "../../base/units.ts";
import { Ip } from "../../base/ip.ts";
import type { ProbePlan } from "../options.ts";
import type { ProbeEndpoint } from "../result.ts";
import type { QuicCheckJson, QuicIdentityJson } from "./result.ts";

/** What was found about QUIC to one address. */
export function quicVerdicts(
  plan: ProbePlan,
  endpoint: ProbeEndpoint,
  fix: string | null,
): readonly Verdict[] {
  const where = Endpoint.of(endpoint.address, endpoint.port).address;
  const { quic } = endpoint;
  const asked = plan.transportsAsked.some((each) => each === "quic" || each === "mpquic");
  // Who did not ask for it is told, and nothing is wrong
  const level = (judged: "fail" | "unknown"): Verdict["level"] => asked ? judged : "info";
  switch (quic.status) {
    case "skipped":
      return [];
    case "no":
      return [{
        code: "quic-fails",
        level: level("fail"),
        certainty: "proved",
        text: `QUIC does not work to ${where}: ${quic.reason}.`,
        evidence: tried(quic),
        fix,
      }];
    case "unknown":
      return [{
        code: "quic-unknown",
        level: level("unknown"),
        certainty: "proved",
        text: `Whether QUIC works to ${where} is unknown: ${quic.reason}.`,
        evidence: [
          ...tried(quic),
          ...(endpoint.tcp.status === "yes" && !quic.answered
            ? ["plain TCP reaches the same address: the server has no QUIC, or UDP is blocked on the way"]
            : []),
        ],
        fix,
      }];
    case "yes":
      return [
        {
          code: "quic-works",
          level: "ok",
          certainty: "proved",
          text: `QUIC works to ${where}: version ${quic.version}, ${quic.alpn}.`,
          evidence: seen(quic),
          fix: null,
        },
        ...(quic.certificate === null ? [] : identityVerdicts(plan, where, quic.certificate)),
      ];
    default:
      return quic.status satisfies never;
  }
}

function tried({ alpn_offered: offered, retry }: QuicCheckJson): readonly string[] {
  return [
    `a client of version 1 offered ${offered.join(", ")}`,
    ...(retry ? ["the server had the address proved first (Retry)"] : []),
  ];
}

function seen({ ms, paths, cipher_suite: suite, group, retry }: QuicCheckJson): readonly string[] {
  const rtt = paths[0]?.min_rtt_ms ?? null;
  return [
    `the handshake took ${formatDuration(ms ?? 0)}, from the first packet sent until it was complete here` +
    (rtt === null ? "" : `; the shortest round trip was ${formatDuration(rtt)}`),
    `${suite}, ${group}, ${retry ? "after a Retry" : "no Retry"}`,
  ];
}

/** Trust is worth a line where somebody asked for it, or where there is none. */
function identityVerdicts(plan: ProbePlan, where: string, identity: QuicIdentityJson): readonly Verdict[] {
  const { quic } = plan;
  const asked = quic.ca !== undefined || (quic.pins ?? []).length > 0;
  const [own] = identity.chain;
  const evidence = [
    ...(own === undefined ? [] : [`it is ${own.subject}, issued by ${own.issuer}`]),
    `the hash of its key is ${identity.pin}`,
  ];
  const verdict = (
    code: string,
    level: Verdict["level"],
    text: string,
    fix: string | null = null,
  ): readonly Verdict[] => [{ code, level, certainty: "proved", text, evidence, fix }];
  const subject = `the certificate of ${where} is trusted`;
  switch (identity.trusted) {
    case "yes": {
      if (!asked) return [];
      const by = identity.trusted_by === "pin"
        ? "its key is the pinned one"
        : "the given CA stands behind it";
      return verdict("quic-certificate-trusted", "ok", `The certificate of ${where} is trusted: ${by}.`);
    }
    case "unknown":
      return verdict(
        "quic-certificate-unknown",
        "unknown",
        `Whether ${subject} is unknown: ${identity.reason}.`,
      );
    case "no":
      return verdict(
        "quic-certificate-untrusted",
        quic.insecure ? "info" : asked ? "fail" : "warn",
        `The certificate of ${where} is not trusted: ${identity.reason}.`,
        quic.insecure ? null : fixOf(identity),
      );
    default:
      return identity.trusted satisfies never;
  }
}

function fixOf({ problem, pin, server_name: name, chain }: QuicIdentityJson): string | null {
  switch (problem) {
    case "self-signed":
    case "unknown-issuer":
    case "unknown-key":
      return `--pin ${pin} if that is your server's key`;
    case "host-mismatch": {
      const other = chain[0]?.names.find((each) => !each.startsWith("*.") && Ip.tryParse(each) === null);
      return Ip.tryParse(name) !== null && other !== undefined ? `--server-name ${other}` : null;
    }
    default:
      return null;
  }
}
