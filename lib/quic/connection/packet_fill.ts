import { takeFirst } from "../../base/take_first.ts";
import {
  ackRangesThatFit,
  ackSize,
  cryptoHeaderSize,
  datagramHeaderSize,
  writeAck,
  writeCryptoHeader,
  writeDatagramHeader,
} from "../wire/write_frame.ts";
import type { ControlFrame } from "../wire/frames.ts";
import type { Core } from "./core.ts";
import type { NetworkPath } from "./network_path.ts";
import type { PacketDraft } from "./packet_draft.ts";
import type { PacketSpace } from "./packet_space.ts";
import type { PathIds } from "./path_ids.ts";

/** After so many packets with nothing but acknowledgments one asks for an acknowledgment itself. */
const ACKS_WITHOUT_ANSWER = 32;

/** After so many in any case: each is remembered until it is acknowledged. */
const MAX_ACKS_WITHOUT_ANSWER = 256;

/**
 * Writes the PATH_RESPONSE frames of a way as far as there is room (RFC 9000 8.2.2).
 *
 * @returns Whether there was one.
 */
export function addResponses(way: NetworkPath, draft: PacketDraft): boolean {
  let any = false;
  for (let data = way.nextResponse; data !== null; data = way.nextResponse) {
    if (!draft.addControl({ kind: "path_response", data })) break;
    way.onResponseSent();
    any = true;
  }
  return any;
}

/** Writes the ACK frames of the paths whose acknowledgments this one carries, those that are of use now. */
export function addAcks(core: Core, draft: PacketDraft, nowUs: number): void {
  const { carries } = draft.path;
  for (let index = 0; index < carries.length; index++) {
    const { space } = carries[index]!;
    if (space.received.ackAtUs < Infinity) addAck(core, draft, space, nowUs);
  }
}

/**
 * Nothing comes on a path any more: if it is broken the last acknowledgment was lost with it, and what has
 * arrived would be sent again before what is missing. So it goes once over a path that works.
 */
export function repeatAcks(core: Core, draft: PacketDraft, nowUs: number): void {
  for (const path of core.openPaths) {
    if (path.ackRepeated || path === draft.path) continue;
    // Its own acknowledgment has arrived by then, so that this one is no sample of the RTT
    const silentUs = Math.max(core.config.maxAckDelayMs * 1000, path.rtt.smoothedUs);
    if (nowUs - path.lastReceivedUs < silentUs) continue;
    path.ackRepeated = true;
    addAck(core, draft, path.space, nowUs);
  }
}

/** Writes an ACK frame for what arrived in a packet number space. */
export function addAck(core: Core, draft: PacketDraft, space: PacketSpace, nowUs: number): void {
  const { received, level, pathId } = space;
  if (received.count === 0) return;
  // draft-ietf-quic-multipath-21 2.3
  const about = core.multipath.enabled && level === "application" ? pathId : -1;
  const delay = level === "application"
    ? Math.floor(received.ackDelayUs(nowUs) / 2 ** core.config.ackDelayExponent)
    : 0;
  const counts = received.ecn;
  const ecn = counts.ect0 + counts.ect1 + counts.ce > 0 ? counts : null;
  const { codePoints } = core.config;
  const count = ackRangesThatFit(draft.room, about, received, delay, ecn, codePoints);
  if (count === 0 || ackSize(about, received, count, delay, ecn, codePoints) > draft.room) return;
  draft.at = writeAck(draft.buffer, draft.at, about, received, count, delay, ecn, codePoints);
  draft.content.addAck(pathId, received.largest(0));
}

/** RFC 9000 13.2.4: acknowledged acknowledgments let both ends forget; so one is asked for now and then. */
export function wantsAnswer(draft: PacketDraft): boolean {
  const { onlyAcks, pathId } = draft.space;
  // Losses leave gaps; acknowledgments of other paths are to be known to arrive as well
  return onlyAcks >= MAX_ACKS_WITHOUT_ANSWER || (onlyAcks >= ACKS_WITHOUT_ANSWER &&
    (draft.space.received.count > 1 || draft.path.carries.some(({ id }) => id !== pathId)));
}

