import type { Endpoint } from "../../base/endpoint.ts";
import type { Ip } from "../../base/ip.ts";
import type { PathInfo, PathStatus } from "../../base/path.ts";
import type { DatagramSocket } from "../../io/datagram_socket.ts";

/** Between which addresses a path is opened. */
export interface OpenPathOptions {
  /** The address of this host to send from. @default {undefined} the system chooses */
  readonly local?: Ip;
  /** The address and port of the other end. @default {undefined} those of the first path */
  readonly remote?: Endpoint;
  /** Bind to this interface, such as `wlan0`; needs system calls. @default {undefined} any */
  readonly interface?: string;
  /** Whether it carries data in normal times. @default {"available"} */
  readonly status?: PathStatus;
  /** Use this socket, such as one of a relay or a simulator; it is closed with the path. @default {undefined} a new one */
  readonly socket?: DatagramSocket;
  /** How long its validation may take, in milliseconds, more than 0. @default {5000} */
  readonly timeoutMs?: number;
  /** Ends the wait, and the path. */
  readonly signal?: AbortSignal;
}

/** Why there was something to send and a path did not carry it: how often, by the reason. */
export interface PathBlockedCounts {
  /** Its congestion window was full. */
  readonly congestion: number;
  /** Its next packet was not due yet. */
  readonly pacing: number;
  /** The other end's address was not validated: no more than three times what came may be sent. */
  readonly amplification: number;
  /** No connection id of the other end was left for it. */
  readonly noConnectionId: number;
  /** It is a backup, and better paths could be used. */
  readonly backup: number;
  /** The scheduler took or waited for another path. */
  readonly scheduler: number;
}

/** Counts of one path. */
export interface QuicPathStats {
  /** Bytes of UDP payloads sent. */
  readonly bytesSent: number;
  /** Bytes of UDP payloads received. */
  readonly bytesReceived: number;
  /** UDP datagrams sent. */
  readonly datagramsSent: number;
  /** UDP datagrams received. */
  readonly datagramsReceived: number;
  /** Packets that were taken for lost. */
  readonly packetsLost: number;
  /** Bytes of those packets. */
  readonly bytesLost: number;
  /** Packets that were taken for lost and were not. */
  readonly spuriousLosses: number;
  /** Bytes of stream data that were sent on other paths too, before this one had an answer. */
  readonly bytesReinjected: number;
  /** What it was blocked on. */
  readonly blocked: PathBlockedCounts;
}

/** One path of a multipath connection. */
export interface QuicPath {
  /** The path id (draft-ietf-quic-multipath-21 1.2); 0 is the first path. */
  readonly id: number;
  /**
   * What is known of it now.
   *
   * @returns Addresses, state, RTT and bytes; after its end, as they were last.
   */
  info(): PathInfo;
  /**
   * Its counts now.
   *
   * @returns The counts; after its end, as they were last.
   */
  stats(): QuicPathStats;
  /**
   * Says what it is for; the other end is told (PATH_STATUS).
   *
   * @param status Normal or backup.
   * @throws {MptError} `ERR_CLOSED` when the path is over.
   */
  setStatus(status: PathStatus): void;
  /**
   * Gives it up (PATH_ABANDON). Giving up the last one ends the connection.
   *
   * @param errorCode A code of the multipath extension or the application. @default {0}
   */
  close(errorCode?: number): void;
  /** Resolves when it is over. Never rejects. */
  readonly closed: Promise<void>;
}

/** How a path is broken on purpose: without a word to either end, or by closing its socket. */
export type PathBreak = "silent" | "close";

/**
 * What happened to a path:
 *
 * - `opened`: the other end began it.
 * - `validated`: both ends know that the other is there; it carries data.
 * - `migrated`: its addresses changed, as after the rebinding of a NAT.
 * - `suspect`: its packets get no answer; what was on its way goes over other paths.
 * - `recovered`: it gets answers again.
 * - `failed`: it could not be validated, or got no answer for too long.
 * - `status`: one of the ends made it a backup, or normal again.
 * - `stranded`: the other end gave up the last path: without another one at once the connection ends.
 * - `abandoned`: one of the ends gave it up; the counts are final.
 */
export type QuicPathChange =
  | "opened"
  | "validated"
  | "migrated"
  | "suspect"
  | "recovered"
  | "failed"
  | "status"
  | "stranded"
  | "abandoned";

/** Something that happened to a path. */
export interface QuicPathEvent {
  /** What it was. */
  readonly change: QuicPathChange;
  /** The path right after it. */
  readonly path: PathInfo;
  /** Its counts right after it. */
  readonly stats: QuicPathStats;
  /** Who gave it up; null for other changes. */
  readonly by: "local" | "peer" | null;
  /** With which code it was given up; null for other changes. */
  readonly errorCode: number | null;
}
