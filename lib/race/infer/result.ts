import type { Envelope } from "../../base/result.ts";
import type { Summary } from "../../base/statistics.ts";
import type { ScenarioName } from "./scenario.ts";

/** A question that a client asked. Times are milliseconds after its first question or attempt. */
export interface SeenQuery {
  /** The name that was asked for, in lower case. */
  readonly name: string;
  /** Such as `A`, `HTTPS` or `TYPE12`. */
  readonly type: string;
  /** When it was asked. */
  readonly at_ms: number;
  /** When it had the answer; null when none came in time. */
  readonly answered_ms: number | null;
}

/** An attempt that a client made. */
export interface SeenAttempt {
  /** `quic` for an Initial packet. */
  readonly transport: "tcp" | "quic";
  /** Where it went. */
  readonly address: string;
  /** The family of the address. */
  readonly family: 4 | 6;
  /** The port of the address. */
  readonly port: number;
  /** When it was sent for the first time. */
  readonly at_ms: number;
  /** How often it was sent again. */
  readonly retransmissions: number;
  /** When it was accepted or refused; null when it was neither. */
  readonly answered_ms: number | null;
  /** What the network said to it. */
  readonly outcome: "accepted" | "refused" | "silent";
}

/** A client in one scenario. */
export interface ScenarioRun {
  /** The scenario. */
  readonly scenario: ScenarioName;
  /** What the network was like. */
  readonly text: string;
  /** From 1. */
  readonly round: number;
  /** The questions in the order of asking. */
  readonly queries: readonly SeenQuery[];
  /** The attempts in the order of starting. */
  readonly attempts: readonly SeenAttempt[];
  /** The exit code of the client; null when it was stopped. */
  readonly exit_code: number | null;
  /** The end of what it said on its standard error. */
  readonly stderr: string;
  /** From the start of the client to its end. */
  readonly duration_ms: number;
}

/** What a client does. What could not be seen is `unknown`. */
export interface InferFindings {
  /** From one attempt to the next where nothing answers; null when there was no other attempt. */
  readonly attempt_delay_ms: Summary | null;
  /** Each gap between attempts to silent addresses, in order. */
  readonly attempt_gaps_ms: readonly number[];
  /** How long it waits for AAAA when it has A; null when it waits until the answer comes. */
  readonly resolution_delay_ms: number | "unknown" | null;
  /** Whether it waits for A when it has AAAA. */
  readonly waits_for_a: boolean | "unknown";
  /** Which types it asks for, in the order of asking. */
  readonly query_order: readonly string[];
  /** Whether it asks for HTTPS records. */
  readonly asks_https: boolean | "unknown";
  /** How long it waits for HTTPS when it has all addresses; null when it waits until the answer comes. */
  readonly https_delay_ms: number | "unknown" | null;
  /** The family of the first attempt. */
  readonly first_family: 4 | 6 | "unknown";
  /** The families of the attempts to silent addresses, in order. */
  readonly family_order: readonly (4 | 6)[];
  /** `alternating`, all of one family first, or one address of each family and no more. */
  readonly family_pattern:
    | "alternating"
    | "one-family-first"
    | "one-of-each"
    | "one-family-only"
    | "mixed"
    | "unknown";
  /** Whether the addresses of a family are tried in the order of the answer. */
  readonly address_order: "as-answered" | "sorted" | "other" | "unknown";
  /** From a refusal to the next attempt; null when there was none. */
  readonly after_failure_ms: number | null;
  /** Whether an attempt goes on when the next one starts. */
  readonly keeps_earlier: boolean | "unknown";
  /** What it connects over. */
  readonly transports: readonly ("tcp" | "quic")[];
}

/** The result of `mpt race --infer`. */
export interface InferResult extends Envelope<"mpt.race-infer/1"> {
  /** The client and its arguments. */
  readonly command: readonly string[];
  /** What it does. */
  readonly findings: InferFindings;
  /** Everything that was seen. */
  readonly runs: readonly ScenarioRun[];
}
