import { Endpoint } from "../../base/endpoint.ts";
import { type MptError, toMptError } from "../../base/errors.ts";
import type { Ip } from "../../base/ip.ts";
import { sleep } from "../../io/deadline.ts";
import { HQ_ALPN } from "../../protocol/hq.ts";
import { dial } from "../../quic/driver/connect.ts";
import type { DrivenConnection } from "../../quic/driver/connection.ts";
import { skippedCheck, unknownCheck } from "../failure.ts";
import type { ProbePlan } from "../options.ts";
import type { CheckJson } from "../result.ts";
import { askCheck, type Asked } from "./ask.ts";
import { dialOptions } from "./dial_options.ts";
import { factsOf, type QuicFacts, withoutQuic } from "./facts.ts";
import { judgeFailure, type QuicFailure } from "./failure.ts";
import { leave } from "./leave.ts";
import { checkOldPaths } from "./old_paths.ts";
import { checkPaths, pathsWithoutQuic, withoutPaths } from "./paths.ts";
import { pathsOf } from "./paths_of.ts";
import { rehearse } from "./rehearsal.ts";
import type { MpquicCheckJson, QuicCheckJson } from "./result.ts";

/** What a check of QUIC came to. */
export interface CheckedQuic {
  readonly check: QuicCheckJson;
  /** Several paths over the same connection. */
  readonly multipath: MpquicCheckJson;
  /** The interface that the packets left by. */
  readonly interface: string | null;
  /** What may mend it; null for nothing known, or nothing to mend. */
  readonly fix: string | null;
}

/** How long one address keeps the next from being tried, in milliseconds; those that are silent wait together. */
const STAGGER_MS = 250;

/**
 * QUIC to every address. They are tried one after the other, so that they do not measure each other, and a silent
 * one holds the others up for a moment only.
 */
export async function checkQuicAll(
  ips: readonly Ip[],
  plan: ProbePlan,
  signal: AbortSignal | undefined,
  onCheck: (ip: Ip, checked: CheckedQuic) => void,
): Promise<readonly CheckedQuic[]> {
  const running: Promise<CheckedQuic>[] = [];
  for (const ip of ips) {
    const check = checkQuic(ip, plan, signal).then((checked) => {
      onCheck(ip, checked);
      return checked;
    });
    running.push(check);
    const stop = new AbortController();
    await Promise.race([check, sleep(STAGGER_MS, stop.signal)]);
    stop.abort();
  }
  return await Promise.all(running);
}

/**
 * QUIC to one address: the handshake, whoever the server is, and what it told in it. A server of HTTP/3 is asked
 * no more than that.
 */
async function checkQuic(
  ip: Ip,
  plan: ProbePlan,
  signal: AbortSignal | undefined,
): Promise<CheckedQuic> {
  if (signal?.aborted) return unprobed("the probe was cut short");
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
    const multipath = plan.transports.includes("mpquic") ? pathsWithoutQuic(check) : NOT_ASKED;
    return { check, multipath, interface: null, fix };
  } finally {
    made?.abort();
  }
}

/** A check of QUIC that could not be made. */
function unprobed(reason: string): CheckedQuic {
  const check = unknownCheck(reason);
  return { check: withoutQuic(check), multipath: withoutPaths(check), interface: null, fix: null };
}

const NOT_ASKED: MpquicCheckJson = withoutPaths(skippedCheck("it was not asked for"));

/** A check of QUIC that nobody asked for. */
export const QUIC_NOT_ASKED: CheckedQuic = {
  check: withoutQuic(skippedCheck("it was not asked for")),
  multipath: NOT_ASKED,
  interface: null,
  fix: null,
};

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
