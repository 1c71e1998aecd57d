import { MptError } from "../../base/errors.ts";
import { takeFirst } from "../../base/take_first.ts";
import type { ControlFrame, StreamDirection } from "../wire/frames.ts";
import { ReceiveWindow } from "./flow_control.ts";
import type { ReceiveStream } from "./receive_stream.ts";
import { type StreamEvent, StreamEvents } from "./stream_events.ts";
import type { Side } from "./stream_id.ts";
import { type StreamFrame, StreamSender } from "./stream_sender.ts";
import type { PeerLimits, StreamSettings } from "./stream_settings.ts";
import { StreamTable } from "./stream_table.ts";
import type { SendStream, StreamPiece } from "./send_stream.ts";

export type { StreamEvent } from "./stream_events.ts";
export type { StreamFrame } from "./stream_sender.ts";
export type { PeerLimits, StreamSettings } from "./stream_settings.ts";

/** With fewer unsent bytes than this a writer is asked for more: a few batches of packets. */
const LOW_BYTES = 262_144;

/** What reading a stream gave. */
export type ReadResult =
  | { readonly type: "data"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: "end" }
  | { readonly type: "reset"; readonly errorCode: number }
  /** Nothing has arrived yet. */
  | { readonly type: "empty" };

/** All streams of a connection with their flow control. Pure: frames and verbs in, frames and events out. */
export class Streams {
  readonly #table: StreamTable;
  readonly #sender: StreamSender;
  readonly #received: ReceiveWindow;
  readonly #events = new StreamEvents();
  readonly #control: ControlFrame[] = [];
  /** Streams whose peer may need a new limit. */
  #credit: Set<number> | null = null;

  constructor(side: Side, settings: StreamSettings) {
    this.#table = new StreamTable(side, settings, this.#events);
    this.#sender = new StreamSender(this.#control);
    this.#received = new ReceiveWindow(settings.connectionWindow, settings.maxConnectionWindow);
  }

  /** How often sending had to wait for the peer's flow control. */
  get blocked(): { readonly connection: number; readonly stream: number } {
    return this.#sender.blocked;
  }

  /** How many streams are not over at both ends. */
  get size(): number {
    return this.#table.size;
  }

  /** Whether the peer may have something to send on a stream. */
  get isReceiving(): boolean {
    return this.#table.isReceiving;
  }

  /** Takes the peer's transport parameters. */
  setPeerLimits(limits: PeerLimits): void {
    this.#sender.allow(limits.initialMaxData);
    this.#table.setPeerLimits(limits);
  }

  /** The next event. */
  pollEvent(): StreamEvent | undefined {
    return this.#events.shift();
  }

  // What the user does

  /** Opens a stream; null while the peer allows no more (a `streams-available` event follows). */
  open(direction: StreamDirection): number | null {
    const id = this.#table.open(direction);
    if (id !== null) return id;
    const blocked = this.#table.takeBlocked(direction);
    if (blocked >= 0) this.#control.push({ kind: "streams_blocked", direction, limit: blocked });
    return null;
  }

  /** Appends bytes to a stream, whose memory must stay as it is until they are acknowledged. */
  write(id: number, bytes: Uint8Array): void {
    const stream = this.#sending(id);
    stream.write(bytes);
    this.#sender.offer(stream);
  }

  /** Appends a copy of bytes to a stream. */
  writeCopy(id: number, bytes: Uint8Array): void {
    const stream = this.#sending(id);
    stream.writeCopy(bytes);
    this.#sender.offer(stream);
  }

  /** Ends a stream after what was written. */
  finish(id: number): void {
    const stream = this.#sending(id);
    stream.finish();
    this.#sender.offer(stream);
  }

  /** Gives the sending part of a stream up. */
  reset(id: number, errorCode: number): void {
    const stream = this.#table.sending(id);
    if (stream === undefined || !stream.reset(errorCode)) return;
    this.#control.push({ kind: "reset_stream", streamId: id, errorCode, finalSize: stream.finalSize });
  }

  /** Asks the peer to send no more on a stream; what still comes is passed over. */
  stopSending(id: number, errorCode: number): void {
    const stream = this.#table.receiving(id);
    if (stream === undefined) return;
    if (stream.stop()) this.#control.push({ kind: "stop_sending", streamId: id, errorCode });
    this.#passOver(stream);
  }

