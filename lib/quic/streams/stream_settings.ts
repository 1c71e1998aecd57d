/** What this end allows the peer. Sizes in bytes. */
export interface StreamSettings {
  /** Unread data of the whole connection at first. */
  readonly connectionWindow: number;
  /** Unread data of the whole connection at the most. */
  readonly maxConnectionWindow: number;
  /** Unread data of a stream at first. */
  readonly streamWindow: number;
  /** Unread data of a stream at the most. */
  readonly maxStreamWindow: number;
  /** Bidirectional streams that the peer may have open at a time. */
  readonly bidirectional: number;
  /** Unidirectional streams that the peer may have open at a time. */
  readonly unidirectional: number;
}

/** What the peer allows at first: its transport parameters (RFC 9000 18.2). */
export interface PeerLimits {
  readonly initialMaxData: number;
  readonly initialMaxStreamDataBidiLocal: number;
  readonly initialMaxStreamDataBidiRemote: number;
  readonly initialMaxStreamDataUni: number;
  readonly initialMaxStreamsBidi: number;
  readonly initialMaxStreamsUni: number;
}

/** What a peer allows of which nothing is known yet. */
export const NO_LIMITS: PeerLimits = {
  initialMaxData: 0,
  initialMaxStreamDataBidiLocal: 0,
  initialMaxStreamDataBidiRemote: 0,
  initialMaxStreamDataUni: 0,
  initialMaxStreamsBidi: 0,
  initialMaxStreamsUni: 0,
};
