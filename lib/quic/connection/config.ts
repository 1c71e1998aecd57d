import type { CryptoBackend } from "../../crypto/aead.ts";
import type { CongestionController } from "../recovery/congestion.ts";
import type { Coupling } from "../recovery/coupling.ts";
import { Cubic } from "../recovery/cubic.ts";
import { INITIAL_RTT_US } from "../recovery/rtt.ts";
import type { Qlog } from "../qlog/qlog.ts";
import { DEFAULT_SCHEDULER, schedulers } from "../scheduler/schedulers.ts";
import type { SchedulerFactory } from "../scheduler/scheduler.ts";
import type { Side } from "../streams/stream_id.ts";
import type { ConnectionId } from "../wire/connection_id.ts";
import type { StreamSettings } from "../streams/streams.ts";
import { MULTIPATH, type MultipathCodePoints } from "../wire/multipath.ts";
import { DEFAULT_PARAMETERS, type TransportParameters } from "../wire/transport_parameters.ts";

/** RFC 9000 5.1.1: the ids that we issue are long enough to be unique, and all of one length. */
export const LOCAL_ID_BYTES = 8;

/** Gives so many random bytes. */
export type Random = (length: number) => Uint8Array;

/** How a connection behaves. */
export interface ConnectionConfig {
  readonly backend: CryptoBackend;
  readonly random: Random;
  /** What the peer may send at first, and at the most. */
  readonly streams: StreamSettings;
  /** After so long without a sign of life the connection is over; 0 for never. */
  readonly maxIdleTimeoutMs: number;
  /** How often to say something while nothing is to be said; 0 for never. */
  readonly keepAliveMs: number;
  /** How long an acknowledgment may wait. */
  readonly maxAckDelayMs: number;
  readonly ackDelayExponent: number;
  /** How many ids the peer may issue to us. */
  readonly activeConnectionIdLimit: number;
  /** The largest DATAGRAM frame that we take; 0 for none (RFC 9221). */
  readonly maxDatagramFrameSize: number;
  /** The largest UDP payload that we take. */
  readonly maxUdpPayloadSize: number;
  /** The largest UDP payload to try. */
  readonly maxMtu: number;
  /** The RTT to assume before it is measured, in microseconds. */
  readonly initialRttUs: number;
  /** Makes the log of a connection; null for none. */
  readonly qlog: ((side: Side, originalDestination: ConnectionId, startUs: number) => Qlog) | null;
  /**
   * The largest path id that the peer may use at first, 1 or more; null for one path only
   * (draft-ietf-quic-multipath-21 2.1).
   */
  readonly initialMaxPathId: number | null;
  /** The numbers of the frames of multipath: those of the RFC, or of an older draft for older peers. */
  readonly codePoints: MultipathCodePoints;
  /** Whether each decision of the scheduler goes into the log. */
  readonly logScheduler: boolean;
  /** How long a path may be without an answer while others work, before it is given up. */
  readonly pathFailureMs: number;
  /** After so long without anything from the peer a path is given up while others work; 0 for never. */
  readonly pathIdleMs: number;
  /** How often to ask on each path whether it still works while nothing is sent there; 0 for never. */
  readonly pathKeepAliveMs: number;
  /** Makes what chooses the path of the next data, when there are several. */
  readonly scheduler: SchedulerFactory;
  /** Makes the congestion control of a path. */
  readonly congestion: (mtu: number, coupling: Coupling) => CongestionController;
}

/** The parts of a configuration that have no sensible default. */
export type ConfigBasis = Pick<ConnectionConfig, "backend" | "random">;

/** A configuration with defaults for what is not given. */
export function connectionConfig(basis: ConfigBasis & Partial<ConnectionConfig>): ConnectionConfig {
  return {
    streams: {
      connectionWindow: 1_048_576,
      maxConnectionWindow: 25_165_824,
      streamWindow: 524_288,
      maxStreamWindow: 16_777_216,
      bidirectional: 100,
      unidirectional: 100,
    },
    maxIdleTimeoutMs: 30_000,
    keepAliveMs: 0,
    maxAckDelayMs: 25,
    ackDelayExponent: 3,
    activeConnectionIdLimit: 4,
    maxDatagramFrameSize: 65_535,
    maxUdpPayloadSize: 65_527,
    maxMtu: 1452,
    initialRttUs: INITIAL_RTT_US,
    qlog: null,
    initialMaxPathId: null,
    codePoints: MULTIPATH,
    logScheduler: false,
    pathFailureMs: 10_000,
    pathIdleMs: 0,
    pathKeepAliveMs: 0,
    scheduler: schedulers[DEFAULT_SCHEDULER],
    congestion: (mtu) => new Cubic(mtu),
    ...basis,
  };
}

/** The transport parameters that follow from a configuration; those about connection ids are the caller's. */
export function localParameters(
  config: ConnectionConfig,
  ids: Partial<TransportParameters>,
): TransportParameters {
  const { streams } = config;
  return {
    ...DEFAULT_PARAMETERS,
    maxIdleTimeoutMs: config.maxIdleTimeoutMs,
    maxUdpPayloadSize: config.maxUdpPayloadSize,
    initialMaxData: streams.connectionWindow,
    initialMaxStreamDataBidiLocal: streams.streamWindow,
    initialMaxStreamDataBidiRemote: streams.streamWindow,
    initialMaxStreamDataUni: streams.streamWindow,
    initialMaxStreamsBidi: streams.bidirectional,
    initialMaxStreamsUni: streams.unidirectional,
    ackDelayExponent: config.ackDelayExponent,
    maxAckDelayMs: config.maxAckDelayMs,
    activeConnectionIdLimit: config.activeConnectionIdLimit,
    maxDatagramFrameSize: config.maxDatagramFrameSize,
    initialMaxPathId: config.initialMaxPathId,
    greaseQuicBit: true,
    ...ids,
  };
}
