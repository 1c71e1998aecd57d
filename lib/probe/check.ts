import type { Ip } from "../base/ip.ts";
import { pathToJson } from "../base/path_json.ts";
import type { Verdict } from "../base/result.ts";
import { diagnose, type Evidence, noEvidence } from "../mptcp/diagnosis/mod.ts";
import { mptcpProblem } from "../mptcp/state.ts";
import { Endpoint } from "../base/endpoint.ts";
import { askSynMirror, type SynMirrorAsk } from "./ask_syn_mirror.ts";
import { type Attempt, type AttemptHooks, attemptMptcp } from "./attempt.ts";
import type { Control } from "./control.ts";
import { unknownCheck } from "./failure.ts";
import { hostEvidence } from "./host_evidence.ts";
import { joinsJson } from "./joins.ts";
import { mirrorEvidence } from "./mirror_evidence.ts";
import type { ProbePlan } from "./options.ts";
import type { CheckJson, MptcpCheckJson } from "./result.ts";

/** What a check of MPTCP came to. */
export interface CheckedMptcp {
  readonly check: MptcpCheckJson;
  /** The interface that the first path left by. */
  readonly interface: string | null;
  readonly verdicts: readonly Verdict[];
  readonly warnings: readonly string[];
}

/** MPTCP to one address: negotiation, data, further subflows, and why not where it does not work. */
export async function checkMptcp(
  ip: Ip,
  plan: ProbePlan,
  control: Promise<Control>,
  hooks: AttemptHooks,
): Promise<CheckedMptcp> {
  const problem = mptcpProblem();
  if (problem !== null) {
    const reason = problem.message.replace(/^Cannot open an MPTCP socket: /, "this host cannot: ");
    const evidence = noEvidence(Endpoint.of(ip, plan.port).address);
    return {
      check: withoutMptcp(unknownCheck(reason, problem.code)),
      interface: null,
      verdicts: diagnose({ ...evidence, host: hostEvidence(problem) }),
      warnings: [],
    };
  }
  const attempt = await attemptMptcp(ip, plan, control, hooks);
  const mirror = await askMirrors(ip, plan, attempt, await control, hooks.signal);
  const evidence: Evidence = {
    ...attempt.evidence,
    mirror: mirrorEvidence(mirror.mptcp, null),
    plainMirror: mirrorEvidence(mirror.tcp, ODD_MSS),
  };
  const verdicts = diagnose(evidence);
  const paths = attempt.paths.map(pathToJson);
  const parts = { verdicts, interface: paths[0]?.interface ?? null, warnings: sharing(attempt) };
  if (attempt.failed !== null) return { ...parts, check: withoutMptcp(attempt.failed) };
  return {
    ...parts,
    check: {
      ...outcome(evidence, verdicts),
      ms: attempt.connectMs === null ? null : Math.round(attempt.connectMs * 1000) / 1000,
      detail: { error: null, data: attempt.data, server: attempt.server },
      paths,
      negotiated_after_connect: evidence.mptcp.afterConnect === "yes",
      negotiated_after_data: evidence.mptcp.data === "answered" ? evidence.mptcp.afterData === "yes" : null,
      fallback: fallback(evidence, verdicts),
      joins: joinsJson(evidence, attempt.wait),
      joins_skipped: attempt.wait === null ? noWait(evidence) : attempt.wait.skipped,
      events_skipped: attempt.eventsSkipped,
      syn_mirror: mirror.mptcp,
    },
  };
}

/** The parts that only an MPTCP check has, for a check that came to no connection. */
export function withoutMptcp(check: CheckJson): MptcpCheckJson {
  return {
    ...check,
    negotiated_after_connect: null,
    negotiated_after_data: null,
    fallback: null,
    joins: [],
    joins_skipped: null,
    events_skipped: null,
    syn_mirror: null,
  };
}

/** A segment size that no stack chooses by itself. */
const ODD_MSS = 1213;

