import type { Endpoint } from "../base/endpoint.ts";
import type { Ip } from "../base/ip.ts";
import { pathToJson } from "../base/path_json.ts";
import { envelope } from "../base/result.ts";
import { hostFacts } from "../io/host.ts";
import type { Verdict } from "../base/result.ts";
import { endOf, sleep } from "../io/deadline.ts";
import { alone } from "./alone.ts";
import { type CheckedMptcp, checkMptcp, withoutMptcp } from "./check.ts";
import { type Control, noControl, openControl } from "./control.ts";
import { skippedCheck } from "./failure.ts";
import { planProbe, type ProbeOptions, type ProbePlan } from "./options.ts";
import { checkQuicAll } from "./quic/check_all.ts";
import { type CheckedQuic, QUIC_NOT_ASKED } from "./quic/outcome.ts";
import { pathVerdicts } from "./quic/path_verdicts.ts";
import { quicVerdicts } from "./quic/verdicts.ts";
import type { CheckJson, ProbeEndpoint, ProbeEvent, ProbeResult } from "./result.ts";
import { type Resolved, resolveTarget } from "./target.ts";
import { endpointVerdicts } from "./verdicts.ts";
import { watch } from "./watch.ts";
import type { WatchJson } from "./watch_event.ts";

const NOT_ASKED = "it was not asked for";

/**
 * Probes every address of a target: plain TCP as the control and MPTCP beside it, with the paths that come
 * up, and QUIC. What fails is data in the result.
 *
 * @param target Host and port; without a port 443. A literal address, or a name with all its addresses.
 * @param options Transports, limits in time, the data phase, signal.
 * @param onEvent Called for what happens on the way.
 * @returns The result, also when the signal cut the probe short.
 * @throws {MptError} `ERR_NAME_NOT_FOUND` and `ERR_NAME_LOOKUP` when there is no address to probe,
 * `ERR_ABORTED` when the signal aborted before there was one, `ERR_INVALID_VALUE` for certificates to trust that
 * cannot be read.
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
  if (plan.quic.ca !== undefined) {
    const { certificatesOf } = await import("../quic/driver/trust.ts");
    certificatesOf(plan.quic.ca, "the CA file");
  }
  const resolved = await resolveTarget(plan, options.signal);
  for (const query of resolved.dns ?? []) onEvent({ event: "dns", query });
  using isolated = plan.isolate ? await alone(options.signal) : undefined;
  const probed = await probeAll(resolved, plan, options.signal, onEvent);
  const watched = plan.watchMs === 0
    ? null
    : await watchFirst(resolved, probed, plan, options.signal, onEvent);
  return {
    ...envelope({
      schema: "mpt.probe/1",
      host: hostFacts(),
      startedAtMs,
      durationMs: performance.now() - started,
      options: planJson(plan),
      warnings: [
        ...new Set([
          ...resolved.warnings,
          ...(isolated?.warnings ?? []),
          ...probed.flatMap(({ warnings }) => warnings),
          ...(watched === null && plan.watchMs > 0 ? [NOTHING_TO_WATCH] : []),
          ...(plan.quic.insecure && plan.transports.includes("quic") ? [INSECURE] : []),
        ]),
      ],
      verdicts: probed.flatMap(({ verdicts }) => verdicts),
      end: endOf(options.signal),
    }),
    target: { host: target.host, port: plan.port },
    dns: resolved.dns,
    endpoints: probed.map(({ endpoint }) => endpoint),
    watch: watched,
  };
}

/** One address and what was found about it. */
interface Probed {
  readonly endpoint: ProbeEndpoint;
  readonly verdicts: readonly Verdict[];
  readonly warnings: readonly string[];
}

/**
 * One address after the other: the kernel's counters, which are evidence, do not tell addresses apart. QUIC comes
 * last, since what it takes of the processor would be measured with the others.
 */
async function probeAll(
  resolved: Resolved,
  plan: ProbePlan,
  signal: AbortSignal | undefined,
  onEvent: (event: ProbeEvent) => void,
): Promise<readonly Probed[]> {
  const kernel: KernelProbed[] = [];
  for (const ip of resolved.ips) kernel.push(await probeKernel(ip, plan, signal, onEvent));
  const quic = plan.transports.includes("quic")
    ? await checkQuicAll(resolved.ips, plan, signal, (ip, { check, multipath }) => {
      const address = ip.toString();
      onEvent({ event: "check", address, transport: "quic", check });
      if (!plan.transports.includes("mpquic")) return;
      onEvent({ event: "check", address, transport: "mpquic", check: multipath });
    })
    : [];
  return resolved.ips.map((ip, index) => join(ip, plan, kernel[index]!, quic[index] ?? QUIC_NOT_ASKED));
}

