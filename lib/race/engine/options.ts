import { MptError } from "../../base/errors.ts";
import type { AddressFamily, Ip } from "../../base/ip.ts";
import type { Transport } from "../../base/transport.ts";
import type { DestinationHistory } from "../order/destination_order.ts";
import { DEFAULT_POLICY, type PolicyTable } from "../order/policy_table.ts";
import {
  DEFAULT_TIMINGS,
  HARD_MIN_ATTEMPT_DELAY_MS,
  type RaceTimings,
  type RaceVersion,
} from "./constants.ts";

/** What is raced to. */
export type RaceTarget =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "addresses"; readonly addresses: readonly Ip[] };

/** A protocol of the application and the transports that carry it. */
export interface RaceProtocol {
  /** Its ALPN id, such as `h3`. */
  readonly alpn: string;
  readonly transports: readonly Transport[];
}

/** An interface of its own in the race. */
export interface RaceInterface {
  readonly name: string;
  /** How much later than the first one its attempts may begin (RFC 9623 4.3). */
  readonly delayMs: number;
}

/** The service records that are asked for. */
export interface ServiceQuery {
  readonly type: "HTTPS" | "SVCB";
  /** The name to ask for, such as `_8443._https.example.com` (RFC 9460 9.1). @default {the target's name} */
  readonly name?: string;
  /** Protocols that a record offers unless it says otherwise (RFC 9460 7.1.1). @default {["http/1.1"] for HTTPS, [] for SVCB} */
  readonly defaultAlpn?: readonly string[];
}

/** How a race is run. */
export interface RaceOptions extends Partial<RaceTimings> {
  readonly target: RaceTarget;
  /** From 1 to 65535. */
  readonly port: number;
  /** @default {"hev3"} */
  readonly version?: RaceVersion;
  /** The transports of each address, in the order in which they are tried. @default {["tcp"]} */
  readonly transports?: readonly Transport[];
  /** All transports of an address before the next address, or all addresses with the first transport. @default {"address"} */
  readonly transportOrder?: "address" | "transport";
  /** @default {[]} whatever the kernel chooses */
  readonly interfaces?: readonly RaceInterface[];
  /** @default {null} none; RFC 8305 knows none */
  readonly serviceQuery?: ServiceQuery | null;
  /** What the client speaks, the best first. @default {null} service records are not chosen by protocol */
  readonly protocols?: readonly RaceProtocol[] | null;
  /** Whether services of a better protocol come before those of a better priority (draft 5.1). @default {false} */
  readonly groupByProtocol?: boolean;
  /** Whether services with ECH come before those without (draft 5.1). @default {false} */
  readonly groupByEch?: boolean;
  /** Whether addresses that no service record names are left out (RFC 9460 3). @default {false} */
  readonly serviceReliant?: boolean;
  /** Whether answers come with DNSSEC or over an encrypted transport. @default {false} */
  readonly dnsProtected?: boolean;
  /** Whether the client relies on a service record for its handshake, as with ECH (draft 6.3). @default {false} */
  readonly handshakeNeedsService?: boolean;
  /** @default {null} the one with a default route, IPv6 if both have one */
  readonly preferredFamily?: AddressFamily | null;
  /** Whether nothing begins before every address query has its answer, as with `getaddrinfo(3)`. @default {false} */
  readonly waitForAllAnswers?: boolean;
  /**
   * Whether the families take turns in one list, or each family has a list of its own: within one, the next
   * address follows a failure, and the second list begins after the attempt delay. @default {"mixed"}
   */
  readonly lists?: "mixed" | "by-family";
  /** Whether an attempt goes on when the next one starts. @default {true} */
  readonly keepEarlier?: boolean;
  /** @default {the table of RFC 6724 2.1} */
  readonly policy?: PolicyTable;
  /** What is known of a destination from earlier on this interface. @default {nothing} */
  readonly historyOf?: (destination: Ip, interfaceName: string | null) => DestinationHistory | undefined;
  /** Whether the delay after an attempt is worked out from the RTT of its history. @default {false} */
  readonly delayFromRtt?: boolean;
  /** Whether the next attempt comes sooner when new answers arrive and nothing moves (draft 7). @default {false} */
  readonly hastenOnAnswers?: boolean;
  /** Attempts at once. @default {Infinity} */
  readonly maxParallel?: number;
  /** When to give up one attempt. @default {Infinity} */
  readonly attemptTimeoutMs?: number;
  /** When to give up the race. @default {30000} */
  readonly deadlineMs?: number;
  /** Whether the others go on when one has won. @default {false} */
  readonly exhaustive?: boolean;
  /** Any number: it decides the order of services of the same priority. @default {0} */
  readonly shuffleSeed?: number;
}

