import type { PathStatus } from "../../base/path.ts";
import type { FreshId } from "../ids/local_ids.ts";
import { LocalIds } from "../ids/local_ids.ts";
import { RemoteIds } from "../ids/remote_ids.ts";
import type { ConnectionId } from "../wire/connection_id.ts";

/** Ids of ours that the peer has for a path that nobody uses yet. */
const WANTED_UNUSED = 1;

/** Ids of ours that the peer has for a path in use: some to change to when it moves (RFC 9000 5.1.1). */
export const WANTED_IN_USE = 4;

/** How the end of a path id goes (draft-ietf-quic-multipath-21 3.4). */
export interface Abandonment {
  /** What we said; null before. */
  sent: number | null;
  /** What the peer said; null before. */
  received: number | null;
  /** When everything about it is forgotten. */
  discardAtUs: number;
}

/**
 * What is known of one path id, whether the path is in use or not: the connection ids of both ends, and what
 * either end wants of the path.
 */
export class PathIds {
  readonly pathId: number;
  readonly local: LocalIds;
  readonly remote: RemoteIds;
  /** What we want of it. */
  ownStatus: PathStatus = "available";
  /** What the peer was told last; null for nothing. */
  toldStatus: PathStatus | null = null;
  /** The number of the last PATH_STATUS frame of ours; -1 before any. */
  toldSequence = -1;
  /** What the peer wants of it; null before it said so. */
  peerStatus: PathStatus | null = null;
  /** The highest number of a PATH_STATUS frame of the peer; -1 before any. */
  peerSequence = -1;
  readonly abandonment: Abandonment = { sent: null, received: null, discardAtUs: Infinity };

  /**
   * @param first The ids of the handshake, for path 0; null for others.
   * @param limit The `active_connection_id_limit` that the peer was told, which holds for each path.
   * @param make Makes further ids of ours.
   */
  constructor(
    pathId: number,
    first: { readonly local: ConnectionId; readonly remote: ConnectionId } | null,
    limit: number,
    make: () => FreshId,
  ) {
    this.pathId = pathId;
    const wanted = first === null ? WANTED_UNUSED : WANTED_IN_USE;
    this.local = new LocalIds({ first: first?.local ?? null, wanted, make });
    this.remote = new RemoteIds(first?.remote ?? null, limit);
  }

  /** Whether we have given the path up, by ourselves or because the peer has. */
  get isAbandoned(): boolean {
    return this.abandonment.sent !== null;
  }
}
