import type { ControlFrame } from "../wire/frames.ts";
import { SendWindow } from "./flow_control.ts";
import { SendQueue } from "./send_queue.ts";
import type { SendStream, StreamFrame } from "./send_stream.ts";

export type { StreamFrame } from "./send_stream.ts";

/** Decides which stream sends next, within the flow control of the peer (RFC 9000 4). */
export class StreamSender {
  readonly #control: ControlFrame[];
  readonly #queue = new SendQueue();
  /** Streams that wait for the one path that carries them; paths without any are not in it. */
  #bound: Map<number, SendQueue> | null = null;
  readonly #window = new SendWindow(0);
  /** Streams that wait for the connection's flow control. */
  #starved: Set<SendStream> | null = null;
  #connectionBlocked = 0;
  #streamBlocked = 0;

  /** @param control Where frames that tell the peer of its limits are put. */
  constructor(control: ControlFrame[]) {
    this.#control = control;
  }

  /** How often sending had to wait for the peer's flow control. */
  get blocked(): { readonly connection: number; readonly stream: number } {
    return { connection: this.#connectionBlocked, stream: this.#streamBlocked };
  }

  /** Whether a stream may want to send. */
  get hasData(): boolean {
    return !this.#queue.isEmpty;
  }

  /** Bytes that wait to be sent, new or again; of many streams only the first are counted. */
  get queuedBytes(): number {
    return this.#queue.queuedBytes;
  }

  /** Whether a stream that waits is not finished: more than what is queued may come. */
  get openEnded(): boolean {
    return this.#queue.openEnded;
  }

  /** New bytes that flow control allows, of the connection and of the stream that is next. */
  get flowControlBytes(): number {
    const { available } = this.#window;
    const next = this.#queue.next;
    return next === undefined ? available : Math.min(available, next.window.limit - next.finalSize);
  }

  /** Whether a stream wants to send that only this path carries. */
  hasDataFor(pathId: number): boolean {
    return this.#bound?.get(pathId)?.isEmpty === false;
  }

  /** From now on the streams that belong to a path wait for it. */
  hold(pathId: number): void {
    this.#bound ??= new Map();
    if (!this.#bound.has(pathId)) this.#bound.set(pathId, new SendQueue());
  }

  /** Whether the streams that belong to a path wait for it. */
  isHeld(pathId: number): boolean {
    return this.#bound?.has(pathId) === true;
  }

  /** From now on any path carries the streams that belong to this one. */
  release(pathId: number): void {
    const queue = this.#bound?.get(pathId);
    if (queue === undefined) return;
    this.#bound?.delete(pathId);
    for (let stream = queue.take(); stream !== undefined; stream = queue.take()) this.#queue.add(stream);
  }

  /** Takes the peer's limit for the whole connection. */
  allow(maximum: number): void {
    if (!this.#window.raise(maximum)) return;
    const starved = this.#starved ?? [];
    this.#starved = null;
    for (const stream of starved) this.offer(stream);
  }

  /** Lets a stream take part if it has something to send. */
  offer(stream: SendStream): void {
    if (stream.wantsToSend) (this.#bound?.get(stream.pathId) ?? this.#queue).add(stream);
  }

  /** A stream is over. */
  forget(stream: SendStream): void {
    this.#starved?.delete(stream);
  }

  /**
   * The next part of a stream to put into a packet; `onSent` has to follow.
   *
   * @param room For the data of the frame, by stream and offset.
   * @param pathId The path of the packet.
   * @param free Whether streams may be in it that any path carries.
   */
  next(room: (stream: SendStream) => number, pathId: number, free: boolean): StreamFrame | null {
    const bound = this.#bound?.get(pathId);
    const frame = bound === undefined ? null : this.#nextOf(bound, room);
    return frame ?? (free ? this.#nextOf(this.#queue, room) : null);
  }

  #nextOf(queue: SendQueue, room: (stream: SendStream) => number): StreamFrame | null {
    for (let stream = queue.take(); stream !== undefined; stream = queue.take()) {
      const bytes = room(stream);
      if (bytes < 0) {
        queue.putBack(stream);
        return null;
      }
      const frame = stream.next(bytes, this.#window.available);
      if (frame !== null) return frame;
      if (stream.wantsToSend && bytes > 0) this.#noteBlocked(stream);
    }
    return null;
  }

  /** Notes that a part was put into a packet. */
  onSent(frame: StreamFrame): void {
    this.#window.onSent(frame.stream.onSent(frame));
    this.offer(frame.stream);
  }

  /** The DATA_BLOCKED frame was lost: complain again if it is still so. */
  onBlockedLost(limit: number): void {
    this.#window.onBlockedLost(limit);
  }

  #noteBlocked(stream: SendStream): void {
    const connection = this.#window.takeBlocked();
    if (this.#window.available <= 0) {
      this.#connectionBlocked++;
      this.#starved ??= new Set();
      this.#starved.add(stream);
      if (connection >= 0) this.#control.push({ kind: "data_blocked", limit: connection });
      return;
    }
    this.#streamBlocked++;
    const limit = stream.window.takeBlocked();
    if (limit >= 0) this.#control.push({ kind: "stream_data_blocked", streamId: stream.id, limit });
  }
}
