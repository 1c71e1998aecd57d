import assert from "node:assert/strict";
import type { Side } from "../../lib/quic/streams/stream_id.ts";

/** Every place of a stream has its own byte, as far as one can tell within this period, which is a prime. */
const PERIOD = 65_521;

/** The longest piece that is written at a time. */
const MAX_PIECE = 65_536;

const PATTERN = Uint8Array.from(
  { length: PERIOD + MAX_PIECE },
  (_, i) => (Math.imul(i % PERIOD, 0x9e3779b1) >>> 23) & 0xff,
);

/** What one end sends on one stream, and what became of it at the other end. */
export class Flow {
  readonly id: number;
  readonly from: Side;
  written = 0;
  received = 0;
  finished = false;
  /** Whether the sender gave it up. */
  reset = false;
  /** Whether the receiver wants no more. */
  stopped = false;
  /** Whether the sender was told that it is over: it was delivered, or stopped. */
  settled = false;
  /** What the receiver was told last. */
  outcome: "open" | "end" | "reset" = "open";

  constructor(id: number, from: Side) {
    this.id = id;
    this.from = from;
  }

  /** Whether the sender may write. */
  get writable(): boolean {
    return !this.finished && !this.reset && !this.settled;
  }

  /** The next bytes to write. */
  take(bytes: number): Uint8Array {
    const piece = this.#expected(this.written, bytes);
    this.written += bytes;
    return piece;
  }

  /** Checks what was read: the right bytes, in order. */
  put(bytes: Uint8Array): void {
    assert.equal(this.outcome, "open", `bytes behind the ${this.outcome} of ${this}`);
    assert(this.received + bytes.length <= this.written, `${this}: more bytes than were written`);
    for (let at = 0; at < bytes.length; at += MAX_PIECE) {
      const piece = bytes.subarray(at, at + MAX_PIECE);
      const same = piece.every((byte, i) => byte === PATTERN[(this.#place(this.received + at)) + i]);
      assert(same, `${this}: other bytes than were written at ${this.received + at}`);
    }
    this.received += bytes.length;
  }

  /** The reader was told that no more comes. */
  end(outcome: "end" | "reset"): void {
    this.outcome = outcome;
    if (outcome === "end") {
      assert(this.finished, `${this} has ended, which nobody said`);
      assert.equal(this.received, this.written, `${this} has ended too early`);
    } else {
      assert(this.reset || this.stopped, `${this} was reset, which nobody did`);
    }
  }

  /** Whether nothing more can happen. */
  get over(): boolean {
    return this.settled && (this.outcome !== "open" || this.stopped);
  }

  toString(): string {
    return `stream ${this.id} from the ${this.from}`;
  }

  #expected(at: number, bytes: number): Uint8Array {
    const place = this.#place(at);
    return PATTERN.subarray(place, place + bytes);
  }

  #place(at: number): number {
    return (at + this.id * 7_919 + (this.from === "client" ? 0 : 31_337)) % PERIOD;
  }
}
