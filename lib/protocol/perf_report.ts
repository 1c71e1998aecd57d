import { MptError } from "../base/errors.ts";
import { pathFromJson, type PathJson, pathToJson } from "../base/path_json.ts";
import { JsonFields } from "./json_fields.ts";
import type { Interval, Measurement } from "./meter.ts";

/** How a perf transfer ended at the server. */
export type PerfEnd = "running" | "done" | "duration" | "limit" | "idle" | "reset" | "error";

/** What the server saw of one perf transfer: the answer to an upload, and to `GET /perf/ID` after a download. */
export interface PerfReport {
  /** The kind of report and its version. */
  readonly schema: "mpt.perf/1";
  /** How the transfer ended at the server. */
  readonly end: PerfEnd;
  /** What came in; null when the client sent nothing. */
  readonly received: Measurement | null;
  /** What went out; null when the client wanted nothing. */
  readonly sent: Measurement | null;
  /** The paths at the end of the transfer. */
  readonly paths: readonly PathJson[];
}

/** The report's name and version. */
export const PERF_REPORT_SCHEMA = "mpt.perf/1";

/** The largest report that a client reads, in bytes. */
export const MAX_REPORT_BYTES = 16_777_216;

const MAX_INTERVALS = 100_000;
const MAX_PATHS = 256;
const ENDS: readonly PerfEnd[] = ["running", "done", "duration", "limit", "idle", "reset", "error"];

/**
 * Reads a perf report.
 *
 * @param text The body of the answer.
 * @throws {MptError} `ERR_PROTOCOL` when it is malformed.
 */
export function parsePerfReport(text: string): PerfReport {
  const fields = JsonFields.parse("the perf report", text);
  if (fields.text("schema") !== PERF_REPORT_SCHEMA) {
    throw new MptError("ERR_PROTOCOL", `Cannot read the perf report: it is not ${PERF_REPORT_SCHEMA}`);
  }
  const end = fields.text("end");
  return {
    schema: PERF_REPORT_SCHEMA,
    end: ENDS.find((each) => each === end) ?? "error",
    received: measurement(fields, "received"),
    sent: measurement(fields, "sent"),
    paths: fields.list("paths", MAX_PATHS).map((path) => pathToJson(pathFromJson(path))),
  };
}

function measurement(fields: JsonFields, name: "received" | "sent"): Measurement | null {
  if (!fields.has(name)) return null;
  const m = fields.object(name);
  return {
    bytes: m.number("bytes"),
    duration_ms: m.number("duration_ms"),
    longest_stall_ms: m.number("longest_stall_ms"),
    longest_stall_at_ms: m.numberOrNull("longest_stall_at_ms"),
    intervals: m.list("intervals", MAX_INTERVALS).map(interval),
    rtt_samples_ms: m.list("rtt_samples_ms", MAX_INTERVALS * 8).filter(isMeasure),
  };
}

function isMeasure(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function interval(value: unknown): Interval {
  const fields = JsonFields.of("an interval of the perf report", value);
  return {
    at_ms: fields.number("at_ms"),
    bytes: fields.number("bytes"),
    paths: fields.list("paths", MAX_PATHS).map((each) => {
      const path = JsonFields.of("a path of an interval", each);
      return { id: path.number("id"), bytes: path.number("bytes") };
    }),
  };
}
