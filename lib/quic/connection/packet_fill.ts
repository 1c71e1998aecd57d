import type { SendStream } from "../streams/send_stream.ts";
import { lengthThatFits } from "../wire/varint.ts";
import {
  ackRangesThatFit,
  ackSize,
  cryptoHeaderSize,
  datagramHeaderSize,
  streamHeaderSize,
  writeAck,
  writeCryptoHeader,
  writeDatagramHeader,
  writePadding,
  writeStreamHeader,
} from "../wire/write_frame.ts";
import type { Core } from "./core.ts";
import type { PacketDraft } from "./packet_draft.ts";

/** A STREAM frame with less room than this waits for the next packet. */
const MIN_STREAM_ROOM = 24;

/** After so many packets with nothing but acknowledgments one asks for an acknowledgment itself. */
const ACKS_WITHOUT_ANSWER = 32;

/** Writes an ACK frame for what arrived in the packet's own space. */
export function addAck(core: Core, draft: PacketDraft, nowUs: number): void {
  const { received, level } = draft.space;
  if (received.count === 0) return;
  const delay = level === "application"
    ? Math.floor(received.ackDelayUs(nowUs) / 2 ** core.config.ackDelayExponent)
    : 0;
  const counts = received.ecn;
  const ecn = counts.ect0 + counts.ect1 + counts.ce > 0 ? counts : null;
  const count = ackRangesThatFit(draft.room, -1, received, delay, ecn);
  if (count === 0 || ackSize(-1, received, count, delay, ecn) > draft.room) return;
  draft.at = writeAck(draft.buffer, draft.at, -1, received, count, delay, ecn);
  draft.content.ackLargest = received.largest(0);
  draft.content.ackPathId = draft.space.pathId;
}

/** RFC 9000 13.2.4: acknowledged acknowledgments let both ends forget; so one is asked for now and then. */
export function wantsAnswer(draft: PacketDraft): boolean {
  return draft.space.onlyAcks >= ACKS_WITHOUT_ANSWER && draft.space.received.count > 1;
}

/** Writes CRYPTO frames of the packet's level. */
export function addCrypto(core: Core, draft: PacketDraft): void {
  const { send, hasData } = core.crypto[draft.space.level];
  if (!hasData) return;
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

/** Writes the frames that are values: ids, limits, resets. */
export function addControlFrames(core: Core, draft: PacketDraft, nowUs: number): void {
  const { control, streams } = core;
  while (control.length > 0) {
    if (!draft.addControl(control[0]!)) return;
    control.shift();
  }
  for (const { localIds, remoteIds } of core.paths.values()) {
    for (let sequence = remoteIds.pollRetire(); sequence !== null; sequence = remoteIds.pollRetire()) {
      if (draft.addControl({ kind: "retire_connection_id", sequence })) continue;
      remoteIds.onRetireLost(sequence);
      return;
    }
    while (localIds.wantsToIssue) {
      const isNew = localIds.nextSequence;
      const issued = localIds.poll();
      if (issued === null) break;
      if (issued.sequence === isNew) {
        core.idChanges.push({ type: "added", connectionId: issued.connectionId });
      }
      if (draft.addControl({ kind: "new_connection_id", ...issued })) continue;
      localIds.onLost(issued.sequence);
      return;
    }
  }
  const rttUs = draft.path.rtt.smoothedUs;
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

/** Writes DATAGRAM frames (RFC 9221); those that fit no packet of this path are dropped. */
export function addDatagrams(core: Core, draft: PacketDraft): void {
  for (let data = core.datagrams.peek(); data !== undefined; data = core.datagrams.peek()) {
    const size = datagramHeaderSize(data.length) + data.length;
    if (size > draft.room) {
      if (!draft.isEmpty) return;
      core.datagrams.shift();
      continue;
    }
    const dataStart = writeDatagramHeader(draft.buffer, draft.at, data.length);
    draft.buffer.set(data, dataStart);
    draft.at = dataStart + data.length;
    draft.ackEliciting = true;
    core.datagrams.shift();
  }
}

/** Writes STREAM frames. Made once for a connection, so that no frame makes a closure. */
export class StreamFiller {
  #draft!: PacketDraft;
  /** Whether nothing comes behind the packet, so that its last frame needs no length. */
  #last = false;

  /**
   * @param last Whether the datagram ends with this packet and is not padded.
   */
  fill(core: Core, draft: PacketDraft, last: boolean): void {
    this.#draft = draft;
    this.#last = last;
    const { streams } = core;
    while (draft.room >= MIN_STREAM_ROOM) {
      const frame = streams.nextFrame(this.#room);
      if (frame === null) return;
      const { stream, offset, length, fin } = frame;
      const { buffer } = draft;
      const bare = streamHeaderSize(stream.id, offset, -1) + length;
      const full = streamHeaderSize(stream.id, offset, length) + length;
      const open = last && full > draft.room;
      // An offset that is shorter than was reckoned with leaves a gap: packets of one batch are of one size
      if (open) draft.at = writePadding(buffer, draft.at, draft.room - bare);
      const dataStart = writeStreamHeader(buffer, draft.at, stream.id, offset, open ? -1 : length, fin);
      stream.copy(frame, buffer, dataStart);
      draft.at = dataStart + length;
      draft.content.addStream(frame);
      draft.ackEliciting = true;
      streams.onStreamSent(frame);
      if (open) return;
    }
  }

  readonly #room = (stream: SendStream): number => {
    const { room } = this.#draft;
    if (room < MIN_STREAM_ROOM) return -1;
    // No offset to send from is larger than this one
    const left = room - streamHeaderSize(stream.id, stream.finalSize, -1);
    return this.#last ? left : lengthThatFits(left);
  };
}
