import type { TlsSession } from "../../tls/session.ts";
import type { ConnectionConfig } from "../connection/config.ts";
import type { TokenKey } from "../tokens.ts";
import { QUIC_V1 } from "../wire/versions.ts";

/** The versions that servers here speak. */
export const SUPPORTED_VERSIONS: readonly number[] = [QUIC_V1];

/** When a server asks a client to prove its address first (RFC 9000 8.1.2). */
export type RetryPolicy = "never" | "under-load" | "always";

/** What a server does with clients. */
export interface ServerSide {
  /** Makes the end of a handshake that knows these transport parameters. */
  readonly tls: (transportParameters: Uint8Array) => TlsSession;
  /** @default {"under-load"} */
  readonly retry?: RetryPolicy;
  /** Connections in all. @default {10000} */
  readonly maxConnections?: number;
  /** Handshakes at a time; from half of them on clients have to prove their address. @default {1000} */
  readonly maxHandshakes?: number;
  /** Connections that nobody has accepted yet. @default {1000} */
  readonly maxWaiting?: number;
}

/** Options of an endpoint. */
export interface EndpointOptions {
  readonly config: ConnectionConfig;
  /** Makes tokens and stateless resets; the same after a restart makes resets work. */
  readonly tokens: TokenKey;
  /** What it does as a server; null for a client alone. */
  readonly server: ServerSide | null;
}

/** The limits of a server with nothing left out. */
export type ServerLimits = Required<Omit<ServerSide, "tls">>;

/** The limits of a server with defaults for what is not given. */
export function serverLimits(server: ServerSide): ServerLimits {
  return {
    retry: server.retry ?? "under-load",
    maxConnections: server.maxConnections ?? 10_000,
    maxHandshakes: server.maxHandshakes ?? 1000,
    maxWaiting: server.maxWaiting ?? 1000,
  };
}
