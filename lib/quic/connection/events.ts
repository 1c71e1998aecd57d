import type { StreamEvent } from "../streams/streams.ts";
import type { Tuple } from "./tuple.ts";

/** Why a connection is over. */
export interface CloseReason {
  /** Who or what ended it. */
  readonly by: "local" | "peer" | "idle-timeout" | "stateless-reset" | "version";
  /** Whose the error code is; null where there is none. */
  readonly layer: "transport" | "application" | null;
  /** The code of the transport or the application; null where there is none. */
  readonly errorCode: number | null;
  /** The frame at fault, if one is known. */
  readonly frameType: number | null;
  /** In words. */
  readonly text: string;
  /** What was thrown, when an error of ours ended it. */
  readonly cause?: unknown;
}

/** What happened on a connection, for its user. */
export type ConnectionEvent =
  /** The handshake is complete: streams can be used. */
  | { readonly type: "connected" }
  /** The handshake is confirmed (RFC 9001 4.1.2). */
  | { readonly type: "confirmed" }
  /** A DATAGRAM frame arrived (RFC 9221). */
  | { readonly type: "datagram"; readonly bytes: Uint8Array<ArrayBuffer> }
  /** A token for the next connection to this server (RFC 9000 8.1.3). */
  | { readonly type: "token"; readonly token: Uint8Array }
  /** A path takes another way, or has found that the new way works, or that it does not. */
  | {
    readonly type: "path";
    readonly pathId: number;
    readonly change: "migrated" | "validated" | "failed";
    readonly tuple: Tuple;
  }
  /** It is over: nothing more can be sent or will arrive. */
  | { readonly type: "closed"; readonly reason: CloseReason }
  | StreamEvent;
