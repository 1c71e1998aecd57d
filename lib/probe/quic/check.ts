import { Endpoint } from "../../base/endpoint.ts";
import { type MptError, toMptError } from "../../base/errors.ts";
import type { Ip } from "../../base/ip.ts";
import { HQ_ALPN } from "../../protocol/hq.ts";
import { dial } from "../../quic/driver/connect.ts";
import type { DrivenConnection } from "../../quic/driver/connection.ts";
import type { ProbePlan } from "../options.ts";
import type { CheckJson } from "../result.ts";
import { askCheck, type Asked } from "./ask.ts";
import { dialOptions } from "./dial_options.ts";
import { factsOf } from "./facts.ts";
import { judgeFailure, type QuicFailure } from "./failure.ts";
import { leave } from "./leave.ts";
import { checkOldPaths } from "./old_paths.ts";
import { type CheckedQuic, PATHS_NOT_ASKED, pathsWithoutQuic, type QuicFacts } from "./outcome.ts";
import { checkPaths } from "./paths.ts";
import { pathsOf } from "./paths_of.ts";
import { rehearse } from "./rehearsal.ts";

/**
 * QUIC to one address: the handshake, whoever the server is, and what it told in it. A server of HTTP/3 is asked
 * no more than that.
 */
export async function checkQuic(
  ip: Ip,
  plan: ProbePlan,
  signal: AbortSignal | undefined,
): Promise<CheckedQuic> {
  rehearse();
  const target = Endpoint.of(ip, plan.port);
  let made: DrivenConnection | undefined;
  let startedMs = performance.now();
  const facts = (): QuicFacts => factsOf(made, plan);
  try {
    const connection = await dial(target, dialOptions(plan, signal), (started) => {
      made = started;
      startedMs = performance.now();
    });
    const ms = Math.round((performance.now() - startedMs) * 1000) / 1000;
    const { data, server }: Asked | { data: null; server: null } =
      connection.alpn === HQ_ALPN && plan.data !== "none"
        ? await askCheck(connection, plan.dataTimeoutMs, signal)
        : { data: null, server: null };
    const paths = pathsOf(connection);
    const check: CheckJson = {
      status: "yes",
      reason: null,
      ms,
      detail: { error: null, data, server },
      paths,
    };
    const multipath = await checkPaths(connection, plan, check, signal);
    await leave(connection);
    const old = await checkOldPaths(target, connection, plan, check, signal);
    return {
      check: { ...check, ...facts() },
      multipath: old ?? multipath,
      interface: paths[0]?.interface ?? null,
      fix: null,
    };
  } catch (error) {
    const failure = toMptError(error, "Cannot connect");
    const { status, reason, fix } = judge(failure, made, plan, signal);
    const detail = { error: failure.code, data: null, server: null };
    const check = { status, reason, ms: null, detail, paths: [], ...facts() };
    const multipath = plan.transports.includes("mpquic") ? pathsWithoutQuic(check) : PATHS_NOT_ASKED;
    return { check, multipath, interface: null, fix };
  } finally {
    made?.abort();
  }
}

function judge(
  error: MptError,
  made: DrivenConnection | undefined,
  plan: ProbePlan,
  signal: AbortSignal | undefined,
): QuicFailure {
  return judgeFailure({
    error,
    close: made?.closeReason ?? null,
    heard: made?.core.core.heard ?? false,
    retry: made !== undefined && made.core.core.retrySource !== null,
    lastSend: made?.lastSend ?? "sent",
    alpn: plan.alpn,
    serverName: made?.tls.serverName ?? null,
    timeoutMs: plan.quicTimeoutMs,
    aborted: signal?.aborted ?? false,
  });
}
