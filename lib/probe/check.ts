import { Endpoint } from "../base/endpoint.ts";
import { toMptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import type { PathInfo } from "../base/path.ts";
import { pathToJson } from "../base/path_json.ts";
import type { Connection, ConnectOptions } from "../io/connection.ts";
import { waitForJoins } from "../mptcp/joins.ts";
import { mptcpProblem } from "../mptcp/state.ts";
import type { CheckAnswer } from "../protocol/check.ts";
import { connect } from "../transport/connect.ts";
import { type DataPhase, dataPhase } from "./data_phase.ts";
import { failedCheck, unknownCheck } from "./failure.ts";
import { type FallbackEvidence, fallbackEvidence } from "./fallback.ts";
import { joinsJson } from "./joins.ts";
import type { ProbePlan } from "./options.ts";
import type { CheckJson, MptcpCheckJson } from "./result.ts";

/** What a check tells while it runs. */
export interface CheckHooks {
  readonly signal: AbortSignal | undefined;
  readonly onPath: (path: PathInfo) => void;
}

/** A check and the interface that its first path left by. */
export interface Checked<C extends CheckJson> {
  readonly check: C;
  readonly interface: string | null;
}

/** The control: plain TCP to one address. */
export async function checkTcp(ip: Ip, plan: ProbePlan, hooks: CheckHooks): Promise<Checked<CheckJson>> {
  let connection: Connection;
  try {
    connection = await connect("tcp", ip, plan.port, connectOptions(plan, hooks.signal));
  } catch (error) {
    return { check: failedCheck(toMptError(error, "Cannot connect"), hooks.signal), interface: null };
  }
  // A reset takes the paths away: what is known now is then all there is.
  connection.paths();
  const phase = await talk(connection, plan, hooks.signal);
  const paths = connection.paths();
  await leave(connection, phase);
  return {
    check: {
      status: "yes",
      reason: null,
      ms: rounded(connection.connectMs),
      detail: { error: null, data: phase.data, server: phase.check },
      paths: paths.map(pathToJson),
    },
    interface: paths[0]?.interface ?? null,
  };
}

/** MPTCP to one address: negotiation, data, further subflows. */
export async function checkMptcp(
  ip: Ip,
  plan: ProbePlan,
  hooks: CheckHooks,
): Promise<Checked<MptcpCheckJson>> {
  const problem = mptcpProblem();
  if (problem !== null) {
    const reason = problem.message.replace(/^Cannot open an MPTCP socket: /, "this host cannot: ");
    return { check: withoutMptcp(unknownCheck(reason, problem.code)), interface: null };
  }
  const evidence = fallbackEvidence();
  let connection: Connection;
  try {
    connection = await connect("mptcp", ip, plan.port, connectOptions(plan, hooks.signal));
  } catch (error) {
    const check = failedCheck(toMptError(error, "Cannot connect"), hooks.signal);
    return { check: withoutMptcp(check), interface: null };
  }
  try {
    return await examine(connection, performance.now(), plan, hooks, evidence);
  } finally {
    connection.abort();
    await connection.closed;
  }
}

async function examine(
  connection: Connection,
  connectedAt: number,
  plan: ProbePlan,
  hooks: CheckHooks,
  evidence: FallbackEvidence,
): Promise<Checked<MptcpCheckJson>> {
  const afterConnect = connection.isMultipath();
  connection.paths();
  const phase = await talk(connection, plan, hooks.signal);
  const answered = phase.data.status === "yes";
  const afterData = answered ? connection.isMultipath() : null;
  const speaks = afterData ?? (afterConnect && connection.isMultipath());
  const wait = speaks
    ? await waitForJoins(connection, {
      connectedAtMs: connectedAt,
      timeoutMs: plan.joinTimeoutMs,
      signal: hooks.signal,
      onPath: hooks.onPath,
    })
    : null;
  const server = speaks ? await askAgain(phase) : phase.check;
  const paths = connection.paths();
  const local = speaks ? null : evidence.localCause();
  await leave(connection, phase);
  return {
    check: {
      // A host that did not even ask for MPTCP says nothing about the server.
      status: speaks ? "yes" : local === null ? "no" : "unknown",
      reason: speaks ? null : local?.reason ?? fallbackReason(afterConnect),
      ms: rounded(connection.connectMs),
      detail: { error: null, data: phase.data, server },
      paths: paths.map(pathToJson),
      negotiated_after_connect: afterConnect,
      negotiated_after_data: afterData,
      fallback: speaks ? null : {
        cause: local?.cause ?? "unknown",
        certainty: local?.certainty ?? "possible",
        evidence: evidence.lines(),
      },
      joins: wait === null ? [] : joinsJson(wait),
      joins_skipped: wait === null ? "the connection is not MPTCP" : wait.skipped,
    },
    interface: paths[0]?.interface ?? null,
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
  };
}

function fallbackReason(afterConnect: boolean): string {
  return afterConnect
    ? "the connection fell back to TCP when data flowed"
    : "the connection fell back to TCP in the handshake";
}

async function talk(
  connection: Connection,
  plan: ProbePlan,
  signal: AbortSignal | undefined,
): Promise<DataPhase> {
  const stream = await connection.openStream();
  const host = plan.target.ip === undefined ? plan.target.host : Endpoint.of(plan.target.ip, plan.port).host;
  return await dataPhase(stream, {
    kind: plan.data,
    host: plan.target.ip?.family === 6 && plan.data === "http" ? `[${host}]` : host,
    port: plan.port,
    timeoutMs: plan.dataTimeoutMs,
    signal,
  });
}

/** In order where the conversation is over; by reset where an answer may still be on its way. */
async function leave(connection: Connection, phase: DataPhase): Promise<void> {
  if (phase.data.kind === "http" && phase.data.status === "yes") return await connection.close();
  connection.abort();
  await connection.closed;
}

/** The server's view once the further subflows are there. */
async function askAgain(phase: DataPhase): Promise<CheckAnswer | null> {
  if (phase.again === null) return phase.check;
  try {
    return await phase.again();
  } catch {
    // The first view is older, not wrong.
    return phase.check;
  }
}

function connectOptions(plan: ProbePlan, signal: AbortSignal | undefined): ConnectOptions {
  return {
    timeoutMs: plan.connectTimeoutMs,
    ...(signal === undefined ? {} : { signal }),
    ...(plan.localAddress === undefined ? {} : { localAddress: plan.localAddress }),
    ...(plan.interface === undefined ? {} : { interface: plan.interface }),
    ...(plan.congestion === undefined ? {} : { congestion: plan.congestion }),
  };
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 1000) / 1000;
}
