import type { AddressFamily } from "../base/ip.ts";
import type { Envelope } from "../base/result.ts";
import type { Summary } from "../base/statistics.ts";
import type { Transport } from "../base/transport.ts";
import type { RaceVersion } from "./engine/constants.ts";
import type { CancelReason, EndReason, QueryType, StartReason } from "./engine/values.ts";

/** A service record (RFC 9460) as it stands in results. */
export interface RaceServiceJson {
  /** From 1; a lower one is better. 0 is an alias. */
  readonly priority: number;
  /** The name whose addresses it is about; `.` is the name that was asked for. */
  readonly target: string;
  /** Null for the port of the race. */
  readonly port: number | null;
  /** The protocols that it offers besides the default. */
  readonly alpn: readonly string[];
  /** Whether it has keys for Encrypted Client Hello. */
  readonly ech: boolean;
  /** Addresses that it hints at. */
  readonly hints: readonly string[];
}

/** One DNS query of a race. Times are milliseconds after the start of the race. */
export interface RaceQueryJson {
  /** From 0, in the order of asking. */
  readonly index: number;
  /** Whose records. */
  readonly name: string;
  /** Which records. */
  readonly type: QueryType;
  /** When it was asked. */
  readonly start_ms: number;
  /** When the answer had come, or nobody waited any more. */
  readonly end_ms: number;
  /** `cancelled`: the race was over before the answer had come. */
  readonly status: "positive" | "no-data" | "no-name" | "failed" | "cancelled";
  /** Why it failed; null otherwise. */
  readonly reason: string | null;
  /** The addresses of an answer to A or AAAA. */
  readonly answers: readonly string[];
  /** The records of an answer to HTTPS or SVCB. */
  readonly services: readonly RaceServiceJson[];
  /** Further names that CNAME records led to. */
  readonly names: readonly string[];
  /** For how long the answer holds, in seconds; null when nobody said. */
  readonly ttl_seconds: number | null;
  /** Who answered; null for the hosts file, or where nobody did. */
  readonly server: string | null;
  /** Every message that was sent. */
  readonly tries: readonly {
    /** The server. */
    readonly server: string;
    /** How it was asked. */
    readonly transport: "udp" | "tcp";
    /** When it was asked. */
    readonly start_ms: number;
    /** When the answer had come, or the wait was over. */
    readonly end_ms: number;
    /** `answer`, `use-tcp`, or why there was none. */
    readonly outcome: string;
  }[];
}

/**
 * What became of an attempt: `won`, `lost` (it connected, and another one had connected before), `failed`,
 * `cancelled` (it was given up without a result when the race was over), `not-started`.
 */
export type AttemptOutcome = "won" | "lost" | "failed" | "cancelled" | "not-started";

/** Why an attempt failed, in words and for programs. */
export interface RaceErrorJson {
  /** The stable code of the error. */
  readonly code: string;
  /** The sentence for people. */
  readonly message: string;
}

/** Something that can be connected to, as it stands in results. */
export interface RaceCandidateJson {
  /** The address that it was sorted by. */
  readonly address: string;
  /** The address that is connected to: another one behind NAT64. */
  readonly connect_to: string;
  /** The family of `address`. */
  readonly family: AddressFamily;
  /** The port. */
  readonly port: number;
  /** The transport. */
  readonly transport: Transport;
  /** The interface that it is bound to; null where the kernel chooses. */
  readonly interface: string | null;
  /** The name of the service that it belongs to; null for the target's own addresses. */
  readonly service: string | null;
}

/** One attempt, or a candidate that none was made to. Times are milliseconds after the start of the race. */
export interface RaceAttemptJson extends RaceCandidateJson {
  /** From 0, in the order of starting; those that were not started come last, the next one first. */
  readonly index: number;
  /** Why it was started when it was; null for one that was not started. */
  readonly reason: StartReason | null;
  /** When it was started; null for one that was not started. */
  readonly start_ms: number | null;
  /** When the transport's handshake was done and another one went on; null where there is no such thing. */
  readonly progress_ms: number | null;
  /** When it was over; null for one that was not started. */
  readonly end_ms: number | null;
  /** What became of it. */
  readonly outcome: AttemptOutcome;
  /** Why it was given up; null for one that was not. */
  readonly cancel_reason: CancelReason | null;
  /** How long its handshake took, as exactly as that is known; null where it did not connect. */
  readonly connect_ms: number | null;
  /** The transport in force: `tcp` for MPTCP that fell back; null where it did not connect. */
  readonly transport_in_force: Transport | null;
  /** This end's address and port; null where it did not connect. */
  readonly local: string | null;
  /** Why it failed; null otherwise. */
  readonly error: RaceErrorJson | null;
}

