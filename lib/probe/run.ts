import type { Endpoint } from "../base/endpoint.ts";
import type { Ip } from "../base/ip.ts";
import { pathToJson } from "../base/path_json.ts";
import { envelope } from "../base/result.ts";
import { endOf } from "../io/deadline.ts";
import { hostFacts } from "../io/host.ts";
import { type Checked, checkMptcp, checkTcp, withoutMptcp } from "./check.ts";
import { skippedCheck } from "./failure.ts";
import { planProbe, type ProbeOptions, type ProbePlan } from "./options.ts";
import type { CheckJson, MptcpCheckJson, ProbeEndpoint, ProbeEvent, ProbeResult } from "./result.ts";
import { type Resolved, resolveTarget } from "./target.ts";
import { probeVerdicts } from "./verdicts.ts";

const NOT_ASKED = "it was not asked for";
const NOT_IN_THIS_VERSION = "this version has tcp and mptcp only";

/**
 * Probes every address of a target: plain TCP as the control and MPTCP beside it, with the paths that come
 * up. What fails is data in the result.
 *
 * @param target Host and port; without a port 443. A literal address, or a name with all its addresses.
 * @param options Transports, limits in time, the data phase, signal.
 * @param onEvent Called for what happens on the way.
 * @returns The result, also when the signal cut the probe short.
 * @throws {MptError} `ERR_NAME_NOT_FOUND` and `ERR_NAME_LOOKUP` when there is no address to probe,
 * `ERR_ABORTED` when the signal aborted before there was one.
 *
 * @example Does MPTCP reach this server?
 * ```ts no-run
 * import { probe } from "@multipath/mpt/probe";
 * import { Endpoint } from "@multipath/mpt/base";
 *
 * const result = await probe(Endpoint.parse("example.com:443"));
 * for (const { address, mptcp } of result.endpoints) console.log(address, mptcp.status, mptcp.paths.length);
 * ```
 */
export async function probe(
  target: Endpoint,
  options: ProbeOptions = {},
  onEvent: (event: ProbeEvent) => void = () => {},
): Promise<ProbeResult> {
  const startedAtMs = Date.now();
  const started = performance.now();
  const plan = planProbe(target, options);
  const resolved = await resolveTarget(plan, options.signal);
  for (const query of resolved.dns ?? []) onEvent({ event: "dns", query });
  const endpoints = await probeAll(resolved, plan, options.signal, onEvent);
  return {
    ...envelope({
      schema: "mpt.probe/1",
      host: hostFacts(),
      startedAtMs,
      durationMs: performance.now() - started,
      options: planJson(plan),
      warnings: resolved.warnings,
      verdicts: probeVerdicts(plan, endpoints),
      end: endOf(options.signal),
    }),
    target: { host: target.host, port: plan.port },
    dns: resolved.dns,
    endpoints,
  };
}

/** One address after the other: the kernel's counters, which are evidence, do not tell addresses apart. */
async function probeAll(
  resolved: Resolved,
  plan: ProbePlan,
  signal: AbortSignal | undefined,
  onEvent: (event: ProbeEvent) => void,
): Promise<readonly ProbeEndpoint[]> {
  const endpoints: ProbeEndpoint[] = [];
  for (const ip of resolved.ips) endpoints.push(await probeAddress(ip, plan, signal, onEvent));
  return endpoints;
}

async function probeAddress(
  ip: Ip,
  plan: ProbePlan,
  signal: AbortSignal | undefined,
  onEvent: (event: ProbeEvent) => void,
): Promise<ProbeEndpoint> {
  const address = ip.toString();
  onEvent({ event: "start", address, port: plan.port });
  const hooks = {
    signal,
    onPath: (path: Parameters<typeof pathToJson>[0]) =>
      onEvent({ event: "path", address, path: pathToJson(path) }),
  };
  const noted = async <C extends CheckJson>(
    transport: "tcp" | "mptcp",
    checked: Promise<Checked<C>>,
  ): Promise<Checked<C>> => {
    const done = await checked;
    onEvent({ event: "check", address, transport, check: done.check });
    return done;
  };
  const [tcp, mptcp] = await Promise.all([
    plan.transports.includes("tcp")
      ? noted("tcp", checkTcp(ip, plan, hooks))
      : { check: skippedCheck(NOT_ASKED), interface: null },
    plan.transports.includes("mptcp")
      ? noted<MptcpCheckJson>("mptcp", checkMptcp(ip, plan, hooks))
      : { check: withoutMptcp(skippedCheck(NOT_ASKED)), interface: null },
  ]);
  return {
    address,
    family: ip.family,
    port: plan.port,
    interface: mptcp.interface ?? tcp.interface,
    tcp: tcp.check,
    mptcp: mptcp.check,
    quic: skippedCheck(NOT_IN_THIS_VERSION),
    mpquic: skippedCheck(NOT_IN_THIS_VERSION),
  };
}

function planJson(plan: ProbePlan): Readonly<Record<string, string | number | null | readonly string[]>> {
  return {
    target: plan.target.toString(),
    transports: plan.transports,
    connect_timeout_ms: plan.connectTimeoutMs,
    data_timeout_ms: plan.dataTimeoutMs,
    join_timeout_ms: plan.joinTimeoutMs,
    data: plan.data,
    local_address: plan.localAddress?.toString() ?? null,
    interface: plan.interface ?? null,
    congestion: plan.congestion ?? null,
  };
}
