import type { Envelope } from "../base/result.ts";
import type { Transport } from "../base/transport.ts";

/** One finished connection. */
export interface ServedConnection {
  /** The address that was listened on. */
  readonly listener: string;
  /** The client's address and port. */
  readonly remote: string;
  /** The transport that was in force at the end. */
  readonly transport: Transport;
  /** True when the listener is MPTCP and the connection was not. */
  readonly fallback: boolean;
  /** What the client spoke. */
  readonly protocol: "none" | "http" | "perf" | "unknown";
  /** How many requests it made. */
  readonly requests: number;
  /** Bytes that came in. */
  readonly bytes_received: number;
  /** Bytes that went out. */
  readonly bytes_sent: number;
  /** How long it lasted, in milliseconds. */
  readonly duration_ms: number;
  /** Paths that were active when last looked at. */
  readonly paths: number;
  /** How it ended: `done`, or what cut it short. */
  readonly end: "done" | "idle" | "limit" | "shutdown" | "reset" | "error";
  /** What went wrong; null when nothing did. */
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
    /** `sha256/BASE64` of the key that a QUIC listener shows. */
    readonly pin?: string;
  }
  | { readonly event: "syn-mirror"; readonly address: string }
  | {
    /** A client of the SYN mirror has gone. */
    readonly event: "syn";
    readonly remote: string;
    /** Whether its SYN arrived with MP_CAPABLE; null when the kernel kept no SYN. */
    readonly mp_capable: boolean | null;
  }
  | ({ readonly event: "connection" } & ServedConnection)
  | { readonly event: "refused"; readonly remote: string; readonly reason: string }
  | { readonly event: "warning"; readonly text: string };

/** Everything a server did, when it is over. */
export interface ServeResult extends Envelope<"mpt.serve/1"> {
  /** What was listened on. */
  readonly listeners: readonly { readonly address: string; readonly transport: Transport }[];
  /** What the SYN mirror listened on; empty without one. */
  readonly syn_mirrors: readonly string[];
  /** How many clients the SYN mirror answered. */
  readonly mirrored: number;
  /** How many connections were served. */
  readonly connections: number;
  /** How many were turned away. */
  readonly refused: number;
  /** Bytes that came in. */
  readonly bytes_received: number;
  /** Bytes that went out. */
  readonly bytes_sent: number;
}
