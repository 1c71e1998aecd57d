import type { Envelope } from "../base/result.ts";
import type { Transport } from "../base/transport.ts";

/** One finished connection. */
export interface ServedConnection {
  readonly listener: string;
  readonly remote: string;
  /** The transport that was in force at the end. */
  readonly transport: Transport;
  /** True when the listener is MPTCP and the connection was not. */
  readonly fallback: boolean;
  readonly protocol: "none" | "http" | "perf" | "unknown";
  readonly requests: number;
  readonly bytes_received: number;
  readonly bytes_sent: number;
  readonly duration_ms: number;
  /** Paths that were active when last looked at. */
  readonly paths: number;
  /** How it ended: `done`, or what cut it short. */
  readonly end: "done" | "idle" | "limit" | "shutdown" | "reset" | "error";
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** What a running server tells. */
export type ServeEvent =
  | {
    readonly event: "listening";
    readonly address: string;
    readonly transport: Transport;
    /** Why it is not the transport that was asked for; null when it is. */
    readonly fallback: string | null;
  }
  | ({ readonly event: "connection" } & ServedConnection)
  | { readonly event: "refused"; readonly remote: string; readonly reason: string }
  | { readonly event: "warning"; readonly text: string };

/** Everything a server did, when it is over. */
export interface ServeResult extends Envelope<"mpt.serve/1"> {
  readonly listeners: readonly { readonly address: string; readonly transport: Transport }[];
  readonly connections: number;
  readonly refused: number;
  readonly bytes_received: number;
  readonly bytes_sent: number;
}
