import { MptError } from "../../base/errors.ts";
import { QUIC_ERROR } from "../wire/error_codes.ts";
import type { ControlFrame, StreamDirection } from "../wire/frames.ts";
import { QuicError } from "../wire/quic_error.ts";
import { ReceiveWindow, SendWindow } from "./flow_control.ts";
import { ReceiveStream } from "./receive_stream.ts";
import { SendQueue } from "./send_queue.ts";
import { type StreamEvent, StreamEvents } from "./stream_events.ts";
import { SendStream, type StreamPiece } from "./send_stream.ts";
import { directionOf, indexOf, initiatorOf, mayReceive, maySend, type Side, streamId } from "./stream_id.ts";
import { AcceptLimit, OpenLimit } from "./stream_limits.ts";

export type { StreamEvent } from "./stream_events.ts";

/** What this end allows the peer. Sizes in bytes. */
export interface StreamSettings {
  /** Unread data of the whole connection at first. */
  readonly connectionWindow: number;
  /** Unread data of the whole connection at the most. */
  readonly maxConnectionWindow: number;
  /** Unread data of a stream at first. */
  readonly streamWindow: number;
  /** Unread data of a stream at the most. */
  readonly maxStreamWindow: number;
  /** Bidirectional streams that the peer may have open at a time. */
  readonly bidirectional: number;
  /** Unidirectional streams that the peer may have open at a time. */
  readonly unidirectional: number;
}

/** What the peer allows at first: its transport parameters (RFC 9000 18.2). */
export interface PeerLimits {
  readonly initialMaxData: number;
  readonly initialMaxStreamDataBidiLocal: number;
  readonly initialMaxStreamDataBidiRemote: number;
  readonly initialMaxStreamDataUni: number;
  readonly initialMaxStreamsBidi: number;
  readonly initialMaxStreamsUni: number;
}

/** What reading a stream gave. */
export type ReadResult =
  | { readonly type: "data"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: "end" }
  | { readonly type: "reset"; readonly errorCode: number }
  /** Nothing has arrived yet. */
  | { readonly type: "empty" };

/** A STREAM frame to write. */
export interface StreamFrame extends StreamPiece {
  readonly stream: SendStream;
}

const NOTHING: PeerLimits = {
  initialMaxData: 0,
  initialMaxStreamDataBidiLocal: 0,
  initialMaxStreamDataBidiRemote: 0,
  initialMaxStreamDataUni: 0,
  initialMaxStreamsBidi: 0,
  initialMaxStreamsUni: 0,
};

/** All streams of a connection with their flow control. Pure: frames and verbs in, frames and events out. */
export class Streams {
  readonly #side: Side;
  readonly #settings: StreamSettings;
  readonly #sending = new Map<number, SendStream>();
  readonly #receiving = new Map<number, ReceiveStream>();
  readonly #queue = new SendQueue();
  readonly #events = new StreamEvents();
  readonly #control: ControlFrame[] = [];
  readonly #credit = new Set<number>();
  readonly #accept: Readonly<Record<StreamDirection, AcceptLimit>>;
  readonly #received: ReceiveWindow;
  #open: Readonly<Record<StreamDirection, OpenLimit>>;
  #sendable: SendWindow;
  #peer: PeerLimits = NOTHING;
  #connectionBlocked = 0;
  #streamBlocked = 0;

