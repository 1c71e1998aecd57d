import type { StreamEvent } from "../streams/streams.ts";
import type { PathStatistics } from "./path.ts";
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
  /** The versions that the server offered instead, when there was none in common (RFC 9000 6.2). */
  readonly versions?: readonly number[];
  /** What was thrown, when an error of ours ended it. */
  readonly cause?: unknown;
}

/** What can become of a path. */
export type PathChange =
  /** It is in use: the peer is asked over it whether it is there. */
  | "opened"
  /** The peer is there: from now on it carries data. */
  | "validated"
  /** It takes another way: other addresses, which have to be validated. */
  | "migrated"
  /** The way that it takes could not be validated, or it has been without an answer for too long. */
  | "failed"
  /** A probe timeout has expired: its data goes over other paths until there is an answer. */
  | "suspect"
  /** A suspected path has answered. */
  | "recovered"
  /** What the peer wants of it has changed. */
  | "status"
  /** The peer has given up the last path: without another one at once the connection ends. */
  | "stranded"
  /** Everything about it is forgotten. */
  | "discarded";

/** Something happened to a path. */
export type PathEvent =
  | {
    readonly type: "path";
    readonly pathId: number;
    readonly change: PathChange;
    readonly tuple: Tuple;
  }
  /** It was given up: nothing is sent on it any more. */
  | {
    readonly type: "path";
    readonly pathId: number;
    readonly change: "abandoned";
    readonly tuple: Tuple;
    /** Who gave it up first. */
    readonly by: "local" | "peer";
    /** A code of {@linkcode PATH_ERROR}, or one of the peer's own. */
    readonly errorCode: number;
    readonly statistics: PathStatistics;
  };

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
  | PathEvent
  /** The peer allows more paths than before (draft-ietf-quic-multipath-21 4.6). */
  | { readonly type: "paths-available" }
  /** It is over: nothing more can be sent or will arrive. */
  | { readonly type: "closed"; readonly reason: CloseReason }
  | StreamEvent;
