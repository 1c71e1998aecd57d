/**
 * The values that everything else in mpt is made of: addresses, endpoints, paths, units, statistics,
 * results and the one error type. All of it is pure: no sockets, no clock, no permissions. Texts from
 * outside are parsed once, here, into small immutable values that cannot be wrong.
 *
 * @example Parse a target and print a measurement
 * ```ts
 * import assert from "node:assert/strict";
 * import { Endpoint, formatRate, summarize } from "@multipath/mpt/base";
 *
 * const target = Endpoint.parse("mptcp@[2001:db8::1]:4433");
 * const goodput = summarize([93.9e6, 94.1e6, 94.2e6]);
 * assert(target.transport === "mptcp" && target.ip?.family === 6);
 * assert(formatRate(goodput?.p50 ?? NaN) === "94.1 Mbit/s");
 * ```
 *
 * @module
 */

// addresses and endpoints
export { type AddressFamily, Ip } from "./ip.ts";
export { Endpoint, type EndpointParseOptions } from "./endpoint.ts";

// transports and paths
export { isTransport, type Transport, TRANSPORTS } from "./transport.ts";
export type { PathInfo, PathState, PathStatus, Tristate } from "./path.ts";

// results
export {
  type Certainty,
  type End,
  type EndReason,
  type Envelope,
  envelope,
  type EnvelopeParts,
  type HostFacts,
  type JsonValue,
  pathFromJson,
  type PathJson,
  pathToJson,
  TOOL,
  type Tool,
  type Verdict,
  type VerdictLevel,
} from "./result.ts";

// errors
export { MptError, type MptErrorCode, type MptErrorOptions, toMptError } from "./errors.ts";
export { quote } from "./quote.ts";

// units
export {
  type DurationUnit,
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
  parseDuration,
  type ParseDurationOptions,
  parseInteger,
  type ParseNumberOptions,
  parseRate,
  parseSize,
} from "./units.ts";

// statistics
export { median, quantile, summarize, type Summary } from "./statistics.ts";

// bytes
export { ByteReader, ByteWriter, fromHex, toHex } from "./bytes.ts";