  constructor(side: Side, settings: StreamSettings) {
    this.#side = side;
    this.#settings = settings;
    this.#received = new ReceiveWindow(settings.connectionWindow, settings.maxConnectionWindow);
    this.#sendable = new SendWindow(0);
    this.#accept = {
      bidirectional: new AcceptLimit("bidirectional", settings.bidirectional),
      unidirectional: new AcceptLimit("unidirectional", settings.unidirectional),
    };
    this.#open = { bidirectional: new OpenLimit(0), unidirectional: new OpenLimit(0) };
  }

  /** How often sending had to wait for the peer's flow control. */
  get blocked(): { readonly connection: number; readonly stream: number } {
    return { connection: this.#connectionBlocked, stream: this.#streamBlocked };
  }

  /** How many streams are not over at both ends. */
  get size(): number {
    const both = [...this.#receiving.keys()].filter((id) => this.#sending.has(id)).length;
    return this.#sending.size + this.#receiving.size - both;
  }

  /** Takes the peer's transport parameters. */
  setPeerLimits(limits: PeerLimits): void {
    this.#peer = limits;
    this.#sendable.raise(limits.initialMaxData);
    for (const direction of ["bidirectional", "unidirectional"] as const) {
      const count = direction === "bidirectional"
        ? limits.initialMaxStreamsBidi
        : limits.initialMaxStreamsUni;
      if (this.#open[direction].raise(count)) this.#events.push({ type: "streams-available", direction });
    }
  }

  /** The next event. */
  pollEvent(): StreamEvent | undefined {
    return this.#events.shift();
  }

  // What the user does

  /** Opens a stream; null while the peer allows no more (a `streams-available` event follows). */
  open(direction: StreamDirection): number | null {
    const limit = this.#open[direction];
    if (!limit.available) {
      const blocked = limit.takeBlocked();
      if (blocked >= 0) this.#control.push({ kind: "streams_blocked", direction, limit: blocked });
      return null;
    }
    const id = streamId(this.#side, direction, limit.open());
    this.#create(id);
    return id;
  }

  /** Appends bytes to a stream, whose memory must stay as it is until they are acknowledged. */
  write(id: number, bytes: Uint8Array): void {
    const stream = this.#sender(id);
    stream.write(bytes);
    if (stream.wantsToSend) this.#queue.add(stream);
  }

  /** Ends a stream after what was written. */
  finish(id: number): void {
    const stream = this.#sender(id);
    stream.finish();
    if (stream.wantsToSend) this.#queue.add(stream);
  }

  /** Gives the sending part of a stream up. */
  reset(id: number, errorCode: number): void {
    const stream = this.#sending.get(id);
    if (stream === undefined || !stream.reset(errorCode)) return;
    this.#control.push({ kind: "reset_stream", streamId: id, errorCode, finalSize: stream.finalSize });
  }

  /** Asks the peer to send no more on a stream; what still comes is passed over. */
  stopSending(id: number, errorCode: number): void {
    const stream = this.#receiving.get(id);
    if (stream === undefined) return;
    if (stream.stop()) this.#control.push({ kind: "stop_sending", streamId: id, errorCode });
    if (stream.state === "open") this.#received.onConsumed(stream.close());
    else this.#close(stream);
  }

  /** Reads from a stream; a stream that is over or unknown has an `end`. */
  read(id: number, maxBytes?: number): ReadResult {
    const stream = this.#receiving.get(id);
    if (stream === undefined) return { type: "end" };
    const bytes = stream.read(maxBytes);
    if (bytes !== null) {
      this.#received.onConsumed(bytes.length);
      if (!stream.needsNoCredit && stream.window.wantsUpdate) this.#credit.add(id);
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

  /** Bytes of a stream that were written and are not acknowledged. */
  bufferedBytes(id: number): number {
    return this.#sending.get(id)?.bufferedBytes ?? 0;
  }

  /** Sets a stream's priority: larger is more urgent. @default {0} */
  setPriority(id: number, priority: number): void {
    const stream = this.#sending.get(id);
    if (stream !== undefined) stream.priority = priority;
  }

  // What the peer sent

  /** Takes a STREAM frame. @throws {QuicError} What the connection is to be closed with. */
  onStream(id: number, offset: number, source: Uint8Array, start: number, end: number, fin: boolean): void {
    const stream = this.#receiver(id, "STREAM");
    if (stream === null) return;
    const farther = stream.onData(
      offset,
      source,
      start,
      end,
      fin,
      this.#received.limit - this.#received.receivedBytes,
    );
    this.#received.onReceived(farther);
    if (stream.stopped) {
      if (stream.state === "open") this.#received.onConsumed(stream.close());
      else this.#close(stream);
      return;
    }
    if (stream.readableBytes > 0 || stream.atEnd) this.#events.push({ type: "readable", id });
  }

  /** Takes any other frame about streams. @throws {QuicError} */
  onControl(frame: ControlFrame): void {
    switch (frame.kind) {
      case "reset_stream":
        return this.#onReset(frame.streamId, frame.errorCode, frame.finalSize);
      case "stop_sending":
        return this.#onStopSending(frame.streamId, frame.errorCode);
      case "max_data":
        if (this.#sendable.raise(frame.maximum)) this.#wake();
        return;
      case "max_stream_data": {
        const stream = this.#sendTarget(frame.streamId, "MAX_STREAM_DATA");
        if (stream?.window.raise(frame.maximum) === true && stream.wantsToSend) this.#queue.add(stream);
        return;
      }
      case "max_streams":
        if (this.#open[frame.direction].raise(frame.maximum)) {
          this.#events.push({ type: "streams-available", direction: frame.direction });
        }
        return;
      case "stream_data_blocked":
        this.#receiver(frame.streamId, "STREAM_DATA_BLOCKED");
        return;
      default:
        // DATA_BLOCKED and STREAMS_BLOCKED tell only what we know.
        return;
    }
  }

  // What is to be sent

  /** Whether a stream may want to send. */
  get hasData(): boolean {
    const next = this.#queue.take();
    if (next === undefined) return false;
    this.#queue.putBack(next);
    return true;
  }

  /**
   * The next part of a stream to put into a packet; `onStreamSent` has to follow.
   *
   * @param room For the data of the frame, by stream and offset.
   */
  nextFrame(room: (stream: SendStream) => number): StreamFrame | null {
    for (let stream = this.#queue.take(); stream !== undefined; stream = this.#queue.take()) {
      const bytes = room(stream);
      if (bytes < 0) {
        this.#queue.putBack(stream);
        return null;
      }
      const piece = stream.next(bytes, this.#sendable.available);
      if (piece !== null) return { stream, ...piece };
      if (stream.wantsToSend && bytes > 0) this.#noteBlocked(stream);
    }
    return null;
  }

  /** Notes that a part was put into a packet. */
  onStreamSent(frame: StreamFrame): void {
    this.#sendable.onSent(frame.stream.onSent(frame));
    if (frame.stream.wantsToSend) this.#queue.add(frame.stream);
  }

  /**
   * The next frame about streams to send, other than STREAM.
   *
   * @param nowUs The time.
   * @param rttUs The smoothed RTT, for the size of the windows.
   */
  pollControl(nowUs: number, rttUs: number): ControlFrame | null {
    const queued = this.#control.shift();
    if (queued !== undefined) return queued;
    if (this.#received.wantsUpdate) return { kind: "max_data", maximum: this.#received.update(nowUs, rttUs) };
    for (const id of this.#credit) {
      this.#credit.delete(id);
      const stream = this.#receiving.get(id);
      if (stream === undefined || stream.needsNoCredit) continue;
      return { kind: "max_stream_data", streamId: id, maximum: stream.window.update(nowUs, rttUs) };
    }
    for (const direction of ["bidirectional", "unidirectional"] as const) {
      const limit = this.#accept[direction];
      if (limit.wantsUpdate) return { kind: "max_streams", direction, maximum: limit.update() };
    }
    return null;
  }

  // What became of what was sent

  /** A STREAM frame was acknowledged. */
  onStreamAcked(id: number, piece: StreamPiece): void {
    const stream = this.#sending.get(id);
    if (stream === undefined) return;
    const released = stream.onAcked(piece);
    if (stream.state === "acknowledged") this.#delivered(stream);
    else if (released > 0 && stream.state === "open") this.#events.push({ type: "writable", id });
  }

  /** A STREAM frame was lost. */
  onStreamLost(id: number, piece: StreamPiece): void {
    const stream = this.#sending.get(id);
    if (stream === undefined) return;
    stream.onLost(piece);
    if (stream.wantsToSend) this.#queue.add(stream);
  }

  /** Another frame of ours was acknowledged. */
  onControlAcked(frame: ControlFrame): void {
    if (frame.kind !== "reset_stream") return;
    const stream = this.#sending.get(frame.streamId);
    stream?.onResetAcked();
    if (stream?.state === "acknowledged") this.#delivered(stream);
  }

  /** Another frame of ours was lost: what it said is said again if it still holds (RFC 9000 13.3). */
  onControlLost(frame: ControlFrame): void {
    switch (frame.kind) {
      case "reset_stream":
        if (this.#sending.has(frame.streamId)) this.#control.push(frame);
        return;
      case "stop_sending":
        if (this.#receiving.get(frame.streamId)?.state === "open") this.#control.push(frame);
        return;
      case "max_data":
        if (frame.maximum === this.#received.limit) this.#control.push(frame);
        return;
      case "max_stream_data": {
        const stream = this.#receiving.get(frame.streamId);
        if (stream?.window.limit === frame.maximum && !stream.needsNoCredit) this.#control.push(frame);
        return;
      }
      case "max_streams":
        if (frame.maximum === this.#accept[frame.direction].maximum) this.#control.push(frame);
        return;
      case "data_blocked":
        this.#sendable.onBlockedLost(frame.limit);
        return;
      case "stream_data_blocked":
        this.#sending.get(frame.streamId)?.window.onBlockedLost(frame.limit);
        return;
      default:
        return;
    }
  }

  #onReset(id: number, errorCode: number, finalSize: number): void {
    const stream = this.#receiver(id, "RESET_STREAM");
    if (stream === null) return;
    const limit = this.#received.limit - this.#received.receivedBytes;
    this.#received.onReceived(stream.onReset(errorCode, finalSize, limit));
    if (stream.stopped) this.#close(stream);
    else this.#events.push({ type: "readable", id });
  }

  #onStopSending(id: number, errorCode: number): void {
    const stream = this.#sendTarget(id, "STOP_SENDING");
    if (stream === null) return;
    this.#events.push({ type: "stopped", id, errorCode });
    // RFC 9000 3.5: the answer is a reset with the same code.
    this.reset(id, errorCode);
  }

  #noteBlocked(stream: SendStream): void {
    const connection = this.#sendable.takeBlocked();
    if (this.#sendable.available <= 0) {
      this.#connectionBlocked++;
      this.#starved.add(stream);
      if (connection >= 0) this.#control.push({ kind: "data_blocked", limit: connection });
      return;
    }
    this.#streamBlocked++;
    const limit = stream.window.takeBlocked();
    if (limit >= 0) this.#control.push({ kind: "stream_data_blocked", streamId: stream.id, limit });
  }

  /** Streams that wait for the connection's flow control. */
  readonly #starved = new Set<SendStream>();

  #wake(): void {
    for (const stream of this.#starved) {
      if (stream.wantsToSend) this.#queue.add(stream);
    }
    this.#starved.clear();
  }

  #delivered(stream: SendStream): void {
    this.#sending.delete(stream.id);
    this.#starved.delete(stream);
    this.#events.push({ type: "delivered", id: stream.id });
    this.#over(stream.id);
  }

  #close(stream: ReceiveStream): void {
    this.#received.onConsumed(stream.close());
    this.#receiving.delete(stream.id);
    this.#credit.delete(stream.id);
    this.#over(stream.id);
  }

  #over(id: number): void {
    if (this.#sending.has(id) || this.#receiving.has(id) || initiatorOf(id) === this.#side) return;
    this.#accept[directionOf(id)].close();
  }

  #sender(id: number): SendStream {
    const stream = this.#sending.get(id);
    if (stream === undefined) throw new MptError("ERR_CLOSED", `Cannot send on stream ${id}: it is not open`);
    return stream;
  }

  /** The stream that a frame of the peer is about; null if it is over. */
  #receiver(id: number, frame: string): ReceiveStream | null {
    if (!mayReceive(this.#side, id)) {
      throw stateError(`${frame} frame for stream ${id}, on which only we send`);
    }
    this.#admit(id, frame);
    return this.#receiving.get(id) ?? null;
  }

  #sendTarget(id: number, frame: string): SendStream | null {
    if (!maySend(this.#side, id)) {
      throw stateError(`${frame} frame for stream ${id}, on which we do not send`);
    }
    this.#admit(id, frame);
    return this.#sending.get(id) ?? null;
  }

  /** RFC 9000 2.1, 3.2, 19.8: our own streams must be open; the peer's are opened in order. */
  #admit(id: number, frame: string): void {
    const direction = directionOf(id);
    const index = indexOf(id);
    if (initiatorOf(id) === this.#side) {
      if (index < this.#open[direction].opened) return;
      throw stateError(`${frame} frame for stream ${id}, which we have not opened`);
    }
    const limit = this.#accept[direction];
    const first = limit.opened;
    const count = limit.open(index);
    for (let i = first; i < first + count; i++) {
      const opened = streamId(initiatorOf(id), direction, i);
      this.#create(opened);
      this.#events.push({ type: "opened", id: opened });
    }
  }

  #create(id: number): void {
    const own = initiatorOf(id) === this.#side;
    if (maySend(this.#side, id)) this.#sending.set(id, new SendStream(id, this.#sendLimit(id, own)));
    if (mayReceive(this.#side, id)) {
      const { streamWindow, maxStreamWindow } = this.#settings;
      this.#receiving.set(id, new ReceiveStream(id, new ReceiveWindow(streamWindow, maxStreamWindow)));
    }
  }

  #sendLimit(id: number, own: boolean): number {
    if (directionOf(id) === "unidirectional") return this.#peer.initialMaxStreamDataUni;
    // RFC 9000 18.2: "remote" are the streams that the receiver of the parameter opens.
    return own ? this.#peer.initialMaxStreamDataBidiRemote : this.#peer.initialMaxStreamDataBidiLocal;
  }
}

function stateError(what: string): QuicError {
  return new QuicError(QUIC_ERROR.STREAM_STATE_ERROR, `Cannot accept a ${what}`);
}