const INSECURE =
  "Whoever the server is, it was gone on with (--insecure): who answered over QUIC is not proved.";

const NOTHING_TO_WATCH = "There is nothing to watch: MPTCP was not found to work to any address.";

/** Watches a connection to the first address that MPTCP works to. */
async function watchFirst(
  resolved: Resolved,
  probed: readonly Probed[],
  plan: ProbePlan,
  signal: AbortSignal | undefined,
  onEvent: (event: ProbeEvent) => void,
): Promise<WatchJson | null> {
  const at = probed.findIndex(({ endpoint }) => endpoint.mptcp.status === "yes");
  const [ip, found] = [resolved.ips[at], probed[at]];
  if (ip === undefined || found === undefined || signal?.aborted) return null;
  const { address, mptcp } = found.endpoint;
  return await watch({
    ip,
    plan,
    check: mptcp.detail?.server ?? null,
    signal,
    onStart: (source, reason) => onEvent({ event: "watching", address, source, source_reason: reason }),
    onEvent: (change) => onEvent({ event: "path-change", address, change }),
  });
}

/** The control has this long to connect before MPTCP is tried beside it, in milliseconds. */
const HEAD_START_MS = 1000;

/** What was found about the transports of the kernel. */
interface KernelProbed {
  readonly tcp: Pick<Control, "check" | "interface">;
  readonly mptcp: CheckedMptcp;
}

async function probeKernel(
  ip: Ip,
  plan: ProbePlan,
  signal: AbortSignal | undefined,
  onEvent: (event: ProbeEvent) => void,
): Promise<KernelProbed> {
  const address = ip.toString();
  onEvent({ event: "start", address, port: plan.port });
  const note = (transport: "tcp" | "mptcp", check: CheckJson): void =>
    onEvent({ event: "check", address, transport, check });
  const asked = plan.transports.includes("tcp");
  const opening = asked ? openControl(ip, plan, signal) : Promise.resolve(noControl(NOT_ASKED));
  const mptcp = await (plan.transports.includes("mptcp")
    ? mptcpBeside(ip, plan, opening, {
      signal,
      onPath: (path) => onEvent({ event: "path", address, path: pathToJson(path) }),
    })
    : NO_MPTCP);
  await using tcp = await opening;
  if (asked) note("tcp", tcp.check);
  if (plan.transports.includes("mptcp")) note("mptcp", mptcp.check);
  return { tcp: { check: tcp.check, interface: tcp.interface }, mptcp };
}

function join(ip: Ip, plan: ProbePlan, { tcp, mptcp }: KernelProbed, quic: CheckedQuic): Probed {
  const endpoint: ProbeEndpoint = {
    address: ip.toString(),
    family: ip.family,
    port: plan.port,
    interface: mptcp.interface ?? tcp.interface ?? quic.interface,
    tcp: tcp.check,
    mptcp: mptcp.check,
    quic: quic.check,
    mpquic: quic.multipath,
  };
  const verdicts = [
    ...endpointVerdicts(plan, endpoint, mptcp.verdicts),
    ...quicVerdicts(plan, endpoint, quic.fix),
    ...pathVerdicts(plan, endpoint),
  ];
  return { endpoint, verdicts, warnings: mptcp.warnings };
}

const NO_MPTCP: CheckedMptcp = {
  check: withoutMptcp(skippedCheck(NOT_ASKED)),
  interface: null,
  verdicts: [],
  warnings: [],
};

/** The control first: what the server counted by then is what its later answers are compared with. */
async function mptcpBeside(
  ip: Ip,
  plan: ProbePlan,
  control: Promise<Control>,
  hooks: Parameters<typeof checkMptcp>[3],
): Promise<CheckedMptcp> {
  const stop = new AbortController();
  await Promise.race([control, sleep(HEAD_START_MS, stop.signal)]);
  stop.abort();
  return await checkMptcp(ip, plan, control, hooks);
}

function planJson(
  plan: ProbePlan,
): Readonly<Record<string, string | number | boolean | null | readonly string[]>> {
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
    watch_ms: plan.watchMs,
    isolate: plan.isolate,
    quic_timeout_ms: plan.quicTimeoutMs,
    alpn: plan.alpn,
    server_name: plan.quic.serverName ?? null,
    own_ca: plan.quic.ca !== undefined,
    pins: plan.quic.pins ?? [],
    insecure: plan.quic.insecure ?? false,
  };
}
