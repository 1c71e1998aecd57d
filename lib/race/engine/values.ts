import type { Ip } from "../../base/ip.ts";
import type { Transport } from "../../base/transport.ts";
import type { Prefix } from "../order/prefix.ts";
import type { SourceAddress } from "../order/source_selection.ts";

/** The record types that a race asks for. */
export type QueryType = "A" | "AAAA" | "HTTPS" | "SVCB";

/** A ServiceMode record (RFC 9460 2.4.3). */
export interface Service {
  /** From 1; a lower one is better. */
  readonly priority: number;
  /** A name in lower case; `.` is the name of the record. */
  readonly target: string;
  readonly port: number | null;
  readonly alpn: readonly string[];
  readonly noDefaultAlpn: boolean;
  readonly ech: Uint8Array | null;
  /** Whether a mandatory key is unknown to the client (RFC 9460 8): then the record is not for it. */
  readonly unusable: boolean;
  readonly ipv4Hints: readonly Ip[];
  readonly ipv6Hints: readonly Ip[];
}

/** What became of a query. Another answer to the same query replaces the one before it. */
export type DnsOutcome =
  | { readonly kind: "addresses"; readonly addresses: readonly Ip[] }
  | { readonly kind: "services"; readonly services: readonly Service[] }
  /** RFC 9460 2.4.2; `.` says that there is no such service. */
  | { readonly kind: "alias"; readonly target: string }
  | { readonly kind: "negative" }
  | { readonly kind: "failed"; readonly reason: string };

/** What the network of this host looks like. Where something is not known, it counts as there. */
export interface NetworkView {
  /** draft-ietf-happy-happyeyeballs-v3 4.1: an address beyond the link, and a route beyond the link. */
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** draft 4.2: whether there is a default route; it decides which family is preferred. */
  readonly defaultRoute4: boolean;
  readonly defaultRoute6: boolean;
  /** Prefixes of NAT64 that are known already, from router advertisements or the user. */
  readonly nat64: readonly Prefix[];
  /** The source address for a destination, as the kernel would choose it; null when there is none. */
  readonly sourceOf: (destination: Ip, interfaceName: string | null) => SourceAddress | null;
}

/** What happened outside. */
export type RaceInput =
  | { readonly kind: "answer"; readonly queryId: number; readonly outcome: DnsOutcome }
  /** The transport's handshake is done and another one goes on, such as that of TLS. */
  | { readonly kind: "progress"; readonly attemptId: number; readonly expectedMs?: number }
  | { readonly kind: "connected"; readonly attemptId: number }
  | { readonly kind: "failed"; readonly attemptId: number; readonly reason: string }
  | { readonly kind: "network"; readonly network: NetworkView }
  | { readonly kind: "abort" };

/** The service that a candidate belongs to. */
export interface CandidateService {
  readonly name: string;
  /** Infinity for the end of a chain of aliases (RFC 9460 3). */
  readonly priority: number;
  /** The protocols that both ends speak; empty when that is not known. */
  readonly alpn: readonly string[];
  readonly ech: Uint8Array | null;
}

/** Something that can be connected to. */
export interface Candidate {
  /** Two candidates with the same key are the same attempt. */
  readonly key: string;
  /** The address that it was sorted by. */
  readonly ip: Ip;
  /** The address to connect to: another one behind NAT64. */
  readonly connectTo: Ip;
  readonly port: number;
  readonly transport: Transport;
  readonly interface: string | null;
  readonly service: CandidateService | null;
  /** How long after the first attempt it may start, at the soonest. */
  readonly notBeforeMs: number;
}

/** Why an attempt was started when it was. */
export type StartReason = "first" | "delay" | "failure";

/** Why an attempt is given up; `overtaken`: the next one started, and the client makes one at a time. */
export type CancelReason =
  | "lost"
  | "timed-out"
  | "overtaken"
  | "aborted"
  | "deadline"
  | "service-lookup-failed";

/** Why the race is over. */
export type EndReason =
  | "won"
  | "all-failed"
  | "no-addresses"
  | "deadline"
  | "aborted"
  | "service-lookup-failed";

/** What has to be done outside. */
export type RaceOutput =
  | { readonly kind: "query"; readonly id: number; readonly name: string; readonly type: QueryType }
  /** Nobody waits for the answer; it may still fill a cache for so long. */
  | { readonly kind: "drop-query"; readonly id: number; readonly lingerMs: number }
  | {
    readonly kind: "attempt";
    readonly id: number;
    readonly candidate: Candidate;
    readonly reason: StartReason;
    /** `hold`: connect, but send nothing of a cryptographic handshake before `proceed`. */
    readonly handshake: "proceed" | "hold";
  }
  | { readonly kind: "proceed"; readonly id: number; readonly service: CandidateService | null }
  | { readonly kind: "cancel"; readonly id: number; readonly reason: CancelReason }
  | { readonly kind: "won"; readonly id: number }
  | { readonly kind: "end"; readonly reason: EndReason; readonly winner: number | null };
