import type { CipherSuite } from "../crypto/suites.ts";
import type { GroupName } from "./code_points.ts";
import type { IdentityVerdict, PeerIdentity } from "./identity.ts";

/** The encryption levels at which handshake bytes travel (RFC 9001 4). */
export type TlsLevel = "initial" | "handshake" | "application";

/** What a handshake wants done, in this order. */
export type TlsEvent =
  /** Send these bytes in CRYPTO frames of this level. */
  | { readonly type: "send"; readonly level: TlsLevel; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Packets of this level can be protected from now on. */
  | {
    readonly type: "keys";
    readonly level: "handshake" | "application";
    readonly suite: CipherSuite;
    readonly clientSecret: Uint8Array<ArrayBuffer>;
    readonly serverSecret: Uint8Array<ArrayBuffer>;
  }
  /** The peer's transport parameters; those of a server are proved only by its Finished. */
  | { readonly type: "transport-parameters"; readonly bytes: Uint8Array }
  /** The handshake is complete (RFC 9001 4.1.1). */
  | { readonly type: "complete" };

/** What was agreed. */
export interface TlsSummary {
  readonly suite: CipherSuite | null;
  readonly group: GroupName | null;
  readonly alpn: string | null;
  /** The name that the client asked for. */
  readonly serverName: string | null;
  /** Whether the server asked for another key share first. */
  readonly retried: boolean;
  /** Whom the other end showed itself as; null before that, or if it showed nothing. */
  readonly peer: PeerIdentity | null;
  /** What the check of that found; null without one. */
  readonly verdict: IdentityVerdict | null;
}

/**
 * One end of a TLS 1.3 handshake inside QUIC (RFC 9001 4). Pure: bytes go in, events come out; packet
 * protection, timers and retransmission are QUIC's.
 */
export interface TlsSession {
  /** Whether the handshake is complete. */
  readonly complete: boolean;
  /** What was agreed so far. */
  readonly summary: TlsSummary;
  /**
   * Takes the next bytes of the CRYPTO stream of a level.
   *
   * @throws {TlsError} With the alert to close the connection with; the session is over then.
   */
  receive(level: TlsLevel, bytes: Uint8Array): void;
  /** The next thing to do, or undefined. */
  poll(): TlsEvent | undefined;
}

/** Names of the secrets in a key log file (the format of SSLKEYLOGFILE). */
export type KeyLogLabel =
  | "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
  | "SERVER_HANDSHAKE_TRAFFIC_SECRET"
  | "CLIENT_TRAFFIC_SECRET_0"
  | "SERVER_TRAFFIC_SECRET_0";

/** Takes a line for a key log file, without its line end. */
export type KeyLog = (line: string) => void;