interface Mirrors {
  readonly mptcp: SynMirrorAsk | null;
  readonly tcp: SynMirrorAsk | null;
}

/**
 * Asks how SYNs arrive, where that can tell something: after a fallback in the handshake. Not after a black
 * hole, which another SYN with the option would only make longer.
 */
async function askMirrors(
  ip: Ip,
  plan: ProbePlan,
  attempt: Attempt,
  control: Control,
  signal: AbortSignal | undefined,
): Promise<Mirrors> {
  const { mptcp, client } = attempt.evidence;
  const port = attempt.server?.syn_mirror_port ?? control.first?.syn_mirror_port ?? null;
  const hole = client.counters !== "unknown" && (client.counters.moved["MPTcpExtBlackhole"] ?? 0) > 0;
  if (port === null || port === 0 || mptcp.outcome !== "connected" || mptcp.afterConnect === "yes" || hole) {
    return { mptcp: null, tcp: null };
  }
  const options = {
    timeoutMs: plan.connectTimeoutMs,
    ...(plan.localAddress === undefined ? {} : { localAddress: plan.localAddress }),
    ...(plan.interface === undefined ? {} : { interface: plan.interface }),
    ...(signal === undefined ? {} : { signal }),
  };
  const [overMptcp, overTcp] = await Promise.all([
    askSynMirror(ip, port, { ...options, transport: "mptcp" }),
    askSynMirror(ip, port, { ...options, transport: "tcp", maxSegmentBytes: ODD_MSS }),
  ]);
  return { mptcp: overMptcp, tcp: overTcp };
}

/** Findings of which the cause is on this host: the target remains untested. */
const OURS: ReadonlySet<string> = new Set(["blackhole-active", "fallback-by-this-host", "mptcp-unknown"]);

function outcome(evidence: Evidence, verdicts: readonly Verdict[]): Pick<CheckJson, "status" | "reason"> {
  if (verdicts.some(({ code }) => code === "mptcp-works")) return { status: "yes", reason: null };
  const [first] = verdicts;
  // A host that did not even ask for MPTCP says nothing about the server.
  if (first !== undefined && OURS.has(first.code)) return { status: "unknown", reason: clause(first.text) };
  return { status: "no", reason: reasonOf(evidence) };
}

function reasonOf({ mptcp }: Evidence): string {
  if (mptcp.atEnd === "yes") {
    return mptcp.data === "silent"
      ? "the connection came up and its data got no answer"
      : "the connection came up and then stopped in the middle of a transfer";
  }
  return mptcp.afterConnect === "yes"
    ? "the connection fell back to TCP when data flowed"
    : "the connection fell back to TCP in the handshake";
}

function clause(text: string): string {
  return text.replace(/\.$/, "").replace(/^This/, "this");
}

function fallback(evidence: Evidence, verdicts: readonly Verdict[]): MptcpCheckJson["fallback"] {
  if (evidence.mptcp.atEnd !== "no") return null;
  const sure = verdicts.find(({ code, certainty }) =>
    certainty !== "possible" && !code.endsWith("-ambiguous")
  );
  const [first] = verdicts;
  return sure === undefined
    ? { cause: "unknown", certainty: "possible", evidence: first?.evidence ?? [] }
    : { cause: sure.code, certainty: sure.certainty, evidence: sure.evidence };
}

function noWait({ mptcp }: Evidence): string {
  return mptcp.atEnd === "yes" ? "the first data got no answer" : "the connection is not MPTCP";
}

function sharing({ window }: Attempt): readonly string[] {
  if (window === null || window.shared !== "yes") return [];
  const others = window.otherConnections ?? 0;
  const count = others > 0 ? ` (${others} of them live)` : "";
  return [
    `Other MPTCP connections of this network namespace were counted as well${count}: ` +
    "what rests on counters is called likely at best.",
  ];
}
