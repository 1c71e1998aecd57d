import type { Tuple } from "../connection/tuple.ts";
import type { TokenKey } from "../tokens.ts";
import type { ConnectionId } from "../wire/connection_id.ts";
import { QUIC_ERROR } from "../wire/error_codes.ts";
import type { ServerLimits } from "./options.ts";

/** How busy a server is. */
export interface Load {
  readonly connections: number;
  readonly handshakes: number;
  readonly waiting: number;
}

/** What to do with the first packet of a client. */
export type Admission =
  /** Make a connection; with what the token has proved. */
  | {
    readonly type: "accept";
    readonly originalDestination: ConnectionId;
    readonly retried: boolean;
    readonly validated: boolean;
  }
  /** Ask it to come again with a token. */
  | { readonly type: "retry" }
  /** Turn it away with a transport error. */
  | { readonly type: "refuse"; readonly errorCode: number };

/** Decides about a client's first Initial packet (RFC 9000 8.1.2, 8.1.3, 5.2.2). */
export function admit(
  tokens: TokenKey,
  limits: ServerLimits,
  load: Load,
  token: Uint8Array,
  tuple: Tuple,
  destination: ConnectionId,
  nowUs: number,
): Admission {
  const verdict = tokens.check(token, tuple.remote, destination, nowUs);
  if (verdict.kind === "bad-retry") return { type: "refuse", errorCode: QUIC_ERROR.INVALID_TOKEN };
  const full = load.connections >= limits.maxConnections || load.handshakes >= limits.maxHandshakes ||
    load.waiting >= limits.maxWaiting;
  if (full) return { type: "refuse", errorCode: QUIC_ERROR.CONNECTION_REFUSED };
  if (verdict.kind === "retry") {
    const { originalDestination } = verdict;
    return { type: "accept", originalDestination, retried: true, validated: true };
  }
  const validated = verdict.kind === "later";
  const busy = limits.retry === "always" ||
    (limits.retry === "under-load" && load.handshakes >= limits.maxHandshakes / 2);
  if (busy && !validated) return { type: "retry" };
  return { type: "accept", originalDestination: destination, retried: false, validated };
}
