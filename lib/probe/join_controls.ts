import { Endpoint } from "../base/endpoint.ts";
import { toMptError } from "../base/errors.ts";
import { Ip } from "../base/ip.ts";
import type { Connection } from "../io/connection.ts";
import { deadline } from "../io/deadline.ts";
import {
  auditJoins,
  type Evidence,
  type JoinControl,
  type JoinRow,
  type Tristate,
} from "../mptcp/diagnosis/mod.ts";
import type { CheckAnswer } from "../protocol/check.ts";
import { connectKernel } from "../transport/connect_kernel.ts";
import { connectOutcome } from "./data_outcome.ts";
import { dataPhase } from "./data_phase.ts";
import type { ProbePlan } from "./options.ts";
import { sentAgain } from "./sent_again.ts";
import { sameServer } from "./server_evidence.ts";

/** At most so many ways are tried. */
const MAX_CONTROLS = 8;

/** A way that is alive answers a SYN and one retransmission of it in this time, in milliseconds. */
const TIMEOUT_MS = 1500;

/** Plain TCP over the way of every join that came to nothing: is it the way, or the option? */
export async function joinControls(
  evidence: Evidence,
  plan: ProbePlan,
  server: CheckAnswer | null,
  signal: AbortSignal | undefined,
): Promise<readonly JoinControl[]> {
  const rows = auditJoins(evidence).filter((row) =>
    row.usable === "no" && row.tried !== "no" && row.local !== null && row.remote !== null &&
    // A subflow that TCP has established needs no other to show that its way is open.
    row.subflow?.state !== "established"
  );
  return await Promise.all(
    rows.slice(0, MAX_CONTROLS).map((row) => joinControl(row, evidence, plan, server, signal)),
  );
}

async function joinControl(
  row: JoinRow,
  evidence: Evidence,
  plan: ProbePlan,
  server: CheckAnswer | null,
  signal: AbortSignal | undefined,
): Promise<JoinControl> {
  const [local, remote] = [row.local ?? "", row.remote ?? ""];
  const { pathManager } = evidence.host;
  const bound = pathManager === "unknown"
    ? null
    : pathManager.endpoints.find(({ address }) => address === local)?.interface ?? null;
  let connection: Connection | undefined;
  try {
    const to = Endpoint.parse(remote);
    if (to.ip === undefined || to.port === undefined) {
      return { local, remote, outcome: "unknown", sameServer: "unknown", resent: "unknown" };
    }
    connection = await connectKernel("tcp", to.ip, to.port, {
      localAddress: Ip.parse(local),
      timeoutMs: Math.min(TIMEOUT_MS, plan.connectTimeoutMs),
      ...(signal === undefined ? {} : { signal }),
      // The kernel binds the subflow to the interface of its endpoint.
      ...(bound === null ? {} : { interface: bound }),
    });
    const answer = await whoAnswers(connection, to.port, server, signal);
    return {
      local,
      remote,
      outcome: "connected",
      sameServer: answer.sameServer,
      resent: sentAgain(connection, answer.check),
    };
  } catch (error) {
    return {
      local,
      remote,
      outcome: connectOutcome(toMptError(error, "Cannot connect").code, signal),
      sameServer: "unknown",
      resent: "unknown",
    };
  } finally {
    connection?.abort();
    await connection?.closed;
  }
}

async function whoAnswers(
  connection: Connection,
  port: number,
  server: CheckAnswer | null,
  signal: AbortSignal | undefined,
): Promise<{ readonly sameServer: Tristate; readonly check: CheckAnswer | null }> {
  // Only mpt serve says which of several machines it is.
  if (server === null || server.server.instance === null) return { sameServer: "unknown", check: null };
  using limit = deadline(TIMEOUT_MS, signal);
  const { check, outcome } = await dataPhase(await connection.openStream(), {
    kind: "http",
    host: connection.remote.host.includes(":") ? `[${connection.remote.host}]` : connection.remote.host,
    port,
    timeoutMs: TIMEOUT_MS,
    signal: limit.signal,
  });
  if (check !== null) return { sameServer: sameServer(server, check), check };
  // Another program answered in place of mpt serve.
  return { sameServer: outcome === "answered" ? "no" : "unknown", check: null };
}
