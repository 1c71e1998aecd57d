import type { Endpoint } from "./endpoint.ts";

export type { Transport } from "./transport.ts";

/** A fact that can also be not known. "unknown" is never reported as "no". */
export type Tristate = "yes" | "no" | "unknown";

/**
 * How far a path has come, in the order of progress: `validating` (a join was sent but is not usable
 * yet), `active`, `stale` (it no longer gets answers), `failed`, `closed`.
 */
export type PathState = "validating" | "active" | "stale" | "failed" | "closed";

/** Whether a path carries data in normal times, or only when nothing better is left. */
export type PathStatus = "available" | "backup";

/**
 * One path of a connection: an MPTCP subflow, a QUIC path, or the only path of a TCP connection.
 * Fields that the platform cannot tell are absent, never zero.
 */
export interface PathInfo {
  /** The MPTCP subflow id or the QUIC path id; 0 is the first. */
  readonly id: number;
  /** Address and port on this side. */
  readonly local: Endpoint;
  /** Address and port of the other side. */
  readonly remote: Endpoint;
  /** The interface that holds the local address. */
  readonly interface?: string;
  /** How far the path has come. */
  readonly state: PathState;
  /** Normal or backup. */
  readonly status: PathStatus;
  /** Smoothed round-trip time in milliseconds. */
  readonly rttMs?: number;
  /** Smallest round-trip time seen, in milliseconds. */
  readonly minRttMs?: number;
  /** Congestion window in bytes. */
  readonly cwndBytes?: number;
  /** Path MTU in bytes. */
  readonly mtu?: number;
  /** Payload bytes sent, retransmissions included. */
  readonly bytesSent: number;
  /** Bytes that the other end has acknowledged: they grow while what was sent arrives. */
  readonly bytesAcknowledged?: number;
  /** Payload bytes received. */
  readonly bytesReceived: number;
  /** Payload bytes sent more than once. */
  readonly bytesRetransmitted: number;
  /** The kernel's latest delivery rate estimate in bits per second. */
  readonly deliveryRateBps?: number;
}
