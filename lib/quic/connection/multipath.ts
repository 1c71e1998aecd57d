/** What both ends agreed on about several paths (draft-ietf-quic-multipath-21 2.1, 4.6). */
export class Multipath {
  /** Whether both ends offered it. */
  enabled = false;
  /** The largest path id that we allow. */
  ownLimit = 0;
  /** The largest path id that the peer allows. */
  peerLimit = 0;
  /** What it allowed at first: later limits are not lower. */
  firstPeerLimit = 0;
  /** The limit that the peer was last told to be in our way; -1 for none. */
  blockedAt = -1;
  /** When the next path that was abandoned is forgotten. */
  discardAtUs: number = Infinity;
  /** The path id for which the peer was last asked for connection ids; -1 for none. */
  hungryFor = -1;
  /** When the connection ends because the peer has abandoned its last path; Infinity for never. */
  strandedAtUs: number = Infinity;

  /** The largest path id that can be used now. */
  get limit(): number {
    return Math.min(this.ownLimit, this.peerLimit);
  }
}
