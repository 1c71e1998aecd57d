import { toMptError } from "../base/errors.ts";
import type { PathInfo } from "../base/path.ts";
import { pathToJson } from "../base/path_json.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { Connection } from "../io/connection.ts";
import { Meter } from "../protocol/meter.ts";
import { Payload } from "../protocol/payload.ts";
import { decodePerfHeader, PERF_HEADER_BYTES } from "../protocol/perf.ts";
import { PERF_REPORT_SCHEMA, type PerfEnd, type PerfReport } from "../protocol/perf_report.ts";
import type { StreamReader } from "../protocol/stream_reader.ts";
import { type Activity, received, sent, tooManyBytes } from "./activity.ts";
import type { ServeLimits } from "./options.ts";

/** What a perf client may ask for beyond the 8 bytes, by an upgrade. */
export interface PerfWishes {
  /** Stop sending after this long, in milliseconds. */
  readonly durationMs?: number;
  /** The client uploads nothing: send at once, without waiting for its end of stream. */
  readonly noUpload?: boolean;
  /** Send with this congestion control. */
  readonly congestion?: string;
  /** Record intervals of this length, in milliseconds. */
  readonly intervalMs?: number;
}

/** One perf transfer as the server sees it: upload until end of stream, then download, then end of stream. */
export class PerfSession {
  readonly #connection: Connection;
  readonly #stream: ByteStream;
  readonly #reader: StreamReader;
  readonly #activity: Activity;
  readonly #limits: ServeLimits;
  readonly #wishes: PerfWishes;
  #up: Meter | undefined;
  #down: Meter | undefined;
  #upEndMs: number | undefined;
  #downEndMs: number | undefined;
  #end: PerfEnd = "running";
  /** The paths when the last byte had passed: closing takes subflows away. */
  #paths: readonly PathInfo[] | undefined;

  constructor(
    connection: Connection,
    stream: ByteStream,
    reader: StreamReader,
    activity: Activity,
    limits: ServeLimits,
    wishes: PerfWishes,
  ) {
    this.#connection = connection;
    this.#stream = stream;
    this.#reader = reader;
    this.#activity = activity;
    this.#limits = limits;
    this.#wishes = wishes;
  }

  /** What happened so far. */
  report(): PerfReport {
    const now = performance.now();
    return {
      schema: PERF_REPORT_SCHEMA,
      end: this.#end,
      received: this.#up === undefined || this.#up.bytes === 0 ? null : this.#up.finish(this.#upEndMs ?? now),
      sent: this.#down?.finish(this.#downEndMs ?? now) ?? null,
      paths: (this.#paths ?? this.#connection.paths()).map(pathToJson),
    };
  }

  /**
   * Runs the transfer.
   *
   * @throws {MptError} The stream's errors; `ERR_LIMIT` when the client wants or sends too much.
   */
  async run(): Promise<void> {
    try {
      const wanted = decodePerfHeader(await this.#reader.readExactly(PERF_HEADER_BYTES));
      if (wanted > this.#limits.maxBytes) throw this.#overLimit();
      if (!this.#wishes.noUpload) await this.#receive();
      const end = await this.#send(wanted);
      this.#end = end;
      await this.#stream.closeWrite();
    } catch (error) {
      if (this.#end === "running") this.#end = endOf(this.#activity, error);
      throw error;
    }
  }

  async #receive(): Promise<void> {
    const meter = this.#up = new Meter("receiver", performance.now(), this.#connection.paths());
    using _sampler = this.#sampleInto(meter);
    try {
      await this.#reader.consume((chunk) => {
        const now = performance.now();
        meter.add(now, chunk.length);
        received(this.#activity, now, chunk.length);
        if (meter.bytes > this.#limits.maxBytes) this.#stream.abort();
      });
    } catch (error) {
      throw meter.bytes > this.#limits.maxBytes ? this.#overLimit() : error;
    } finally {
      this.#upEndMs = performance.now();
      this.#paths = this.#connection.paths();
      if (meter.bytes > 0) meter.sample(this.#upEndMs, this.#paths);
    }
  }

  async #send(wanted: number): Promise<PerfEnd> {
    if (wanted === 0) return "done";
    const started = performance.now();
    const until = started + Math.min(this.#wishes.durationMs ?? Infinity, this.#limits.maxDurationMs);
    const meter = this.#down = new Meter("sender", started, this.#connection.paths());
    using _sampler = this.#sampleInto(meter);
    try {
      const payload = new Payload(started);
      for (let left = wanted; left > 0;) {
        const piece = payload.next(left);
        await this.#stream.write(piece);
        const now = performance.now();
        payload.taken(now);
        meter.add(now, piece.length);
        sent(this.#activity, now, piece.length);
        left -= piece.length;
        if (left > 0 && now >= until) return "duration";
      }
      return "done";
    } finally {
      this.#downEndMs = performance.now();
      this.#paths = this.#connection.paths();
      meter.sample(this.#downEndMs, this.#paths);
    }
  }

  #sampleInto(meter: Meter): Disposable {
    const { intervalMs } = this.#wishes;
    if (intervalMs === undefined) return { [Symbol.dispose]: () => {} };
    const timer = setInterval(() => meter.sample(performance.now(), this.#connection.paths()), intervalMs);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  #overLimit(): Error {
    this.#end = "limit";
    return tooManyBytes(this.#limits.maxBytes);
  }
}

/** How a transfer ended that did not come to its end. */
function endOf(activity: Activity, error: unknown): PerfEnd {
  if (activity.ended === "idle" || activity.ended === "limit") return activity.ended;
  const code = toMptError(error, "Cannot transfer").code;
  return code === "ERR_RESET" || code === "ERR_CLOSED" || activity.ended === "shutdown" ? "reset" : "error";
}
