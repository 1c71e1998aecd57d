import type { Ip } from "../../base/ip.ts";
import { Endpoint } from "../../base/endpoint.ts";
import { MptError } from "../../base/errors.ts";
import { sleep } from "../../io/deadline.ts";
import type { ProbePlan } from "../options.ts";
import { judgeFailure } from "./failure.ts";
import { isRefused } from "./knock.ts";
import { type CheckedQuic, NO_FACTS, PATHS_NOT_ASKED, pathsWithoutQuic, unprobed } from "./outcome.ts";

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
    const check = checkOne(ip, plan, signal).then((checked) => {
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

async function checkOne(ip: Ip, plan: ProbePlan, signal: AbortSignal | undefined): Promise<CheckedQuic> {
  if (signal?.aborted) return unprobed("the probe was cut short");
  if (await isRefused(Endpoint.of(ip, plan.port), plan)) return refused(plan);
  // More modules than all the rest of a probe
  const { checkQuic } = await import("./check.ts");
  return await checkQuic(ip, plan, signal);
}

/** What an attempt would have come to. */
function refused(plan: ProbePlan): CheckedQuic {
  const error = new MptError("ERR_REFUSED", "Cannot connect: connection refused");
  const { status, reason, fix } = judgeFailure({
    error,
    close: null,
    heard: false,
    retry: false,
    lastSend: "sent",
    alpn: plan.alpn,
    serverName: null,
    timeoutMs: plan.quicTimeoutMs,
    aborted: false,
  });
  const detail = { error: error.code, data: null, server: null };
  const check = { status, reason, ms: null, detail, paths: [], ...NO_FACTS, alpn_offered: plan.alpn };
  const multipath = plan.transports.includes("mpquic") ? pathsWithoutQuic(check) : PATHS_NOT_ASKED;
  return { check, multipath, interface: null, fix };
}
