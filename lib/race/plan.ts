import type { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import type { AddressFamily } from "../base/ip.ts";
import type { Transport } from "../base/transport.ts";
import type { TransportConnectOptions } from "../transport/connect.ts";
import { DEFAULT_TIMINGS, type RaceTimings, type RaceVersion } from "./engine/constants.ts";
import {
  raceConfig,
  type RaceOptions as EngineOptions,
  type RaceProtocol,
  type RaceTarget,
  type ServiceQuery,
} from "./engine/options.ts";
import type { RaceHistory } from "./order/history.ts";
import {
  DEFAULT_POLICY,
  DEFAULT_POLICY_ROWS,
  IPV4_FIRST_POLICY,
  type PolicyTable,
  policyTable,
} from "./order/policy_table.ts";
import { parsePrefix, type Prefix } from "./order/prefix.ts";
import type { RaceTlsOptions } from "./tls_connection.ts";

/** An interface that takes part in a race by itself. */
export interface RaceInterfaceOptions {
  /** Its name, such as `wlan0`. */
  readonly name: string;
  /** How much later than the first one its attempts may begin, in milliseconds. @default {the attempt delay for each one before it} */
  readonly delayMs?: number;
}

/** Options of {@linkcode race}. */
export interface RaceOptions extends Partial<RaceTimings> {
  /** The port, when the target names none, 1 to 65535. @default {443} */
  readonly port?: number;
  /** `hev3`: draft-ietf-happy-happyeyeballs-v3; `hev2`: RFC 8305. @default {"hev3"} */
  readonly algorithm?: RaceVersion;
  /** The transports that are tried to each address, the first one first. @default {["tcp"]} */
  readonly transports?: readonly Transport[];
  /** All transports of an address before the next address, or all addresses with the first transport. @default {"address"} */
  readonly transportOrder?: "address" | "transport";
  /** The address families: those that this host has, both whatever it has, or one. @default {"auto"} */
  readonly families?: "auto" | "both" | AddressFamily;
  /** The family that is waited for and, without a `policy`, comes first. @default {as RFC 6724 sorts} */
  readonly preferredFamily?: AddressFamily;
  /** Interfaces that are raced against each other. @default {[]} the kernel chooses */
  readonly interfaces?: readonly RaceInterfaceOptions[];
  /** DNS servers to ask, addresses with or without a port. @default {those of /etc/resolv.conf} */
  readonly resolver?: readonly Endpoint[];
  /** Whether HTTPS records are asked for; `auto`: with hev3 on port 443. @default {"auto"} */
  readonly serviceRecords?: "auto" | "always" | "never";
  /** Whether nothing begins before every address query has its answer, as with `getaddrinfo(3)`. @default {false} */
  readonly waitForAllAnswers?: boolean;
  /** Whether the families take turns in one list, or each has a list of its own and the second begins after the attempt delay. @default {"mixed"} */
  readonly lists?: "mixed" | "by-family";
  /** Whether an attempt goes on when the next one starts. @default {true} */
  readonly keepEarlier?: boolean;
  /** Prefixes of NAT64 that are known, such as `64:ff9b::/96`. @default {[]} found by RFC 7050 where IPv4 is missing */
  readonly nat64?: readonly string[];
  /** The table that addresses are sorted by. @default {the one of RFC 6724 2.1} */
  readonly policy?: PolicyTable;
  /** Whether the delay after an attempt comes from the RTT that is known of its address. @default {false} */
  readonly delayFromRtt?: boolean;
  /** Whether the next attempt comes sooner when new answers arrive and nothing moves. @default {false} */
  readonly hastenOnAnswers?: boolean;
  /** Attempts at once, 1 or more. @default {Infinity} */
  readonly maxParallel?: number;
  /** When to give up one attempt, in milliseconds, more than 0. @default {10000} */
  readonly attemptTimeoutMs?: number;
  /** When to give up the race, in milliseconds, more than 0. @default {30000} */
  readonly timeoutMs?: number;
  /** Whether the other attempts go on when one has won, so that what the race hides is seen. @default {false} */
  readonly exhaustive?: boolean;
  /** What is known from earlier races, and takes what this one learns. @default {undefined} nothing */
  readonly history?: RaceHistory;
  /** Decides the order of services of the same priority; any number. @default {chance} */
  readonly shuffleSeed?: number;
  /** Congestion control of the connection, such as `cubic`. @default {undefined} the system's */
  readonly congestion?: string;
  /** Application protocols, whom to trust and so on, for quic and mpquic. @default {undefined} by port; the system's certificates */
  readonly quic?: TransportConnectOptions["quic"];
  /** Speaks TLS over tcp and mptcp, and counts only its handshake as success. @default {undefined} the connection counts */
  readonly tls?: RaceTlsOptions;
  /** Ends the race; a connection that has won is reset by it later. */
  readonly signal?: AbortSignal;
}

/** A race that is decided on, before anything is sent. */
export interface RacePlan {
  readonly target: Endpoint;
  readonly port: number;
  readonly algorithm: RaceVersion;
  readonly timings: RaceTimings;
  readonly transports: readonly Transport[];
  readonly transportOrder: "address" | "transport";
  readonly families: "auto" | "both" | AddressFamily;
  readonly preferredFamily: AddressFamily | null;
  readonly interfaces: readonly { readonly name: string; readonly delayMs: number }[];
  readonly resolver: readonly Endpoint[] | null;
  readonly serviceQuery: ServiceQuery | null;
  readonly protocols: readonly RaceProtocol[] | null;
  readonly waitForAllAnswers: boolean;
  readonly lists: "mixed" | "by-family";
  readonly keepEarlier: boolean;
  readonly nat64: readonly Prefix[];
  readonly policy: PolicyTable;
  readonly delayFromRtt: boolean;
  readonly hastenOnAnswers: boolean;
  readonly maxParallel: number;
  readonly attemptTimeoutMs: number;
  readonly timeoutMs: number;
  readonly exhaustive: boolean;
  readonly history: RaceHistory | undefined;
  readonly shuffleSeed: number | undefined;
  readonly congestion: string | undefined;
  readonly quic: NonNullable<TransportConnectOptions["quic"]>;
  readonly tls: RaceTlsOptions | null;
}

/** The port of a race to a host that names none. */
export const RACE_PORT = 443;

const ATTEMPT_TIMEOUT_MS = 10_000;
const TIMEOUT_MS = 30_000;

/** RFC 1035 4.2. */
const DNS_PORT = 53;

/** What QUIC servers speak besides HTTP/3 where the port says nothing. */
const QUIC_PROTOCOLS: readonly string[] = ["h3", "hq-interop", "perf", "mpt"];

/**
 * Decides on a race.
 *
 * @param target The host, with its port, transport and family where it names them.
 * @param options How to race.
 * @returns What will be done.
 * @throws {MptError} `ERR_INVALID_VALUE` for options that cannot be, or would break a MUST.
 */
export function planRace(target: Endpoint, options: RaceOptions): RacePlan {
  const port = target.port ?? options.port ?? RACE_PORT;
  const algorithm = options.algorithm ?? "hev3";
  const transports = options.transports ?? (target.transport === undefined ? ["tcp"] : [target.transport]);
  const attemptDelayMs = options.attemptDelayMs ?? DEFAULT_TIMINGS.attemptDelayMs;
  const quic = quicOptions(target, port, options);
  const serviceQuery = serviceQueryOf(target, port, algorithm, options.serviceRecords ?? "auto");
  const plan: RacePlan = {
    target,
    port,
    algorithm,
    timings: timingsOf(options),
    transports: [...new Set(transports)],
    transportOrder: options.transportOrder ?? "address",
    families: target.family ?? options.families ?? "auto",
    preferredFamily: options.preferredFamily ?? null,
    interfaces: (options.interfaces ?? []).map(({ name, delayMs }, index) => ({
      name,
      // RFC 9623 4.3: another path is tried later than another address
      delayMs: delayMs ?? index * attemptDelayMs,
    })),
    resolver: options.resolver?.map((server) => server.withPort(server.port ?? DNS_PORT)) ?? null,
    serviceQuery,
    protocols: serviceQuery === null ? null : protocolsOf(quic.alpn ?? []),
    waitForAllAnswers: options.waitForAllAnswers ?? false,
    lists: options.lists ?? "mixed",
    keepEarlier: options.keepEarlier ?? true,
    nat64: (options.nat64 ?? []).map(parsePrefix),
    policy: options.policy ?? policyFor(options.preferredFamily),
    delayFromRtt: options.delayFromRtt ?? false,
    hastenOnAnswers: options.hastenOnAnswers ?? false,
    maxParallel: options.maxParallel ?? Infinity,
    attemptTimeoutMs: options.attemptTimeoutMs ?? ATTEMPT_TIMEOUT_MS,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    exhaustive: options.exhaustive ?? false,
    history: options.history,
    shuffleSeed: options.shuffleSeed,
    congestion: options.congestion,
    quic,
    tls: options.tls ?? null,
  };
  const badServer = plan.resolver?.find(({ ip }) => ip === undefined);
  if (badServer !== undefined || plan.resolver?.length === 0) {
    throw new MptError("ERR_INVALID_VALUE", "Cannot race: a DNS server has to be an IP address", {
      fix: "--resolver 192.0.2.53 or --resolver [2001:db8::53]:53",
    });
  }
  if (!(plan.timeoutMs > 0)) throw new MptError("ERR_INVALID_VALUE", "Cannot race: it has no time");
  // What the engine will not take is refused before anything is read or sent
  raceConfig(engineOptions(plan, raceTarget(plan, target.host), 0, 0));
  return plan;
}

/** What the engine races to: the literal address, or a name. */
export function raceTarget({ target }: RacePlan, name: string): RaceTarget {
  return target.ip === undefined ? { kind: "name", name } : { kind: "addresses", addresses: [target.ip] };
}

/**
 * The options of the engine.
 *
 * @param plan The race.
 * @param target What is raced to.
 * @param elapsedMs How much of its time is over.
 * @param shuffleSeed What decides the order of equal services.
 */
export function engineOptions(
  plan: RacePlan,
  target: RaceTarget,
  elapsedMs: number,
  shuffleSeed: number,
): EngineOptions {
  return {
    ...plan.timings,
    target,
    port: plan.port,
    version: plan.algorithm,
    transports: plan.transports,
    transportOrder: plan.transportOrder,
    interfaces: plan.interfaces,
    serviceQuery: target.kind === "name" ? plan.serviceQuery : null,
    protocols: plan.protocols,
    preferredFamily: plan.preferredFamily,
    policy: plan.policy,
    waitForAllAnswers: plan.waitForAllAnswers,
    lists: plan.lists,
    keepEarlier: plan.keepEarlier,
    delayFromRtt: plan.delayFromRtt,
    hastenOnAnswers: plan.hastenOnAnswers,
    maxParallel: plan.maxParallel,
    attemptTimeoutMs: plan.attemptTimeoutMs,
    deadlineMs: Math.max(1, plan.timeoutMs - elapsedMs),
    exhaustive: plan.exhaustive,
    shuffleSeed: plan.shuffleSeed ?? shuffleSeed,
  };
}

function timingsOf(options: RaceOptions): RaceTimings {
  const { attemptDelayMs = DEFAULT_TIMINGS.attemptDelayMs } = options;
  const given: Partial<Record<keyof RaceTimings, number>> = {};
  for (const name of Object.keys(DEFAULT_TIMINGS) as (keyof RaceTimings)[]) {
    const value = options[name];
    if (value !== undefined) given[name] = value;
  }
  return {
    ...DEFAULT_TIMINGS,
    // A delay beyond a bound that nobody set moves the bound
    minAttemptDelayMs: Math.min(DEFAULT_TIMINGS.minAttemptDelayMs, attemptDelayMs),
    maxAttemptDelayMs: Math.max(DEFAULT_TIMINGS.maxAttemptDelayMs, attemptDelayMs),
    ...given,
  };
}

/** RFC 6724 10.3 puts IPv4 first; IPv6 comes first, private addresses too, where IPv4 is below every row. */
function policyFor(family: AddressFamily | undefined): PolicyTable {
  if (family === undefined) return DEFAULT_POLICY;
  if (family === 4) return IPV4_FIRST_POLICY;
  return policyTable(
    DEFAULT_POLICY_ROWS.map((row) => row[0] === "::ffff:0:0/96" ? [row[0], 0, row[2]] : row),
  );
}

/** RFC 9460 9.1: another port than 443 has a name of its own. */
function serviceQueryOf(
  target: Endpoint,
  port: number,
  algorithm: RaceVersion,
  wanted: "auto" | "always" | "never",
): ServiceQuery | null {
  const asked = wanted === "always" || (wanted === "auto" && port === RACE_PORT);
  if (!asked || algorithm === "hev2" || target.ip !== undefined) return null;
  return port === RACE_PORT ? { type: "HTTPS" } : { type: "HTTPS", name: `_${port}._https.${target.host}` };
}

function protocolsOf(quicAlpn: readonly string[]): readonly RaceProtocol[] {
  return [
    ...quicAlpn.map((alpn) => ({ alpn, transports: ["quic", "mpquic"] as const })),
    ...["h2", "http/1.1"].map((alpn) => ({ alpn, transports: ["tcp", "mptcp"] as const })),
  ];
}

/** An address is connected to, but the certificate is for the name. */
function quicOptions(target: Endpoint, port: number, { quic }: RaceOptions): RacePlan["quic"] {
  return {
    alpn: port === RACE_PORT ? ["h3"] : QUIC_PROTOCOLS,
    ...(target.ip === undefined ? { serverName: target.host } : {}),
    ...quic,
  };
}
