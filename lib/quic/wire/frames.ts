import type { ConnectionId } from "./connection_id.ts";

/** Which streams a limit is for. */
export type StreamDirection = "bidirectional" | "unidirectional";

/**
 * The frames that come now and then, as values: everything but PADDING, ACK, PATH_ACK, STREAM, CRYPTO and
 * DATAGRAM, which are read and written without making objects. Numbers that RFC 9000 lets a peer choose
 * freely (limits, error codes) are clamped to 2^53 - 1 when they are read.
 */
export type ControlFrame =
  | { readonly kind: "ping" }
  | { readonly kind: "handshake_done" }
  | {
    readonly kind: "reset_stream";
    readonly streamId: number;
    readonly errorCode: number;
    readonly finalSize: number;
  }
  | { readonly kind: "stop_sending"; readonly streamId: number; readonly errorCode: number }
  | { readonly kind: "new_token"; readonly token: Uint8Array }
  | { readonly kind: "max_data"; readonly maximum: number }
  | { readonly kind: "max_stream_data"; readonly streamId: number; readonly maximum: number }
  | { readonly kind: "max_streams"; readonly direction: StreamDirection; readonly maximum: number }
  | { readonly kind: "data_blocked"; readonly limit: number }
  | { readonly kind: "stream_data_blocked"; readonly streamId: number; readonly limit: number }
  | { readonly kind: "streams_blocked"; readonly direction: StreamDirection; readonly limit: number }
  | NewConnectionId
  | { readonly kind: "retire_connection_id"; readonly sequence: number }
  | { readonly kind: "path_challenge"; readonly data: Uint8Array }
  | { readonly kind: "path_response"; readonly data: Uint8Array }
  | ConnectionClose
  | { readonly kind: "path_abandon"; readonly pathId: number; readonly errorCode: number }
  | PathStatus
  | PathNewConnectionId
  | { readonly kind: "path_retire_connection_id"; readonly pathId: number; readonly sequence: number }
  | { readonly kind: "max_path_id"; readonly maximum: number }
  | { readonly kind: "paths_blocked"; readonly maximum: number }
  | { readonly kind: "path_cids_blocked"; readonly pathId: number; readonly nextSequence: number };

/** NEW_CONNECTION_ID (RFC 9000 19.15). */
export interface NewConnectionId {
  readonly kind: "new_connection_id";
  readonly sequence: number;
  readonly retirePriorTo: number;
  /** From 1 to 20 bytes. */
  readonly connectionId: ConnectionId;
  /** 16 bytes. */
  readonly resetToken: Uint8Array;
}

/** PATH_NEW_CONNECTION_ID (draft-ietf-quic-multipath-21 4.4). */
export interface PathNewConnectionId extends Omit<NewConnectionId, "kind"> {
  readonly kind: "path_new_connection_id";
  readonly pathId: number;
}

/** CONNECTION_CLOSE (RFC 9000 19.19). */
export interface ConnectionClose {
  readonly kind: "connection_close";
  /** Who closes: the error code is one of the transport, or of the application protocol. */
  readonly layer: "transport" | "application";
  readonly errorCode: number;
  /** The frame that caused it; 0 when it is not known, or when the application closes. */
  readonly frameType: number;
  /** A text for people; bytes that are not UTF-8 are replaced when it is read. */
  readonly reason: string;
}

/** PATH_STATUS_BACKUP and PATH_STATUS_AVAILABLE (draft-ietf-quic-multipath-21 4.3). */
export interface PathStatus {
  readonly kind: "path_status_backup" | "path_status_available";
  readonly pathId: number;
  readonly sequence: number;
}

/** RFC 9000 8.2.1, 10.3. */
export const CHALLENGE_BYTES = 8;
export const RESET_TOKEN_BYTES = 16;
