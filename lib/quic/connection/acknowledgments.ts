import { QUIC_ERROR } from "../wire/error_codes.ts";
import type { FrameReader } from "../wire/frame_reader.ts";
import { QuicError } from "../wire/quic_error.ts";
import { onContentAcked } from "./content_fate.ts";
import type { Core } from "./core.ts";
import { logMetrics } from "./log.ts";
import type { PacketSpace } from "./packet_space.ts";
import type { OpenedPacket } from "./packet_opener.ts";
import { onAnswered, onLateAnswer } from "./path_health.ts";
import { detectLost } from "./recovery.ts";

/** By how much the leniency towards a path shrinks with every answer that was in time. */
const LENIENCY_STEP = 1 / 16;

/**
 * Takes an ACK frame (RFC 9002 A.7).
 *
 * @param space The packet number space that it is about.
 * @param packet The packet that it came in.
 * @throws {QuicError} `PROTOCOL_VIOLATION` for packets that were never sent.
 */
export function onAckFrame(
  core: Core,
  space: PacketSpace,
  packet: OpenedPacket,
  frame: FrameReader,
  nowUs: number,
): void {
  const path = core.path(space.pathId);
  const { level, phase } = packet;
  const outcome = space.detector.onAck(frame.ranges, nowUs);
  if (outcome.invalid) {
    throw new QuicError(
      QUIC_ERROR.PROTOCOL_VIOLATION,
      "Cannot take an acknowledgment: a packet in it was never sent",
      frame.type.codePoint,
    );
  }
  const { acked } = outcome;
  if (acked.length === 0) return;
  const newest = acked[0]!;
  const oldestUs = acked.at(-1)!.sentAtUs;
  // draft-ietf-quic-multipath-21 5.4: an acknowledgment that for once came over another path is no sample
  const via = packet.path.id;
  const isUsual = level !== "application" || via === path.id || via === path.acknowledgedVia;
  if (outcome.rttSampleUs >= 0 && isUsual && newest.content.generation === path.network.generation) {
    // RFC 9002 5.3: delays of Initial packets are passed over, others bounded once the handshake is confirmed
    const delayUs = level === "application" ? frame.ackDelay * 2 ** (core.peer?.ackDelayExponent ?? 3) : 0;
    path.rtt.sample(
      outcome.rttSampleUs,
      delayUs,
      core.handshakeConfirmed ? core.peerMaxAckDelayUs : Infinity,
    );
    // Over another path the smallest RTT is another one
    if (path.sampledVia >= 0 && path.sampledVia !== via) path.rtt.restartMinimum();
    path.sampledVia = via;
    path.leniency = Math.max(1, path.leniency - LENIENCY_STEP);
    if (path.firstSampleAtUs === Infinity) path.firstSampleAtUs = nowUs;
  }
  if (level === "handshake") core.handshakeAcked = true;
  if (level === "application") path.acknowledgedVia = via;
  // RFC 9002 7.8: a window that is not used tells nothing about the path
  const underused = 2 * path.bytesInFlight < path.congestion.windowBytes;
  for (const sent of acked) {
    space.onGone(sent);
    const current = path.onGone(sent);
    if (current && sent.inFlight) path.onDelivered(sent, underused, nowUs);
    if (current && level === "application" && path.mtuSearch.onAcked(sent)) path.onMtuChanged(nowUs);
    onContentAcked(core, space, sent);
  }
  space.lastAnswerAtUs = nowUs;
  if (level === "application") {
    const timeoutUs = core.longestProbeTimeoutUs;
    core.keys.application?.phases.onAcked(path.id, newest.packetNumber, phase, nowUs, timeoutUs);
  }
  if (outcome.spurious > 0) {
    path.counters.spuriousLosses += outcome.spurious;
    path.congestion.onSpuriousLoss();
  }
  // A path that is over tells nothing any more
  if (path.ids.isAbandoned) return;
  detectLost(core, space, nowUs);
  // What comes over another path may be about the time before the path broke
  const isFresh = packet.path === path || newest.sentAtUs >= path.suspectSinceUs;
  if (level === "application" && isFresh) {
    if (oldestUs < path.suspectSinceUs) onLateAnswer(path);
    onAnswered(core, path);
  }
  if (core.peerCompletedValidation) path.probeCount = 0;
  path.updatePace(nowUs);
  if (core.qlog !== null) logMetrics(core.qlog, path, nowUs);
}
