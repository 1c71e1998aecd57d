import { TAG_BYTES } from "../../crypto/suites.ts";
import { isAckEliciting } from "../wire/frame_types.ts";
import type { ConnectionId } from "../wire/connection_id.ts";
import type { ControlFrame } from "../wire/frames.ts";
import { MULTIPATH, type MultipathCodePoints } from "../wire/multipath.ts";
import { packetNumberSize } from "../wire/packet_number.ts";
import { controlFrameSize, writeControlFrame } from "../wire/write_control_frame.ts";
import {
  type LongHeader,
  longHeaderSize,
  shortHeaderSize,
  writeLength,
  writeLongHeader,
  writeShortHeader,
} from "../wire/write_packet.ts";
import { writePadding } from "../wire/write_frame.ts";
import type { Core } from "./core.ts";
import { logSent } from "./log.ts";
import { PacketContent } from "./packet_content.ts";
import type { PacketSpace } from "./packet_space.ts";
import type { Path } from "./path.ts";

/** RFC 9001 5.4.2: packet number and payload have four bytes at the least, for the sample. */
const MIN_SAMPLED_BYTES = 4;

const NO_TOKEN = new Uint8Array(0);

/** A packet that is being put together in a slab. Made once, used for many. */
export class PacketDraft {
  space!: PacketSpace;
  path!: Path;
  buffer!: Uint8Array<ArrayBuffer>;
  content!: PacketContent;
  packetNumber = 0;
  headerStart = 0;
  numberStart = 0;
  payloadStart = 0;
  /** The end of what was written. */
  at = 0;
  /** Where the payload has to end at the latest: the tag comes behind it. */
  limit = 0;
  ackEliciting = false;
  padded = false;
  /** The long header; null for a short one. */
  longHeader: LongHeader | null = null;

  #points: MultipathCodePoints = MULTIPATH;

  /** The bytes that are left. */
  get room(): number {
    return this.limit - this.at;
  }

  /** Whether no frame was written. */
  get isEmpty(): boolean {
    return this.at === this.payloadStart;
  }

  /**
   * Starts with the header.
   *
   * @param destination The id of the peer; undefined if there is none for this.
   * @param start Where the packet begins.
   * @param end Where it has to end at the latest.
   * @returns False if there is no room for a packet.
   */
  begin(
    core: Core,
    path: Path,
    destination: ConnectionId | undefined,
    space: PacketSpace,
    buffer: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
  ): boolean {
    if (destination === undefined || space.exhausted) {
      core.blocked.noConnectionId++;
      path.blocked.noConnectionId++;
      return false;
    }
    this.#points = core.config.codePoints;
    this.space = space;
    this.path = path;
    this.buffer = buffer;
    this.packetNumber = space.nextPacketNumber;
    this.headerStart = start;
    this.limit = end - TAG_BYTES;
    this.ackEliciting = false;
    this.padded = false;
    const numberBytes = packetNumberSize(this.packetNumber, space.detector.largestAcked);
    this.longHeader = null;
    if (space.level === "application") {
      const size = shortHeaderSize(destination, numberBytes);
      if (start + size + MIN_SAMPLED_BYTES > this.limit) return false;
      const phase = core.keys.application?.phases.phase === 1;
      this.payloadStart = writeShortHeader(
        buffer,
        start,
        destination,
        false,
        phase,
        this.packetNumber,
        numberBytes,
        core.quicBit.next(core.peer?.greaseQuicBit === true),
      );
    } else {
      const header: LongHeader = {
        type: space.level,
        version: core.version,
        destination,
        source: core.source,
        token: space.level === "initial" ? core.token : NO_TOKEN,
      };
      this.longHeader = header;
      if (start + longHeaderSize(header, numberBytes) + MIN_SAMPLED_BYTES > this.limit) return false;
      this.payloadStart = writeLongHeader(
        buffer,
        start,
        header,
        this.packetNumber,
        numberBytes,
        core.quicBit.next(core.peer?.greaseQuicBit === true),
      );
    }
    this.numberStart = this.payloadStart - numberBytes;
    this.at = this.payloadStart;
    this.content = new PacketContent(path.network.generation);
    return true;
  }

  /** Writes a frame, if there is room. */
  addControl(frame: ControlFrame): boolean {
    if (controlFrameSize(frame, this.#points) > this.room) return false;
    this.at = writeControlFrame(this.buffer, this.at, frame, this.#points);
    this.content.addControl(frame);
    if (isAckEliciting(frame.kind)) this.ackEliciting = true;
    return true;
  }

  /** Fills up with PADDING, so that the packet with its tag ends there. */
  padTo(end: number): void {
    const missing = Math.min(end - TAG_BYTES, this.limit) - this.at;
    if (missing <= 0) return;
    this.at = writePadding(this.buffer, this.at, missing);
    this.padded = true;
  }

  /** The end that the packet will have at the least, now that its frames are written. */
  settle(): number {
    this.padTo(this.numberStart + MIN_SAMPLED_BYTES + TAG_BYTES);
    return this.at + TAG_BYTES;
  }

  /**
   * Protects the packet and notes that it was sent. Its header is masked later, with others.
   *
   * @param appLimited Whether there is nothing more to send.
   * @returns Its end.
   */
  finish(core: Core, nowUs: number, appLimited: boolean, mtuProbe: boolean = false): number {
    const { space, path, headerStart, packetNumber, content } = this;
    this.settle();
    if (core.qlog !== null) {
      logSent(core.qlog, this, core.keys.application?.phases.phase ?? 0, mtuProbe, nowUs);
    }
    const end = this.#seal(core);
    const packet = {
      packetNumber,
      sentAtUs: nowUs,
      bytes: end - headerStart,
      ackEliciting: this.ackEliciting,
      inFlight: this.ackEliciting || this.padded,
      appLimited,
      mtuProbe,
      content,
    };
    space.onSent(packet);
    path.onSent(packet);
    path.lastSentUs = nowUs;
    if (content.ackLargest >= 0) onAckSent(core, this);
    if (this.ackEliciting) {
      core.idle.onElicitingSent(nowUs);
      if (space.probes > 0) space.probes--;
      space.onlyAcks = 0;
    } else {
      space.onlyAcks++;
    }
    return end;
  }

  #seal(core: Core): number {
    const { space, buffer, headerStart, numberStart, payloadStart, at, packetNumber } = this;
    if (space.level === "application") {
      const keys = core.keys.application!;
      const end = keys.phases.seal(buffer, headerStart, payloadStart, at, this.path.id, packetNumber);
      keys.headers.out.add(buffer, headerStart, numberStart, end);
      if (keys.headers.out.full) keys.headers.out.protect();
      return end;
    }
    const keys = core.keys[space.level]!;
    writeLength(buffer, numberStart, at + TAG_BYTES);
    const end = keys.seal.seal(buffer, headerStart, payloadStart, at, 0, packetNumber);
    keys.headers.out.add(buffer, headerStart, numberStart, end);
    keys.headers.out.protect();
    return end;
  }
}

function onAckSent(core: Core, draft: PacketDraft): void {
  const { space, content } = draft;
  if (space.level !== "application") {
    space.received.onAckSent();
    return;
  }
  core.path(content.ackPathId).space.received.onAckSent();
  for (const { pathId } of content.moreAcks) core.path(pathId).space.received.onAckSent();
}