/** {@linkcode RaceOptions} with nothing left open. */
export type RaceConfig =
  & Required<Omit<RaceOptions, "serviceQuery" | "historyOf">>
  & {
    readonly serviceQuery: Required<ServiceQuery> | null;
    readonly historyOf: (destination: Ip, interfaceName: string | null) => DestinationHistory | undefined;
  };

/**
 * Fills in what was left open.
 *
 * @throws {MptError} `ERR_INVALID_VALUE` for what cannot be, or would break a MUST.
 */
export function raceConfig(options: RaceOptions): RaceConfig {
  const attemptDelayMs = options.attemptDelayMs ?? DEFAULT_TIMINGS.attemptDelayMs;
  const config: RaceConfig = {
    ...DEFAULT_TIMINGS,
    version: "hev3",
    transports: ["tcp"],
    transportOrder: "address",
    interfaces: [],
    protocols: null,
    groupByProtocol: false,
    groupByEch: false,
    serviceReliant: false,
    dnsProtected: false,
    handshakeNeedsService: false,
    preferredFamily: null,
    waitForAllAnswers: false,
    lists: "mixed",
    keepEarlier: true,
    policy: DEFAULT_POLICY,
    historyOf: () => undefined,
    delayFromRtt: false,
    hastenOnAnswers: false,
    maxParallel: Infinity,
    attemptTimeoutMs: Infinity,
    deadlineMs: 30_000,
    exhaustive: false,
    shuffleSeed: 0,
    // A shorter delay that was asked for is its own least
    minAttemptDelayMs: Math.min(DEFAULT_TIMINGS.minAttemptDelayMs, attemptDelayMs),
    maxAttemptDelayMs: Math.max(DEFAULT_TIMINGS.maxAttemptDelayMs, attemptDelayMs),
    ...options,
    serviceQuery: serviceQuery(options),
  };
  check(config);
  return config;
}

/** RFC 8305 has no service records; an address has no name to ask for. */
function serviceQuery(
  { target, version = "hev3", serviceQuery }: RaceOptions,
): Required<ServiceQuery> | null {
  if (target.kind !== "name" || version === "hev2" || !serviceQuery) return null;
  const { type, name = target.name } = serviceQuery;
  return { type, name, defaultAlpn: serviceQuery.defaultAlpn ?? (type === "HTTPS" ? ["http/1.1"] : []) };
}

function check(config: RaceConfig): void {
  const { minAttemptDelayMs, maxAttemptDelayMs, attemptDelayMs, preferredFamilyCount, maxParallel, port } =
    config;
  // RFC 8305 5, draft-ietf-happy-happyeyeballs-v3 6: MUST NOT be less
  demand(
    minAttemptDelayMs >= HARD_MIN_ATTEMPT_DELAY_MS,
    `the delay between attempts is below ${HARD_MIN_ATTEMPT_DELAY_MS} ms`,
  );
  demand(attemptDelayMs >= minAttemptDelayMs, "the delay between attempts is below its minimum");
  demand(
    attemptDelayMs <= maxAttemptDelayMs && maxAttemptDelayMs < Infinity,
    "the delay between attempts is above its maximum",
  );
  demand(config.attemptDelayFactor >= 1, "the delay between attempts cannot shrink");
  demand(
    config.resolutionDelayMs >= 0 && config.resolutionDelayMs < Infinity,
    "the resolution delay is below 0",
  );
  demand(config.afterFailureMs >= 0 && config.lastResortSynthesisMs >= 0, "a delay is below 0");
  demand(Number.isInteger(preferredFamilyCount) && preferredFamilyCount >= 1, "the family count is below 1");
  demand(maxParallel >= 1 && config.attemptTimeoutMs > 0 && config.deadlineMs > 0, "a limit is below 1");
  demand(Number.isInteger(port) && port >= 1 && port <= 65535, "the port is not from 1 to 65535");
  demand(config.transports.length > 0, "there is no transport");
  demand(
    config.lists === "mixed" || config.interfaces.length === 0,
    "interfaces need one list for both families",
  );
  demand(config.interfaces.every(({ delayMs }) => delayMs >= 0 && delayMs < Infinity), "a delay is below 0");
}

function demand(holds: boolean, reason: string): void {
  if (!holds) throw new MptError("ERR_INVALID_VALUE", `Cannot race: ${reason}`);
}
