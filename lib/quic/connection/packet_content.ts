import type { Piece } from "../streams/send_buffer.ts";
import type { StreamFrame } from "../streams/streams.ts";
import type { ControlFrame } from "../wire/frames.ts";

const NO_CRYPTO: readonly Piece[] = [];
const NO_CONTROL: readonly ControlFrame[] = [];
const NO_STREAMS: readonly StreamFrame[] = [];

/** What a packet carried, for when it is acknowledged or lost. Most packets carry one frame: no lists for the rest. */
export class PacketContent {
  /** The largest packet number of its ACK frame; -1 without one. */
  ackLargest = -1;
  /** The path that its ACK frame is about. */
  ackPathId = 0;
  /** Which network path it took: windows and RTT of an earlier one are not touched by it (RFC 9000 9.4). */
  readonly generation: number;
  #crypto: Piece[] | null = null;
  #control: ControlFrame[] | null = null;
  #streams: StreamFrame[] | null = null;

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
