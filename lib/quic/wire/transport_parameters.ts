import type { Ip } from "../../base/ip.ts";
import type { ConnectionId } from "./connection_id.ts";

/** Who sends transport parameters. */
export type Sender = "client" | "server";

/** A transport parameter that is not known here, or one of GREASE. */
export interface UnknownParameter {
  /** Its id in hexadecimal digits, without leading zeros: ids go up to 2^62 - 1. */
  readonly id: string;
  readonly value: Uint8Array;
}

/** Another address of a server (RFC 9000 18.2), at least in one family. */
export interface PreferredAddress {
  readonly v4: { readonly ip: Ip; readonly port: number } | null;
  readonly v6: { readonly ip: Ip; readonly port: number } | null;
  /** The connection id with sequence number 1. */
  readonly connectionId: ConnectionId;
  /** 16 bytes. */
  readonly resetToken: Uint8Array;
}

/** RFC 9368 3. */
export interface VersionInformation {
  readonly chosen: number;
  readonly available: readonly number[];
}

/**
 * Transport parameters (RFC 9000 18.2, RFC 9221, RFC 9287, RFC 9368, draft-ietf-quic-multipath-21). Numbers
 * that were absent have their default; everything else that was absent is null. Limits beyond 2^53 - 1 are
 * clamped to it.
 */
export interface TransportParameters {
  readonly originalDestinationConnectionId: ConnectionId | null;
  /** 0 is no timeout. */
  readonly maxIdleTimeoutMs: number;
  /** 16 bytes. */
  readonly statelessResetToken: Uint8Array | null;
  readonly maxUdpPayloadSize: number;
  readonly initialMaxData: number;
  readonly initialMaxStreamDataBidiLocal: number;
  readonly initialMaxStreamDataBidiRemote: number;
  readonly initialMaxStreamDataUni: number;
  readonly initialMaxStreamsBidi: number;
  readonly initialMaxStreamsUni: number;
  readonly ackDelayExponent: number;
  readonly maxAckDelayMs: number;
  readonly disableActiveMigration: boolean;
  readonly preferredAddress: PreferredAddress | null;
  readonly activeConnectionIdLimit: number;
  readonly initialSourceConnectionId: ConnectionId | null;
  readonly retrySourceConnectionId: ConnectionId | null;
  readonly versionInformation: VersionInformation | null;
  /** The largest DATAGRAM frame that is welcome, its type and length included; 0 is none. */
  readonly maxDatagramFrameSize: number;
  readonly greaseQuicBit: boolean;
  /** The largest path id at first; null without multipath. */
  readonly initialMaxPathId: number | null;
  /** All others, in the order in which they came. */
  readonly unknown: readonly UnknownParameter[];
}

/** What holds when nothing was sent. */
export const DEFAULT_PARAMETERS: TransportParameters = {
  originalDestinationConnectionId: null,
  maxIdleTimeoutMs: 0,
  statelessResetToken: null,
  maxUdpPayloadSize: 65527,
  initialMaxData: 0,
  initialMaxStreamDataBidiLocal: 0,
  initialMaxStreamDataBidiRemote: 0,
  initialMaxStreamDataUni: 0,
  initialMaxStreamsBidi: 0,
  initialMaxStreamsUni: 0,
  ackDelayExponent: 3,
  maxAckDelayMs: 25,
  disableActiveMigration: false,
  preferredAddress: null,
  activeConnectionIdLimit: 2,
  initialSourceConnectionId: null,
  retrySourceConnectionId: null,
  versionInformation: null,
  maxDatagramFrameSize: 0,
  greaseQuicBit: false,
  initialMaxPathId: null,
  unknown: [],
};

/** The parameters that are a number. */
export type NumberParameter = {
  [Name in keyof TransportParameters]: TransportParameters[Name] extends number ? Name : never;
}[keyof TransportParameters];

/** A parameter that is a number: its id, and the range outside which it is an error. */
export interface NumberRule {
  readonly id: string;
  readonly min: number;
  readonly max: number;
}

const UNLIMITED = Infinity;

/** RFC 9000 18.2, RFC 9221 3. */
export const NUMBER_RULES: Readonly<Record<NumberParameter, NumberRule>> = {
  maxIdleTimeoutMs: { id: "1", min: 0, max: UNLIMITED },
  maxUdpPayloadSize: { id: "3", min: 1200, max: UNLIMITED },
  initialMaxData: { id: "4", min: 0, max: UNLIMITED },
  initialMaxStreamDataBidiLocal: { id: "5", min: 0, max: UNLIMITED },
  initialMaxStreamDataBidiRemote: { id: "6", min: 0, max: UNLIMITED },
  initialMaxStreamDataUni: { id: "7", min: 0, max: UNLIMITED },
  initialMaxStreamsBidi: { id: "8", min: 0, max: 2 ** 60 },
  initialMaxStreamsUni: { id: "9", min: 0, max: 2 ** 60 },
  ackDelayExponent: { id: "a", min: 0, max: 20 },
  maxAckDelayMs: { id: "b", min: 0, max: 2 ** 14 - 1 },
  activeConnectionIdLimit: { id: "e", min: 2, max: UNLIMITED },
  maxDatagramFrameSize: { id: "20", min: 0, max: UNLIMITED },
};

/** The ids of the other parameters. */
export const PARAMETER_ID = {
  originalDestinationConnectionId: "0",
  statelessResetToken: "2",
  disableActiveMigration: "c",
  preferredAddress: "d",
  initialSourceConnectionId: "f",
  retrySourceConnectionId: "10",
  versionInformation: "11",
  greaseQuicBit: "2ab2",
} as const;

/** RFC 9000 18.2: what a client must not send. */
export const SERVER_ONLY: ReadonlySet<string> = new Set([
  PARAMETER_ID.originalDestinationConnectionId,
  PARAMETER_ID.statelessResetToken,
  PARAMETER_ID.preferredAddress,
  PARAMETER_ID.retrySourceConnectionId,
]);

/**
 * A parameter that means nothing, so that peers keep on ignoring those that they do not know (RFC 9000 18.1).
 *
 * @param random Four random bytes or more; those behind the fourth become the value.
 */
export function greaseParameter(random: Uint8Array): UnknownParameter {
  const [a = 0, b = 0, c = 0, d = 0] = random;
  const n = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
  return { id: (31 * n + 27).toString(16), value: random.slice(4) };
}
