/**
 * The numbers that multipath QUIC has for its frames, parameter and errors. They changed between drafts
 * whose layouts are the same, so that another draft is another one of these.
 */
export interface MultipathCodePoints {
  /** The transport parameter `initial_max_path_id`, in hexadecimal digits: in older drafts it is beyond 2^53. */
  readonly initialMaxPathId: string;
  /** PATH_ACK; the one with ECN counts is the next number. */
  readonly pathAck: number;
  readonly pathAbandon: number;
  readonly pathStatusBackup: number;
  readonly pathStatusAvailable: number;
  readonly pathNewConnectionId: number;
  readonly pathRetireConnectionId: number;
  readonly maxPathId: number;
  readonly pathsBlocked: number;
  readonly pathCidsBlocked: number;
}

/** draft-ietf-quic-multipath-21 6. */
export const MULTIPATH: MultipathCodePoints = {
  initialMaxPathId: "3e",
  pathAck: 0x3e,
  pathAbandon: 0x3e75,
  pathStatusBackup: 0x3e76,
  pathStatusAvailable: 0x3e77,
  pathNewConnectionId: 0x3e78,
  pathRetireConnectionId: 0x3e79,
  maxPathId: 0x3e7a,
  pathsBlocked: 0x3e7b,
  pathCidsBlocked: 0x3e7c,
};

/** draft-ietf-quic-multipath-13 to -18, whose layouts are those of today: what older programs speak. */
export const MULTIPATH_DRAFT_13: MultipathCodePoints = {
  initialMaxPathId: "f739bbc1b666d0d",
  pathAck: 0x15228c00,
  pathAbandon: 0x15228c05,
  pathStatusBackup: 0x15228c07,
  pathStatusAvailable: 0x15228c08,
  pathNewConnectionId: 0x15228c09,
  pathRetireConnectionId: 0x15228c0a,
  maxPathId: 0x15228c0c,
  pathsBlocked: 0x15228c0d,
  pathCidsBlocked: 0x15228c0e,
};

/** Error codes of PATH_ABANDON frames (draft-ietf-quic-multipath-21 6), besides NO_ERROR. */
export const PATH_ERROR = {
  NO_ERROR: 0x00,
  APPLICATION_ABANDON_PATH: 0x3e,
  PATH_RESOURCE_LIMIT_REACHED: 0x3e75,
  PATH_UNSTABLE_OR_POOR: 0x3e76,
  NO_CID_AVAILABLE_FOR_PATH: 0x3e77,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(PATH_ERROR).map(([name, code]) => [code, name]),
);

/** draft-ietf-quic-multipath-21 2.1: path ids have 32 bits. */
export const MAX_PATH_ID: number = 2 ** 32 - 1;

/** The name of an error code of PATH_ABANDON, or its number. */
export function pathErrorName(errorCode: number): string {
  return NAMES.get(errorCode) ?? `0x${errorCode.toString(16)}`;
}
