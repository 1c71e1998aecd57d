/** How often an end of a QUIC connection had something to send and could not. */
export interface BlockedCounts {
  /** The congestion window was full. */
  readonly congestion: number;
  /** The pacer spread what the window allowed. */
  readonly pacing: number;
  /** The other end took no more on the connection. */
  readonly connection_flow_control: number;
  /** The other end took no more on a stream. */
  readonly stream_flow_control: number;
}

/** The counts of several connections together; null when none of them counts. */
export function addBlocked(all: readonly (BlockedCounts | null)[]): BlockedCounts | null {
  const known = all.filter((each) => each !== null);
  if (known.length === 0) return null;
  return known.reduce((a, b) => ({
    congestion: a.congestion + b.congestion,
    pacing: a.pacing + b.pacing,
    connection_flow_control: a.connection_flow_control + b.connection_flow_control,
    stream_flow_control: a.stream_flow_control + b.stream_flow_control,
  }));
}
