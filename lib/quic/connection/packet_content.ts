import type { Piece } from "../streams/send_buffer.ts";
import type { StreamFrame } from "../streams/streams.ts";
import type { ControlFrame } from "../wire/frames.ts";

const NO_CRYPTO: readonly Piece[] = [];
const NO_CONTROL: readonly ControlFrame[] = [];
const NO_STREAMS: readonly StreamFrame[] = [];
const NO_ACKS: readonly SentAck[] = [];

/** An ACK frame that was sent: the path that it is about, and the largest packet number in it. */
export interface SentAck {
  readonly pathId: number;
  readonly largest: number;
}

/** What a packet carried, for when it is acknowledged or lost. Most packets carry one frame: no lists for the rest. */
export class PacketContent {
  /** The largest packet number of its first ACK frame; -1 without one. */
  ackLargest = -1;
  /** The path that its first ACK frame is about. */
  ackPathId = 0;
  /** Whether what it carried was sent again already, while nobody knows whether it has arrived. */
  repeated = false;
  /** Whether a copy of its stream data was given to another path. */
  copied = false;
  /** Which network path it took: windows and RTT of an earlier one are not touched by it (RFC 9000 9.4). */
  readonly generation: number;
  #crypto: Piece[] | null = null;
  #control: ControlFrame[] | null = null;
  #streams: StreamFrame[] | null = null;
  #moreAcks: SentAck[] | null = null;

  constructor(generation: number) {
    this.generation = generation;
  }

  /** Its CRYPTO frames. */
  get crypto(): readonly Piece[] {
    return this.#crypto ?? NO_CRYPTO;
  }

  /** Its frames that are values. */
  get control(): readonly ControlFrame[] {
    return this.#control ?? NO_CONTROL;
  }

  /** Its STREAM frames. */
  get streams(): readonly StreamFrame[] {
    return this.#streams ?? NO_STREAMS;
  }

  /** Its ACK frames beyond the first. */
  get moreAcks(): readonly SentAck[] {
    return this.#moreAcks ?? NO_ACKS;
  }

  addAck(pathId: number, largest: number): void {
    if (this.ackLargest < 0) {
      this.ackPathId = pathId;
      this.ackLargest = largest;
    } else if (this.#moreAcks === null) this.#moreAcks = [{ pathId, largest }];
    else this.#moreAcks.push({ pathId, largest });
  }

  addCrypto(piece: Piece): void {
    if (this.#crypto === null) this.#crypto = [piece];
    else this.#crypto.push(piece);
  }

  addControl(frame: ControlFrame): void {
    if (this.#control === null) this.#control = [frame];
    else this.#control.push(frame);
  }

  addStream(frame: StreamFrame): void {
    if (this.#streams === null) this.#streams = [frame];
    else this.#streams.push(frame);
  }
}
