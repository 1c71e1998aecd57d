import type { SendStream, StreamFrame } from "../streams/send_stream.ts";
import { lengthThatFits } from "../wire/varint.ts";
import { streamHeaderSize, writePadding, writeStreamHeader } from "../wire/write_frame.ts";
import type { Core } from "./core.ts";
import type { PacketDraft } from "./packet_draft.ts";
import type { Path } from "./path.ts";

/** A STREAM frame with less room than this waits for the next packet. */
const MIN_STREAM_ROOM = 24;

/** Copies that wait for a path beyond this are dropped, the oldest first: it is too slow to be of use. */
const MAX_COPIES = 256;

const NOBODY: readonly Path[] = [];

/** Writes STREAM frames. Made once for a connection, so that no frame makes a closure. */
export class StreamFiller {
  /** Paths that carry what is written as well. */
  also: readonly Path[] = NOBODY;
  #draft!: PacketDraft;
  /** Whether nothing comes behind the packet, so that its last frame needs no length. */
  #last = false;

  /**
   * @param last Whether the datagram ends with this packet and is not padded.
   * @param free Whether streams may be in it that any path carries.
   */
  fill(core: Core, draft: PacketDraft, last: boolean, free: boolean): void {
    this.#draft = draft;
    this.#last = last;
    const { streams } = core;
    while (draft.room >= MIN_STREAM_ROOM) {
      const frame = streams.nextFrame(this.#room, draft.path.id, free);
      if (frame === null) return;
      const open = this.#write(draft, frame, last);
      streams.onStreamSent(frame);
      for (const path of this.also) {
        path.copies.push(frame);
        if (path.copies.length > MAX_COPIES) path.copies.shift();
      }
      if (open) return;
    }
  }

  /** Writes what another path has sent as well, as far as it is not acknowledged meanwhile. */
  fillCopies(draft: PacketDraft): void {
    this.#draft = draft;
    this.#last = false;
    const { copies, counters } = draft.path;
    while (copies.length > 0 && draft.room >= MIN_STREAM_ROOM) {
      const { stream, ...piece } = copies[0]!;
      const left = stream.unacked(piece);
      if (left === null) {
        copies.shift();
        continue;
      }
      const room = draft.room - streamHeaderSize(stream.id, stream.finalSize, -1);
      const length = Math.min(left.length, lengthThatFits(room));
      if (length <= 0 && left.length > 0) return;
      const whole = length === left.length;
      this.#write(draft, { stream, offset: left.offset, length, fin: left.fin && whole }, false);
      counters.bytesCopied += length;
      if (whole) copies.shift();
      else copies[0] = { stream, offset: left.offset + length, length: left.length - length, fin: left.fin };
    }
  }

  /** @returns Whether the frame goes to the end of the packet. */
  #write(draft: PacketDraft, frame: StreamFrame, last: boolean): boolean {
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
    return open;
  }

  readonly #room = (stream: SendStream): number => {
    const { room } = this.#draft;
    if (room < MIN_STREAM_ROOM) return -1;
    // No offset to send from is larger than this one
    const left = room - streamHeaderSize(stream.id, stream.finalSize, -1);
    return this.#last ? left : lengthThatFits(left);
  };
}
