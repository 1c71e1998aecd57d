import type { SentPacket } from "./sent_packet.ts";

/** RFC 9002 7.6.1: how many probe timeouts without any delivery are persistent congestion. */
const THRESHOLD = 3;

/**
 * Whether lost packets show that nothing got through for a while (RFC 9002 7.6.2): two ack-eliciting packets
 * sent that far apart, and everything between them lost too.
 *
 * @param lost Packets lost at the same time, the oldest first.
 * @param probeTimeoutUs The probe timeout with the peer's maximum ack delay, without backoff.
 * @param firstSampleAtUs When the first RTT sample was taken: earlier packets do not count; Infinity for none.
 */
export function isPersistentCongestion(
  lost: readonly SentPacket<unknown>[],
  probeTimeoutUs: number,
  firstSampleAtUs: number,
): boolean {
  let first: SentPacket<unknown> | undefined;
  let last: SentPacket<unknown> | undefined;
  for (const packet of lost) {
    // Every number between was lost as well, or something got through.
    if (last !== undefined && packet.packetNumber !== last.packetNumber + 1) first = undefined;
    last = packet;
    if (!packet.ackEliciting || packet.sentAtUs <= firstSampleAtUs) continue;
    first ??= packet;
    if (packet.sentAtUs - first.sentAtUs > THRESHOLD * probeTimeoutUs) return true;
  }
  return false;
}
