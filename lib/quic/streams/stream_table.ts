import { QUIC_ERROR } from "../wire/error_codes.ts";
import type { ControlFrame, StreamDirection } from "../wire/frames.ts";
import { QuicError } from "../wire/quic_error.ts";
import { ReceiveWindow } from "./flow_control.ts";
import { ReceiveStream } from "./receive_stream.ts";
import type { StreamEvents } from "./stream_events.ts";
import { SendStream } from "./send_stream.ts";
import { directionOf, indexOf, initiatorOf, mayReceive, maySend, type Side, streamId } from "./stream_id.ts";
import { AcceptLimit, OpenLimit } from "./stream_limits.ts";
import { NO_LIMITS, type PeerLimits, type StreamSettings } from "./stream_settings.ts";

const DIRECTIONS: readonly StreamDirection[] = ["bidirectional", "unidirectional"];

/** Which streams of a connection are open, and how many either end may open. */
export class StreamTable {
  readonly #side: Side;
  readonly #settings: StreamSettings;
  readonly #events: StreamEvents;
  readonly #sending = new Map<number, SendStream>();
  readonly #receiving = new Map<number, ReceiveStream>();
  readonly #open: Readonly<Record<StreamDirection, OpenLimit>>;
  readonly #accept: Readonly<Record<StreamDirection, AcceptLimit>>;
  #peer: PeerLimits = NO_LIMITS;

  /** @param events Where it is told that the peer opened a stream, or allows another one. */
  constructor(side: Side, settings: StreamSettings, events: StreamEvents) {
    this.#side = side;
    this.#settings = settings;
    this.#events = events;
    this.#open = { bidirectional: new OpenLimit(0), unidirectional: new OpenLimit(0) };
    this.#accept = {
      bidirectional: new AcceptLimit("bidirectional", settings.bidirectional),
      unidirectional: new AcceptLimit("unidirectional", settings.unidirectional),
    };
  }

  /** How many streams are not over at both ends. */
  get size(): number {
    const both = [...this.#receiving.keys()].filter((id) => this.#sending.has(id)).length;
    return this.#sending.size + this.#receiving.size - both;
  }

  /** Whether the peer may have something to send on a stream. */
  get isReceiving(): boolean {
    return this.#receiving.size > 0;
  }

  /** Takes the peer's transport parameters. */
  setPeerLimits(limits: PeerLimits): void {
    this.#peer = limits;
    this.allow("bidirectional", limits.initialMaxStreamsBidi);
    this.allow("unidirectional", limits.initialMaxStreamsUni);
  }

  /** The peer allows this many streams of a direction. */
  allow(direction: StreamDirection, maximum: number): void {
    if (this.#open[direction].raise(maximum)) this.#events.push({ type: "streams-available", direction });
  }

  /** Opens a stream of ours; null while the peer allows no more. */
  open(direction: StreamDirection): number | null {
    const limit = this.#open[direction];
    if (!limit.available) return null;
    const id = streamId(this.#side, direction, limit.open());
    this.#create(id);
    return id;
  }

  /** The limit of streams to complain about, once for each limit; -1 for none. */
  takeBlocked(direction: StreamDirection): number {
    return this.#open[direction].takeBlocked();
  }

  /** The part of a stream that sends; undefined if there is none, or it is over. */
  sending(id: number): SendStream | undefined {
    return this.#sending.get(id);
  }

  /** Whether a stream is bound to this path. */
  isBound(pathId: number): boolean {
    for (const stream of this.#sending.values()) {
      if (stream.pathId === pathId) return true;
    }
    return false;
  }

  /** The part of a stream that receives; undefined if there is none, or it is over. */
  receiving(id: number): ReceiveStream | undefined {
    return this.#receiving.get(id);
  }

  /**
   * The sending part that a frame of the peer is about.
   *
   * @param frame Its name, for messages.
   * @returns Undefined if it is over.
   * @throws {QuicError} If the peer may not send such a frame for this stream.
   */
  sendingFor(id: number, frame: string): SendStream | undefined {
    if (!maySend(this.#side, id)) {
      throw stateError(`${frame} frame for stream ${id}, on which we do not send`);
    }
    this.#admit(id, frame);
    return this.#sending.get(id);
  }

  /**
   * The receiving part that a frame of the peer is about.
   *
   * @param frame Its name, for messages.
   * @returns Undefined if it is over.
   * @throws {QuicError} If the peer may not send such a frame for this stream.
   */
  receivingFor(id: number, frame: string): ReceiveStream | undefined {
    if (!mayReceive(this.#side, id)) {
      throw stateError(`${frame} frame for stream ${id}, on which only we send`);
    }
    this.#admit(id, frame);
    return this.#receiving.get(id);
  }

  /** The sending part of a stream is over. */
  dropSending(id: number): void {
    this.#sending.delete(id);
    this.#dropped(id);
  }

  /** The receiving part of a stream is over. */
  dropReceiving(id: number): void {
    this.#receiving.delete(id);
    this.#dropped(id);
  }

  /** The limit of its streams that the peer was told. */
  acceptLimit(direction: StreamDirection): number {
    return this.#accept[direction].maximum;
  }

  /** Whether {@linkcode pollLimit} has a frame. */
  get wantsLimit(): boolean {
    return this.#accept.bidirectional.wantsUpdate || this.#accept.unidirectional.wantsUpdate;
  }

  /** The next MAX_STREAMS frame to send. */
  pollLimit(): ControlFrame | null {
    for (const direction of DIRECTIONS) {
      const limit = this.#accept[direction];
      if (limit.wantsUpdate) return { kind: "max_streams", direction, maximum: limit.update() };
    }
    return null;
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
    if (maySend(this.#side, id)) this.#sending.set(id, new SendStream(id, this.#sendLimit(id)));
    if (mayReceive(this.#side, id)) {
      const { streamWindow, maxStreamWindow } = this.#settings;
      this.#receiving.set(id, new ReceiveStream(id, new ReceiveWindow(streamWindow, maxStreamWindow)));
    }
  }

  #sendLimit(id: number): number {
    if (directionOf(id) === "unidirectional") return this.#peer.initialMaxStreamDataUni;
    // RFC 9000 18.2: "remote" are the streams that the receiver of the parameter opens.
    return initiatorOf(id) === this.#side
      ? this.#peer.initialMaxStreamDataBidiRemote
      : this.#peer.initialMaxStreamDataBidiLocal;
  }

  #dropped(id: number): void {
    if (this.#sending.has(id) || this.#receiving.has(id) || initiatorOf(id) === this.#side) return;
    this.#accept[directionOf(id)].close();
  }
}

function stateError(what: string): QuicError {
  return new QuicError(QUIC_ERROR.STREAM_STATE_ERROR, `Cannot accept a ${what}`);
}