/** Writes CRYPTO frames of the packet's level. */
export function addCrypto(core: Core, draft: PacketDraft): void {
  const stream = core.crypto[draft.space.level];
  if (!stream.hasData) return;
  const { send } = stream;
  while (send.hasRetransmissions || send.unsentBytes > 0) {
    // The header with the longest length that could be needed
    const room = draft.room - cryptoHeaderSize(send.sentOffset, draft.room);
    const piece = send.next(room, Infinity);
    if (piece === null) return;
    const dataStart = writeCryptoHeader(draft.buffer, draft.at, piece.offset, piece.length);
    send.copy(piece, draft.buffer, dataStart);
    send.onSent(piece);
    draft.at = dataStart + piece.length;
    draft.content.addCrypto(piece);
    draft.ackEliciting = true;
  }
}

/**
 * Writes the frames about connection ids.
 *
 * @returns Whether all are written.
 */
export function addAllIdFrames(core: Core, draft: PacketDraft): boolean {
  for (const ids of core.ids.values()) {
    if (!addIdFrames(core, draft, ids)) return false;
  }
  return true;
}

/** Writes the other frames that are values: limits, resets. */
export function addControlFrames(core: Core, draft: PacketDraft, nowUs: number): void {
  const { control, streams } = core;
  while (control.length > 0) {
    if (!draft.addControl(control[0]!)) return;
    takeFirst(control);
  }
  if (!streams.hasControl) return;
  const rttUs = core.longestRttUs;
  for (
    let frame = streams.pollControl(nowUs, rttUs);
    frame !== null;
    frame = streams.pollControl(nowUs, rttUs)
  ) {
    if (draft.addControl(frame)) continue;
    control.push(frame);
    return;
  }
}

/** Writes the frames about the connection ids of a path. @returns False if there is no room for one. */
function addIdFrames(core: Core, draft: PacketDraft, ids: PathIds): boolean {
  const { pathId, local, remote } = ids;
  const { enabled, peerLimit } = core.multipath;
  // draft-ietf-quic-multipath-21 3.2
  const explicit = enabled && core.handshakeComplete;
  if (pathId > 0 && (!explicit || pathId > peerLimit)) return true;
  while (remote.wantsToRetire) {
    const sequence = remote.pollRetire();
    if (sequence === null) break;
    const frame: ControlFrame = explicit
      ? { kind: "path_retire_connection_id", pathId, sequence }
      : { kind: "retire_connection_id", sequence };
    if (draft.addControl(frame)) continue;
    remote.onRetireLost(sequence);
    return false;
  }
  while (local.wantsToIssue && !ids.isAbandoned) {
    const isNew = local.nextSequence;
    const issued = local.poll();
    if (issued === null) break;
    if (issued.sequence === isNew) core.addLocalId(issued.connectionId, ids);
    const frame: ControlFrame = explicit
      ? { kind: "path_new_connection_id", pathId, ...issued }
      : { kind: "new_connection_id", ...issued };
    if (draft.addControl(frame)) continue;
    local.onLost(issued.sequence);
    return false;
  }
  return true;
}

/**
 * Writes DATAGRAM frames (RFC 9221); those that fit no packet of this path are dropped.
 *
 * @param free Whether those may be in it that any path carries.
 */
export function addDatagrams(core: Core, draft: PacketDraft, free: boolean): void {
  const { datagrams } = core;
  const pathId = draft.path.id;
  for (let data = datagrams.peek(pathId, free); data !== undefined; data = datagrams.peek(pathId, free)) {
    const size = datagramHeaderSize(data.length) + data.length;
    if (size > draft.room) {
      if (!draft.isEmpty) return;
      datagrams.shift(pathId);
      continue;
    }
    const dataStart = writeDatagramHeader(draft.buffer, draft.at, data.length);
    draft.buffer.set(data, dataStart);
    draft.at = dataStart + data.length;
    draft.ackEliciting = true;
    datagrams.shift(pathId);
  }
}
