/**
 * The test server's protocols: perf (bytes up, bytes down), check (how the server sees this connection)
 * and the reports about both, each as a codec that trusts nothing. Every transport carries the same.
 *
 * @example Ask for a megabyte
 * ```ts
 * import { decodePerfHeader, encodePerfHeader } from "@multipath/mpt/protocol";
 *
 * console.assert(decodePerfHeader(encodePerfHeader(1_000_000)) === 1_000_000);
 * ```
 *
 * @module
 */
export {
  CHECK_SCHEMA,
  type CheckAnswer,
  type CheckLimits,
  MAX_CHECK_BYTES,
  parseCheckAnswer,
} from "./check.ts";
export type { CheckCounterWindow, CheckMptcp } from "./check_mptcp.ts";
export {
  encodeSynMirror,
  MAX_SYN_MIRROR_BYTES,
  parseSynMirror,
  SYN_MIRROR_SCHEMA,
  type SynMirrorAnswer,
} from "./syn_mirror.ts";
export {
  decodePerfHeader,
  encodePerfHeader,
  looksLikeHttp,
  PERF_FIELDS,
  PERF_HEADER_BYTES,
  PERF_UPGRADE,
} from "./perf.ts";
export {
  MAX_REPORT_BYTES,
  parsePerfReport,
  PERF_REPORT_SCHEMA,
  type PerfEnd,
  type PerfReport,
} from "./perf_report.ts";
export { type Interval, type Measurement, Meter, type MeterSide, type PathBytes } from "./meter.ts";
export { type HttpAnswer, HttpClient } from "./http_client.ts";
export {
  contentLength,
  encodeRequest,
  encodeResponseHead,
  findHeadEnd,
  MAX_HEAD_BYTES,
  parseRequestHead,
  parseResponseHead,
  type RequestHead,
  type ResponseHead,
} from "./http1.ts";
export { type Http1Body, LAST_CHUNK, requestBody } from "./http1_body.ts";
export { JsonFields } from "./json_fields.ts";
export { StreamReader } from "./stream_reader.ts";
