import { MptError } from "../base/errors.ts";
import type { Connection } from "../io/connection.ts";
import { orAborted } from "../io/deadline.ts";
import type { Meter } from "../protocol/meter.ts";
import { Payload } from "../protocol/payload.ts";
import { encodePerfHeader, PERF_HEADER_BYTES } from "../protocol/perf.ts";
import type { PathBreak, QuicConnection, QuicStream } from "../quic/mod.ts";
import { connectOptions } from "./connect_options.ts";
import { connectPerf } from "./connect_perf.ts";
import type { Lane } from "./lane.ts";
import type { BlockedCounts } from "./blocked.ts";
import type { BenchSettings } from "./options.ts";
import type { RunPlan } from "./plan.ts";
import type { BenchServer } from "./bench_server.ts";

/** How often to look at what was acknowledged, in milliseconds: stalls of an upload are no finer than this. */
const LOOK_MS = 10;

/** How often a downloader asks for an acknowledgment: its RTT is that of the loaded path. In milliseconds. */
const PING_MS = 100;

/**
 * A connection over QUIC: raw perf, as any perf server speaks it (draft-banks-quic-performance 2.3). That has
 * no word for a duration: whoever measures ends a download by giving the stream up.
 */
export class QuicLane implements Lane {
  readonly connection: Connection;
  readonly report = null;
  readonly #quic: QuicConnection;
  readonly #settings: BenchSettings;

  private constructor(connection: Connection, quic: QuicConnection, settings: BenchSettings) {
    this.connection = connection;
    this.#quic = quic;
    this.#settings = settings;
  }

  /** Connects. */
  static async open(
    server: BenchServer,
    plan: RunPlan,
    settings: BenchSettings,
    signal: AbortSignal,
  ): Promise<QuicLane> {
    if (server.check?.limits.token_required === true) {
      throw new MptError(
        "ERR_PROTOCOL",
        `Cannot measure over ${plan.transport}: the server wants its token, and perf over QUIC has no place for it`,
      );
    }
    const { transport, remote } = plan;
    const options = connectOptions(plan, settings, signal);
    const connection = await connectPerf(transport, remote.ip!, remote.port!, settings, options);
    try {
      const settled = connection.managed?.settled;
      if (settled !== undefined) await orAborted(settled, "wait for the paths", signal);
    } catch (error) {
      connection.abort();
      await connection.closed;
      throw error;
    }
    return new QuicLane(connection, connection.quic, settings);
  }

  async pull(wanted: number, untilMs: number, meter: Meter): Promise<void> {
    using _pings = every(PING_MS, () => this.#quic.ping());
    do {
      const before = meter.bytes;
      const ended = await this.#download(wanted, untilMs, meter);
      if (!ended) return;
      if (meter.bytes === before) {
        throw new MptError("ERR_CLOSED", "Cannot finish the transfer: the server sent nothing");
      }
      // What was asked for came before its time: there is more time
    } while (this.#settings.durationMs !== null && performance.now() < untilMs);
  }

  async push(limit: number, untilMs: number, meter: Meter): Promise<null> {
    const stream = await this.#quic.openStream();
    // What comes back is nothing: its end says that everything has arrived
    await stream.write(encodePerfHeader(0));
    let written = 0;
    let counted = 0;
    const look = (): void => {
      const arrived = stream.bytesAcknowledged - PERF_HEADER_BYTES;
      if (arrived <= counted) return;
      meter.add(performance.now(), arrived - counted);
      counted = arrived;
    };
    using _looking = every(LOOK_MS, look);
    const answer = endOf(stream);
    // Who answers with an error reads no more
    answer.catch(() => stream.abort());
    const payload = new Payload(performance.now());
    try {
      for (let left = limit; left > 0 && performance.now() < untilMs;) {
        const piece = payload.next(left);
        await stream.write(piece);
        payload.taken(performance.now());
        written += piece.length;
        left -= piece.length;
      }
      await stream.closeWrite();
    } catch (error) {
      // The reader may know the reason
      await answer;
      throw error;
    }
    await answer;
    if (written > counted) meter.add(performance.now(), written - counted);
    return null;
  }

  breakPath(id: number, how: PathBreak): boolean {
    return this.#quic.breakPath(id, how);
  }

  blocked(): BlockedCounts {
    const stats = this.#quic.stats();
    return {
      congestion: stats.blockedByCongestion,
      pacing: stats.blockedByPacing,
      connection_flow_control: stats.blockedByConnection,
      stream_flow_control: stats.blockedByStream,
    };
  }

  /** @returns Whether it came to its end; false when the time was over before. */
  async #download(wanted: number, untilMs: number, meter: Meter): Promise<boolean> {
    const stream = await this.#quic.openStream();
    await stream.write(encodePerfHeader(wanted));
    await stream.closeWrite();
    let isLate = false;
    const stop = (): void => {
      isLate = true;
      stream.abort();
    };
    using _timer = Number.isFinite(untilMs) ? after(untilMs - performance.now(), stop) : undefined;
    try {
      await stream.consume((chunk) => meter.add(performance.now(), chunk.length));
      return true;
    } catch (error) {
      if (isLate) return false;
      throw resetReason(error, wanted);
    }
  }
}

/** Resolves at the end of what the server sends back. */
async function endOf(stream: QuicStream): Promise<void> {
  try {
    await stream.consume(() => {});
  } catch (error) {
    throw resetReason(error, null);
  }
}

/** A perf server has no other word for "no" than a reset of the stream. */
function resetReason(error: unknown, wanted: number | null): unknown {
  if (!(error instanceof MptError) || error.code !== "ERR_RESET" || error.data["error_code"] === undefined) {
    return error;
  }
  const what = wanted === null ? "take the upload" : `send ${wanted} bytes`;
  return new MptError("ERR_RESET", `Cannot finish the transfer: the server reset the stream`, {
    cause: error,
    data: error.data,
    fix: `the server may not be willing to ${what}: --bytes asks for less`,
  });
}

function every(ms: number, work: () => void): Disposable {
  const timer = setInterval(work, ms);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function after(ms: number, work: () => void): Disposable {
  const timer = setTimeout(work, Math.max(0, ms));
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
