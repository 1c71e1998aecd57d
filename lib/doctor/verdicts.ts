import type { Verdict } from "../base/result.ts";
import { count, list } from "./check.ts";
import { opensSubflows } from "./checks/path_manager.ts";
import { isUserspaceManaged } from "./checks/sysctls.ts";
import type { DoctorCode } from "./codes.ts";
import type { Facts } from "./facts.ts";
import type { Check } from "./result.ts";

/** The checks without which there is no MPTCP at all. */
const NEEDED: ReadonlySet<string> = new Set(["mptcp-support", "enabled"]);

/** The answer in a few sentences: is this machine fit for MPTCP, for several paths, and for QUIC? */
export function doctorVerdicts(facts: Facts, checks: readonly Check[]): readonly Verdict[] {
  return [...mptcpVerdicts(facts, checks), quicVerdict(checks)];
}

/** What QUIC is made of here. It works everywhere, and not everywhere as fast. */
const QUIC: ReadonlySet<string> = new Set(["libcrypto", "datagram-sockets", "udp-offload", "udp-buffers"]);

function quicVerdict(checks: readonly Check[]): Verdict {
  const evidence = checks.filter(({ code }) => QUIC.has(code));
  const slow = evidence.filter(({ status }) => status === "warn").map(({ code }) => code);
  const text = slow.length === 0
    ? "This machine is fit for QUIC and multipath QUIC."
    : `QUIC and multipath QUIC work here, and not as fast as they could: ${list(slow)}.`;
  return verdict("quic-fit", slow.length === 0 ? "ok" : "warn", text, evidence);
}

function mptcpVerdicts(facts: Facts, checks: readonly Check[]): readonly Verdict[] {
  const needed = checks.filter((check) => NEEDED.has(check.code));
  const broken = needed.find((check) => check.status === "fail");
  if (broken !== undefined) {
    return [
      verdict("mptcp-not-fit", "fail", `This machine is not fit for MPTCP: ${inner(broken.text)}`, [broken]),
    ];
  }
  const support = needed.find((check) => check.code === "mptcp-support");
  if (support === undefined || support.status === "unknown") {
    return [
      verdict(
        "mptcp-fit-unknown",
        "unknown",
        `Whether this machine is fit for MPTCP is unknown: ${
          facts.mptcpSocket.known ? "it was not tried" : facts.mptcpSocket.reason
        }.`,
        needed,
      ),
    ];
  }
  return [
    verdict("mptcp-fit", "ok", "This machine is fit for MPTCP.", needed),
    multipathVerdict(facts, checks),
  ];
}

function multipathVerdict(facts: Facts, checks: readonly Check[]): Verdict {
  const broken = checks.filter((check) => check.status === "fail");
  if (broken.length > 0) {
    return verdict(
      "multipath-broken",
      "fail",
      `Its settings for several paths are wrong: ${count(broken.length, "failure")} below.`,
      broken,
    );
  }
  const { pathManager } = facts;
  if (!pathManager.known) {
    return verdict(
      "multipath-unknown",
      "unknown",
      `Over how many paths is unknown: ${pathManager.reason}.`,
      checks.filter((check) => check.code === "path-manager"),
    );
  }
  if (isUserspaceManaged(facts)) {
    return verdict("multipath-by-program", "info", "A program decides about further paths.", []);
  }
  const { limits, endpoints } = pathManager.value;
  const evidence = checks.filter((check) => /^(limit|endpoint|addresses|source-route)/.test(check.code));
  const ways = limits.subflows === 0 ? [] : [
    ...(endpoints.some(opensSubflows) ? ["opens further paths itself"] : []),
    ...(limits.addAddrAccepted > 0 ? ["uses addresses that a server announces"] : []),
    ...(endpoints.some((endpoint) => endpoint.signal) ? ["announces addresses to clients"] : []),
  ];
  if (ways.length === 0) {
    return verdict(
      "multipath-not-set-up",
      "warn",
      limits.subflows === 0
        ? "By its settings no connection gets a second path, whoever opens it."
        : `By its settings no connection from here gets a second path; clients may open up to ${limits.subflows} ` +
          "further ones to it.",
      evidence,
    );
  }
  const limiting = evidence.filter((check) => check.status === "warn");
  return verdict(
    "multipath-set-up",
    limiting.length === 0 ? "ok" : "warn",
    `It ${list(ways)}; a connection may have up to ${count(limits.subflows, "further path")}${
      limiting.length === 0 ? "." : `, with ${count(limiting.length, "limitation")} below.`
    }`,
    evidence,
  );
}

function verdict(
  code: DoctorCode,
  level: Verdict["level"],
  text: string,
  because: readonly Check[],
): Verdict {
  return { code, level, certainty: "proved", text, evidence: because.map((check) => check.text), fix: null };
}

/** A sentence inside another: with a small letter, unless it begins with a name. */
function inner(text: string): string {
  return /^[A-Z][a-z]* /.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
