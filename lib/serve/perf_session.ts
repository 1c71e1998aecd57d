import { MptError, toMptError } from "../base/errors.ts";
import type { PathInfo } from "../base/path.ts";
import { pathToJson } from "../base/path_json.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { Connection } from "../io/connection.ts";
import type { Http1Body } from "../protocol/http1_body.ts";
import { Meter } from "../protocol/meter.ts";
import { Payload } from "../protocol/payload.ts";
import { decodePerfHeader, PERF_HEADER_BYTES } from "../protocol/perf.ts";
import { PERF_REPORT_SCHEMA, type PerfEnd, type PerfReport } from "../protocol/perf_report.ts";
import type { StreamReader } from "../protocol/stream_reader.ts";
import { type Activity, PERF_GRACE_MS, received, sent, tooManyBytes } from "./activity.ts";
import type { ServeLimits } from "./options.ts";

/** What a perf client may ask for by HTTP. */
export interface PerfWishes {
  /** Stop sending after this long, in milliseconds. */
  readonly durationMs?: number;
  /** Send with this congestion control. */
  readonly congestion?: string;
  /** Record intervals of this length, in milliseconds. */
  readonly intervalMs?: number;
}

/** One perf transfer as the server sees it. */
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
      received: this.#up?.finish(this.#upEndMs ?? now) ?? null,
      sent: this.#down?.finish(this.#downEndMs ?? now) ?? null,
      paths: (this.#paths ?? this.#connection.paths()).map(pathToJson),
    };
  }

  /**
   * Raw perf (draft-banks-quic-performance 2.3): the number of bytes wanted back, the upload until end of
   * stream, the download, end of stream.
   *
   * @throws {MptError} The stream's errors; `ERR_LIMIT` when the client wants or sends too much.
   */
  async raw(): Promise<void> {
    await this.#run(async () => {
      const wanted = await this.#readWanted();
      await this.#receive(null);
      return await this.#send(wanted);
    });
    await this.#stream.closeWrite();
  }

  /** The download of an upgraded connection. Throws as `raw`. */
  async download(): Promise<void> {
    await this.#run(async () => await this.#send(await this.#readWanted()));
    await this.#stream.closeWrite();
  }

  /**
   * The upload of a request's body.
   *
   * @throws {MptError} As `raw`; `ERR_PROTOCOL` when the body's framing is wrong.
   */
  async upload(body: Http1Body): Promise<void> {
    await this.#run(async () => {
      await this.#receive(body);
      return "done";
    });
  }

  async #run(transfer: () => Promise<PerfEnd>): Promise<void> {
    try {
      this.#end = await transfer();
    } catch (error) {
      if (this.#end === "running") this.#end = endOf(this.#activity, error);
      throw error;
    }
  }

  async #readWanted(): Promise<number> {
    const wanted = decodePerfHeader(await this.#reader.readExactly(PERF_HEADER_BYTES));
    if (wanted > this.#limits.maxBytes) throw this.#overLimit();
    return wanted;
  }

  /** Measures what comes in, until the end of the body or, without one, of the stream. */
  async #receive(body: Http1Body | null): Promise<void> {
    const meter = this.#up = new Meter("receiver", performance.now(), this.#connection.paths());
    using _sampler = this.#sampleInto(meter);
    try {
      if (body !== null && body.end !== null) return;
      const whole = await this.#reader.consumeUntil((chunk) => {
        const now = performance.now();
        const payload = body === null ? chunk.length : body.take(chunk);
        meter.add(now, payload);
        received(this.#activity, now, payload);
        if (meter.bytes > this.#limits.maxBytes) throw this.#overLimit();
        return body?.end ?? null;
      });
      if (body !== null && !whole) {
        throw new MptError("ERR_CLOSED", "Cannot take the upload: the connection ended inside it");
      }
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
    // A write that the client does not take ends with the connection.
    this.#activity.untilMs = until + PERF_GRACE_MS;
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
