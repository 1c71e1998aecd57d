import type { Connection } from "../connection/connection.ts";

/** Counts of a connection over all its paths. */
export interface ConnectionStats {
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
  /** How often the congestion window was reduced. */
  readonly congestionEvents: number;
  /** How often sending had to wait for the congestion window. */
  readonly blockedByCongestion: number;
  /** How often sending had to wait for the pacer. */
  readonly blockedByPacing: number;
  /** How often sending had to wait for the other end's flow control of the connection. */
  readonly blockedByConnection: number;
  /** How often sending had to wait for the other end's flow control of a stream. */
  readonly blockedByStream: number;
  /** Streams that are not over. */
  readonly streams: number;
}

/** The counts of a connection as they are now. */
export function statsOf(connection: Connection): ConnectionStats {
  const paths = [...connection.core.paths.values()];
  const sum = (count: (path: (typeof paths)[number]) => number): number =>
    paths.reduce((total, path) => total + count(path), 0);
  const { blocked, size } = connection.streams;
  return {
    bytesSent: sum(({ counters }) => counters.bytesSent),
    bytesReceived: sum(({ counters }) => counters.bytesReceived),
    datagramsSent: sum(({ counters }) => counters.datagramsSent),
    datagramsReceived: sum(({ counters }) => counters.datagramsReceived),
    packetsLost: sum(({ counters }) => counters.packetsLost),
    bytesLost: sum(({ counters }) => counters.bytesLost),
    spuriousLosses: sum(({ counters }) => counters.spuriousLosses),
    congestionEvents: sum(({ congestion }) => congestion.congestionEvents),
    blockedByCongestion: connection.core.blocked.congestion,
    blockedByPacing: connection.core.blocked.pacing,
    blockedByConnection: blocked.connection,
    blockedByStream: blocked.stream,
    streams: size,
  };
}