  /** Reads from a stream; a stream that is over or unknown has an `end`. */
  read(id: number, maxBytes?: number): ReadResult {
    const stream = this.#table.receiving(id);
    if (stream === undefined) return { type: "end" };
    const bytes = stream.read(maxBytes);
    if (bytes !== null) {
      this.#received.onConsumed(bytes.length);
      if (!stream.needsNoCredit && stream.window.wantsUpdate) (this.#credit ??= new Set()).add(id);
      return { type: "data", bytes };
    }
    if (stream.resetCode !== null) {
      this.#close(stream);
      return { type: "reset", errorCode: stream.resetCode };
    }
    if (!stream.atEnd) return { type: "empty" };
    this.#close(stream);
    return { type: "end" };
  }

  /** Says that whoever read from a stream needs none of it any more: the memory is used again. */
  reuse(id: number): void {
    this.#table.receiving(id)?.reuse();
  }

  /** Bytes of a stream that were written and never sent. */
  unsentBytes(id: number): number {
    return this.#table.sending(id)?.unsentBytes ?? 0;
  }

  /** Bytes of a stream that were written and are not acknowledged. */
  bufferedBytes(id: number): number {
    return this.#table.sending(id)?.bufferedBytes ?? 0;
  }

  /** Sets a stream's priority: larger is more urgent. @default {0} */
  setPriority(id: number, priority: number): void {
    const stream = this.#table.sending(id);
    if (stream !== undefined) stream.priority = priority;
  }

  // What the peer sent

  /** Takes a STREAM frame. @throws {QuicError} What the connection is to be closed with. */
  onStream(id: number, offset: number, source: Uint8Array, start: number, end: number, fin: boolean): void {
    const stream = this.#table.receivingFor(id, "STREAM");
    if (stream === undefined) return;
    this.#received.onReceived(stream.onData(offset, source, start, end, fin, this.#creditLeft));
    if (stream.stopped) this.#passOver(stream);
    else if (stream.readableBytes > 0 || stream.atEnd) this.#events.pushReadable(id);
  }

  /** Takes any other frame about streams. @throws {QuicError} */
  onControl(frame: ControlFrame): void {
    switch (frame.kind) {
      case "reset_stream":
        return this.#onReset(frame.streamId, frame.errorCode, frame.finalSize);
      case "stop_sending":
        return this.#onStopSending(frame.streamId, frame.errorCode);
      case "max_data":
        return this.#sender.allow(frame.maximum);
      case "max_stream_data": {
        const stream = this.#table.sendingFor(frame.streamId, "MAX_STREAM_DATA");
        if (stream?.window.raise(frame.maximum) === true) this.#sender.offer(stream);
        return;
      }
      case "max_streams":
        return this.#table.allow(frame.direction, frame.maximum);
      case "stream_data_blocked":
        this.#table.receivingFor(frame.streamId, "STREAM_DATA_BLOCKED");
        return;
      default:
        // DATA_BLOCKED and STREAMS_BLOCKED tell only what we know.
        return;
    }
  }

  // What is to be sent

  /** Whether a stream may want to send. */
  get hasData(): boolean {
    return this.#sender.hasData;
  }

  /** Bytes that wait to be sent, new or again; of many streams only the first are counted. */
  get queuedBytes(): number {
    return this.#sender.queuedBytes;
  }

  /** Whether a stream that waits is not finished: more than what is queued may come. */
  get openEnded(): boolean {
    return this.#sender.openEnded;
  }

  /** New bytes that flow control allows, of the connection and of the stream that is next. */
  get flowControlBytes(): number {
    return this.#sender.flowControlBytes;
  }

  /**
   * The next part of a stream to put into a packet; `onStreamSent` has to follow.
   *
   * @param room For the data of the frame, by stream and offset.
   * @param pathId The path of the packet.
   * @param free Whether streams may be in it that any path carries.
   */
  nextFrame(
    room: (stream: SendStream) => number,
    pathId: number = 0,
    free: boolean = true,
  ): StreamFrame | null {
    return this.#sender.next(room, pathId, free);
  }

  /** Whether a stream wants to send that only this path carries. */
  hasDataFor(pathId: number): boolean {
    return this.#sender.hasDataFor(pathId);
  }

  /**
   * Binds what is sent on a stream to a path, as long as that path works.
   *
   * @param pathId The path; -1 for any.
   */
  bind(id: number, pathId: number): void {
    const stream = this.#table.sending(id);
    if (stream === undefined) return;
    stream.pathId = pathId;
    if (pathId >= 0) this.#sender.hold(pathId);
  }

  /** Whether streams that are bound to a path wait for it. */
  isHeld(pathId: number): boolean {
    return this.#sender.isHeld(pathId);
  }

  /** A path works: it carries the streams that are bound to it. */
  holdPath(pathId: number): void {
    if (this.#table.isBound(pathId)) this.#sender.hold(pathId);
  }

  /** A path does not work: any other one carries the streams that are bound to it. */
  releasePath(pathId: number): void {
    this.#sender.release(pathId);
  }

  /** Notes that a part was put into a packet. */
  onStreamSent(frame: StreamFrame): void {
    const { stream } = frame;
    const before = stream.unsentBytes;
    this.#sender.onSent(frame);
    if (before >= LOW_BYTES && stream.unsentBytes < LOW_BYTES && stream.state === "open") {
      this.#events.pushWritable(stream.id);
    }
  }

  /** Whether {@linkcode pollControl} may have a frame. */
  get hasControl(): boolean {
    return this.#control.length > 0 || this.#received.wantsUpdate || (this.#credit?.size ?? 0) > 0 ||
      this.#table.wantsLimit;
  }

  /**
   * The next frame about streams to send, other than STREAM.
   *
   * @param nowUs The time.
   * @param rttUs The smoothed RTT, for the size of the windows.
   */
  pollControl(nowUs: number, rttUs: number): ControlFrame | null {
    const queued = takeFirst(this.#control);
    if (queued !== undefined) return queued;
    if (this.#received.wantsUpdate) return { kind: "max_data", maximum: this.#received.update(nowUs, rttUs) };
    for (const id of this.#credit ?? []) {
      this.#credit?.delete(id);
      const stream = this.#table.receiving(id);
      if (stream === undefined || stream.needsNoCredit) continue;
      return { kind: "max_stream_data", streamId: id, maximum: stream.window.update(nowUs, rttUs) };
    }
    return this.#table.pollLimit();
  }

  // What became of what was sent

  /** A STREAM frame was acknowledged. */
  onStreamAcked(id: number, piece: StreamPiece): void {
    const stream = this.#table.sending(id);
    if (stream === undefined) return;
    const released = stream.onAcked(piece);
    if (stream.state === "acknowledged") this.#delivered(stream);
    else if (released > 0 && stream.state === "open") this.#events.pushWritable(id);
  }

  /** A STREAM frame was lost. */
  onStreamLost(id: number, piece: StreamPiece): void {
    const stream = this.#table.sending(id);
    if (stream === undefined) return;
    stream.onLost(piece);
    this.#sender.offer(stream);
  }

  /** Another frame of ours was acknowledged. */
  onControlAcked(frame: ControlFrame): void {
    if (frame.kind !== "reset_stream") return;
    const stream = this.#table.sending(frame.streamId);
    stream?.onResetAcked();
    if (stream?.state === "acknowledged") this.#delivered(stream);
  }

  /** Another frame of ours was lost: what it said is said again if it still holds (RFC 9000 13.3). */
  onControlLost(frame: ControlFrame): void {
    if (this.#stillHolds(frame)) this.#control.push(frame);
    else if (frame.kind === "data_blocked") this.#sender.onBlockedLost(frame.limit);
    else if (frame.kind === "stream_data_blocked") {
      this.#table.sending(frame.streamId)?.window.onBlockedLost(frame.limit);
    }
  }

  #stillHolds(frame: ControlFrame): boolean {
    switch (frame.kind) {
      case "reset_stream":
        return this.#table.sending(frame.streamId) !== undefined;
      case "stop_sending":
        return this.#table.receiving(frame.streamId)?.state === "open";
      case "max_data":
        return frame.maximum === this.#received.limit;
      case "max_stream_data": {
        const stream = this.#table.receiving(frame.streamId);
        return stream?.window.limit === frame.maximum && !stream.needsNoCredit;
      }
      case "max_streams":
        return frame.maximum === this.#table.acceptLimit(frame.direction);
      default:
        return false;
    }
  }

  #onReset(id: number, errorCode: number, finalSize: number): void {
    const stream = this.#table.receivingFor(id, "RESET_STREAM");
    if (stream === undefined) return;
    this.#received.onReceived(stream.onReset(errorCode, finalSize, this.#creditLeft));
    if (stream.stopped) this.#close(stream);
    else this.#events.pushReadable(id);
  }

  #onStopSending(id: number, errorCode: number): void {
    const stream = this.#table.sendingFor(id, "STOP_SENDING");
    if (stream === undefined) return;
    this.#events.push({ type: "stopped", id, errorCode });
    // RFC 9000 3.5: the answer is a reset with the same code.
    this.reset(id, errorCode);
  }

  /** How many more bytes the peer may send on all streams together. */
  get #creditLeft(): number {
    return this.#received.limit - this.#received.receivedBytes;
  }

  /** Throws away what has arrived on a stream that nobody reads; its end is still waited for. */
  #passOver(stream: ReceiveStream): void {
    if (stream.state === "open") this.#received.onConsumed(stream.close());
    else this.#close(stream);
  }

  #close(stream: ReceiveStream): void {
    this.#received.onConsumed(stream.close());
    this.#credit?.delete(stream.id);
    this.#table.dropReceiving(stream.id);
  }

  #delivered(stream: SendStream): void {
    this.#sender.forget(stream);
    this.#events.push({ type: "delivered", id: stream.id });
    this.#table.dropSending(stream.id);
  }

  #sending(id: number): SendStream {
    const stream = this.#table.sending(id);
    if (stream === undefined) throw new MptError("ERR_CLOSED", `Cannot send on stream ${id}: it is not open`);
    return stream;
  }
}
