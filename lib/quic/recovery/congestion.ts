/** An acknowledged packet, as a congestion controller sees it. Times in microseconds. */
export interface AckedPacket {
  readonly bytes: number;
  readonly sentAtUs: number;
  /** The sender had nothing more to send then (RFC 9002 7.8). */
  readonly appLimited: boolean;
}

/**
 * Decides how much may be in flight on one path. Implementations are pure: times go in, in microseconds.
 */
export interface CongestionController {
  /** Its name, as on the command line. */
  readonly name: string;
  /** The congestion window in bytes. */
  readonly windowBytes: number;
  /** The slow start threshold in bytes; Infinity before the first congestion. */
  readonly thresholdBytes: number;
  /** Whether the window grows exponentially. */
  readonly inSlowStart: boolean;
  /** How many times the window was reduced. */
  readonly congestionEvents: number;

  /** Takes one acknowledged packet, with the path's smoothed and smallest RTT. */
  onAcked(
    packet: AckedPacket,
    nowUs: number,
    rtt: { readonly smoothedUs: number; readonly minUs: number },
  ): void;
  /** Packets were lost or marked CE, the newest of them sent at this time (RFC 9002 7.3.2, 7.1). */
  onCongestion(sentAtUs: number, nowUs: number): void;
  /** RFC 9002 7.6: nothing got through for a while. */
  onPersistentCongestion(): void;
  /** The losses of the last event were none: as if it had not been. */
  onSpuriousLoss(): void;
  /** The size of the path's packets changed. */
  onMtu(mtu: number): void;
  /** The path is over, or starts again with another controller: those that are coupled have to know. */
  end?(): void;
}

/**
 * The window to start with (RFC 9002 7.2).
 *
 * @param mtu The size of the path's packets.
 */
export function initialWindow(mtu: number): number {
  return Math.min(10 * mtu, Math.max(2 * mtu, 14_720));
}

/**
 * The least window (RFC 9002 7.2).
 *
 * @param mtu The size of the path's packets.
 */
export function minimumWindow(mtu: number): number {
  return 2 * mtu;
}
