import type { Connection } from "../io/connection.ts";
import { HttpClient } from "../protocol/http_client.ts";
import type { Meter } from "../protocol/meter.ts";
import type { PerfReport } from "../protocol/perf_report.ts";
import { connect } from "../transport/connect.ts";
import { connectOptions } from "./connect_options.ts";
import { pull, startDownload } from "./download.ts";
import type { HttpParts } from "./http_parts.ts";
import type { Lane } from "./lane.ts";
import type { BenchSettings } from "./options.ts";
import type { RunPlan } from "./plan.ts";
import { push } from "./upload.ts";

/** A connection over TCP or MPTCP: perf by HTTP, where the server knows the duration and tells what it saw. */
export class HttpLane implements Lane {
  readonly connection: Connection;
  readonly report: string | null;
  readonly #parts: HttpParts;
  readonly #settings: BenchSettings;

  private constructor(parts: HttpParts, settings: BenchSettings, report: string | null) {
    this.connection = parts.connection;
    this.report = report;
    this.#parts = parts;
    this.#settings = settings;
  }

  /** Connects; a download is asked for at once. */
  static async open(plan: RunPlan, settings: BenchSettings, signal: AbortSignal): Promise<HttpLane> {
    const { ip, port, address } = plan.remote;
    const connection = await connect(plan.transport, ip!, port!, connectOptions(plan, settings, signal));
    try {
      const stream = await connection.openStream();
      const parts = { connection, stream, client: new HttpClient(stream, address) };
      const report = plan.direction === "download" ? await startDownload(parts, settings, signal) : null;
      return new HttpLane(parts, settings, report);
    } catch (error) {
      connection.abort();
      await connection.closed;
      throw error;
    }
  }

  pull(wanted: number, _untilMs: number, meter: Meter): Promise<void> {
    // The server ends it in time
    return pull(this.#parts, wanted, meter);
  }

  push(limit: number, untilMs: number, meter: Meter): Promise<PerfReport> {
    return push(this.#parts, limit, untilMs, this.#settings, meter);
  }

  blocked(): null {
    return null;
  }
}
