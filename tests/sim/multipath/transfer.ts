import assert from "node:assert/strict";
import type { Connection } from "../../../lib/quic/connection/connection.ts";
import type { Side } from "../../../lib/quic/streams/stream_id.ts";
import { Flow } from "../ledger.ts";

/** The longest piece that is written at a time. */
const PIECE = 65_536;

/** Many bytes on one stream in one direction. */
export class Transfer {
  readonly flow: Flow;
  readonly bytes: number;
  readonly startedUs: number;
  /** Whether the receiver knows of it. */
  known = false;
  /** When its end was read; -1 before. */
  endedUs = -1;
  /** The longest time in which nothing could be read. */
  longestGapUs = 0;
  readonly #bufferBytes: number;
  readonly #progress: { readonly atUs: number; readonly bytes: number }[] = [];
  #lastUs: number;

  /**
   * @param bufferBytes How much the sender writes ahead of what was acknowledged.
   */
  constructor(id: number, from: Side, bytes: number, nowUs: number, bufferBytes: number = Infinity) {
    this.flow = new Flow(id, from);
    this.bytes = bytes;
    this.startedUs = this.#lastUs = nowUs;
    this.#bufferBytes = bufferBytes;
  }

  get done(): boolean {
    return this.endedUs >= 0;
  }

  get durationUs(): number {
    return this.endedUs - this.startedUs;
  }

  /** How fast it was as a whole. */
  get mbps(): number {
    return this.bytes * 8 / this.durationUs;
  }

  /** How fast it was between two times after its start, in Mbit/s. */
  rate(fromUs: number, toUs: number): number {
    return (this.#readBy(toUs) - this.#readBy(fromUs)) * 8 / (toUs - fromUs);
  }

  /** The longest time without anything to read between two times after its start. */
  gap(fromUs: number, toUs: number): number {
    let longest = 0;
    let last = fromUs;
    for (const { atUs } of this.#progress) {
      const at = Math.min(atUs - this.startedUs, toUs);
      if (at <= fromUs) continue;
      longest = Math.max(longest, at - last);
      last = at;
    }
    return longest;
  }

  /** Writes as much as the sender may. */
  write(end: Connection): void {
    const { flow } = this;
    if (flow.finished) return;
    let room = this.#bufferBytes - end.streams.bufferedBytes(flow.id);
    while (flow.written < this.bytes && room > 0) {
      const piece = flow.take(Math.min(PIECE, this.bytes - flow.written, room));
      room -= piece.length;
      end.streams.write(flow.id, piece);
    }
    if (flow.written < this.bytes) return;
    end.streams.finish(flow.id);
    flow.finished = true;
  }

  /** Reads what is there. */
  read(end: Connection, nowUs: number): void {
    const { flow } = this;
    const before = flow.received;
    while (!this.done) {
      const result = end.streams.read(flow.id);
      if (result.type === "empty") break;
      if (result.type === "data") {
        flow.put(result.bytes);
        continue;
      }
      assert.equal(result.type, "end");
      flow.end("end");
      this.endedUs = nowUs;
    }
    if (flow.received === before) return;
    this.longestGapUs = Math.max(this.longestGapUs, nowUs - this.#lastUs);
    this.#lastUs = nowUs;
    this.#progress.push({ atUs: nowUs, bytes: flow.received });
  }

  #readBy(afterUs: number): number {
    let bytes = 0;
    for (const each of this.#progress) {
      if (each.atUs - this.startedUs > afterUs) break;
      bytes = each.bytes;
    }
    return bytes;
  }
}