/** What happened, in the order in which it did. `query` and `attempt` are indexes into the lists of the round. */
export type RaceTimelineEvent =
  & { readonly at_ms: number }
  & (
    | { readonly event: "query"; readonly query: number; readonly name: string; readonly type: QueryType }
    | {
      readonly event: "answer";
      readonly query: number;
      readonly name: string;
      readonly type: QueryType;
      readonly status: RaceQueryJson["status"];
      readonly answers: readonly string[];
      readonly services: readonly RaceServiceJson[];
      readonly reason: string | null;
    }
    /** The list of candidates that are not started changed: what is tried next comes first. */
    | { readonly event: "candidates"; readonly waiting: readonly RaceCandidateJson[] }
    /** A timer was set (`until_ms`), or is not needed any more (null). */
    | {
      readonly event: "timer";
      readonly timer: "resolution-delay" | "next-attempt";
      readonly until_ms: number | null;
    }
    | {
      readonly event: "attempt";
      readonly attempt: number;
      readonly candidate: RaceCandidateJson;
      readonly reason: StartReason;
      /** Whether its cryptographic handshake waits for service records. */
      readonly held: boolean;
    }
    | { readonly event: "progress" | "proceed" | "won"; readonly attempt: number }
    | { readonly event: "connected"; readonly attempt: number; readonly connect_ms: number }
    | { readonly event: "failed"; readonly attempt: number; readonly error: RaceErrorJson }
    | { readonly event: "cancelled"; readonly attempt: number; readonly reason: CancelReason }
    | { readonly event: "network"; readonly ipv4: boolean; readonly ipv6: boolean }
    | { readonly event: "end"; readonly reason: EndReason; readonly winner: number | null }
  );

/** One race from the first query to the end. */
export interface RaceRound {
  /** When it began: ISO 8601 in UTC, with milliseconds. */
  readonly started_at: string;
  /** How long it took until it was decided, in milliseconds. */
  readonly duration_ms: number;
  /** The DNS queries in the order of asking; empty for a literal address. */
  readonly dns: readonly RaceQueryJson[];
  /** The attempts in the order of starting, then the candidates that were not started. */
  readonly attempts: readonly RaceAttemptJson[];
  /** The index of the attempt that won; null when none did. */
  readonly winner: number | null;
  /** From the start of the race to the winner's success; null without a winner. */
  readonly connect_ms: number | null;
  /** Why the race was over. */
  readonly end_reason: EndReason;
  /** Everything that happened, in order. */
  readonly timeline: readonly RaceTimelineEvent[];
}

/** A candidate over all rounds. */
export interface RaceCandidateStatistics extends RaceCandidateJson {
  /** Rounds in which an attempt was made. */
  readonly started: number;
  /** Rounds in which it won. */
  readonly won: number;
  /** Rounds in which it connected after another one. */
  readonly lost: number;
  /** Rounds in which it failed. */
  readonly failed: number;
  /** Rounds in which it was given up without a result. */
  readonly cancelled: number;
  /** Rounds in which it was known and its turn did not come. */
  readonly not_started: number;
  /** How long its handshakes took; null when it never connected. */
  readonly connect_ms: Summary | null;
  /** How often it failed with each error code. */
  readonly errors: Readonly<Record<string, number>>;
}

/** A constant of the race as it was in force. */
export interface RaceConstantJson {
  /** What was used. */
  readonly value: number;
  /** What the text says. */
  readonly default: number;
  /** The clause that sets it; null where this version of the algorithm does not know it. */
  readonly clause: string | null;
}

/** What this host's network looked like to the race. */
export interface RaceNetworkJson {
  /** Whether there is an IPv4 address and a route beyond the link. */
  readonly ipv4: boolean;
  /** Whether there is an IPv6 address and a route beyond the link. */
  readonly ipv6: boolean;
  /** Whether IPv4 has a default route. */
  readonly default_route4: boolean;
  /** Whether IPv6 has a default route. */
  readonly default_route6: boolean;
  /** Prefixes of NAT64 that were known from the start. */
  readonly nat64: readonly string[];
  /** Whether the kernel was asked; else it is a guess from the addresses of this host. */
  readonly known: boolean;
}

/** The result of `mpt race`. */
export interface RaceResult extends Envelope<"mpt.race/1"> {
  /** What was raced to. */
  readonly target: { readonly host: string; readonly port: number };
  /** RFC 8305 or the draft of version 3. */
  readonly algorithm: RaceVersion;
  /** Every constant by its name in snake_case, such as `attempt_delay_ms`. */
  readonly constants: Readonly<Record<string, RaceConstantJson>>;
  /** This host's network. */
  readonly network: RaceNetworkJson;
  /** The DNS servers that were asked; empty for a literal address. */
  readonly servers: readonly string[];
  /** The queries of the first round. */
  readonly dns: readonly RaceQueryJson[];
  /** The attempts of the first round. */
  readonly attempts: readonly RaceAttemptJson[];
  /** The winner of the first round; null when there was none. */
  readonly winner: number | null;
  /** Time to the first connection of the first round; null when there was none. */
  readonly connect_ms: number | null;
  /** Everything that happened in the first round. */
  readonly timeline: readonly RaceTimelineEvent[];
  /** Every round, the first one included. */
  readonly rounds: readonly RaceRound[];
  /** Each candidate over all rounds. */
  readonly candidates: readonly RaceCandidateStatistics[];
  /** Time to the first connection over all rounds that had one; null when none had. */
  readonly rounds_connect_ms: Summary | null;
}

/** What a running race tells: each event of its timeline, with the round it belongs to, from 0. */
export type RaceEvent = RaceTimelineEvent & { readonly round: number };
