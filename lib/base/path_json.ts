import { Endpoint } from "./endpoint.ts";
import { MptError, toMptError } from "./errors.ts";
import type { PathInfo, PathState, PathStatus } from "./path.ts";
import { quote } from "./quote.ts";

/** A path as it stands in results and in the answer of a server: what is not known is null. */
export interface PathJson {
  /** The MPTCP subflow id or the QUIC path id; 0 is the first. */
  readonly id: number;
  /** Address and port on this side, such as `192.0.2.1:443` or `[2001:db8::1]:443`. */
  readonly local: string;
  /** Address and port of the other side. */
  readonly remote: string;
  /** The interface that holds the local address. */
  readonly interface: string | null;
  /** How far the path has come. */
  readonly state: PathState;
  /** Normal or backup. */
  readonly status: PathStatus;
  /** Smoothed round-trip time in milliseconds. */
  readonly rtt_ms: number | null;
  /** Smallest round-trip time seen, in milliseconds. */
  readonly min_rtt_ms: number | null;
  /** Congestion window in bytes. */
  readonly cwnd_bytes: number | null;
  /** Path MTU in bytes. */
  readonly mtu: number | null;
  /** Payload bytes sent, retransmissions included. */
  readonly bytes_sent: number;
  /** Payload bytes received. */
  readonly bytes_received: number;
  /** Payload bytes sent more than once. */
  readonly bytes_retransmitted: number;
  /** Delivery rate estimate in bits per second. */
  readonly delivery_rate_bps: number | null;
}

const STATES: readonly PathState[] = ["validating", "active", "stale", "failed", "closed"];
const STATUSES: readonly PathStatus[] = ["available", "backup"];
/** No interface of a system mpt runs on has a longer name. */
const MAX_INTERFACE = 255;

/**
 * A path in the form of the results.
 *
 * @param path The path.
 * @returns The same facts with names in snake_case, and null for what is absent.
 *
 * @example Absent facts are null, not zero
 * ```ts
 * import assert from "node:assert/strict";
 * import { Endpoint, pathToJson } from "@multipath/mpt/base";
 *
 * const json = pathToJson({
 *   id: 0,
 *   local: Endpoint.of("192.0.2.1", 50000),
 *   remote: Endpoint.of("198.51.100.1", 443),
 *   state: "active",
 *   status: "available",
 *   bytesSent: 0,
 *   bytesReceived: 0,
 *   bytesRetransmitted: 0,
 * });
 * assert(json.remote === "198.51.100.1:443" && json.rtt_ms === null);
 * ```
 */
export function pathToJson(path: PathInfo): PathJson {
  return {
    id: path.id,
    local: path.local.address,
    remote: path.remote.address,
    interface: path.interface ?? null,
    state: path.state,
    status: path.status,
    rtt_ms: path.rttMs ?? null,
    min_rtt_ms: path.minRttMs ?? null,
    cwnd_bytes: path.cwndBytes ?? null,
    mtu: path.mtu ?? null,
    bytes_sent: path.bytesSent,
    bytes_received: path.bytesReceived,
    bytes_retransmitted: path.bytesRetransmitted,
    delivery_rate_bps: path.deliveryRateBps ?? null,
  };
}

/**
 * Reads a path that a stranger sent. Fields that are not known here are ignored, fields that may be null
 * may also be missing.
 *
 * @param value The parsed JSON.
 * @returns The path.
 * @throws {MptError} `ERR_PROTOCOL`; the message names the field that is wrong.
 *
 * @example A server's view of a path
 * ```ts
 * import assert from "node:assert/strict";
 * import { pathFromJson } from "@multipath/mpt/base";
 *
 * const text = `{ "id": 1, "local": "[2001:db8::1]:443", "remote": "[2001:db8::2]:50000",
 *   "state": "active", "status": "backup", "rtt_ms": 12.5,
 *   "bytes_sent": 10, "bytes_received": 0, "bytes_retransmitted": 0 }`;
 * const path = pathFromJson(JSON.parse(text));
 * assert(path.rttMs === 12.5 && path.mtu === undefined);
 * ```
 */
export function pathFromJson(value: unknown): PathInfo {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MptError("ERR_PROTOCOL", "Cannot read a path: it is not a JSON object");
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  const name = interfaceName(fields);
  return {
    id: count(fields, "id"),
    local: endpoint(fields, "local"),
    remote: endpoint(fields, "remote"),
    ...(name === undefined ? {} : { interface: name }),
    state: word(fields, "state", STATES),
    status: word(fields, "status", STATUSES),
    ...optional("rttMs", measure(fields, "rtt_ms")),
    ...optional("minRttMs", measure(fields, "min_rtt_ms")),
    ...optional("cwndBytes", measure(fields, "cwnd_bytes")),
    ...optional("mtu", measure(fields, "mtu")),
    bytesSent: count(fields, "bytes_sent"),
    bytesReceived: count(fields, "bytes_received"),
    bytesRetransmitted: count(fields, "bytes_retransmitted"),
    ...optional("deliveryRateBps", measure(fields, "delivery_rate_bps")),
  };
}

type Fields = ReadonlyMap<string, unknown>;
type OptionalKey = "rttMs" | "minRttMs" | "cwndBytes" | "mtu" | "deliveryRateBps";

function optional(key: OptionalKey, value: number | undefined): { [K in OptionalKey]?: number } {
  return value === undefined ? {} : { [key]: value };
}

function count(fields: Fields, key: string): number {
  const value = fields.get(key);
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(key, "it is not a whole number from 0 to 2^53 - 1");
}

function measure(fields: Fields, key: string): number | undefined {
  const value = fields.get(key);
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return value;
  throw wrong(key, "it is neither null nor a number from 0 to 2^53 - 1");
}

function word<T extends string>(fields: Fields, key: string, words: readonly T[]): T {
  const value = fields.get(key);
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw wrong(key, `${typeof value === "string" ? quote(value) : "it"} is not one of ${words.join(", ")}`);
}

function interfaceName(fields: Fields): string | undefined {
  const value = fields.get("interface");
  if (value === undefined || value === null) return undefined;
  if (
    typeof value === "string" && value.length > 0 && value.length <= MAX_INTERFACE && !/\p{C}/u.test(value)
  ) return value;
  throw wrong("interface", "it is neither null nor the name of an interface");
}

function endpoint(fields: Fields, key: string): Endpoint {
  const value = fields.get(key);
  if (typeof value !== "string") throw wrong(key, "it is not a text");
  const found = parseEndpoint(key, value);
  if (found.ip === undefined || found.port === undefined || found.transport !== undefined) {
    throw wrong(key, `${quote(value)} is not an address with a port`);
  }
  return found;
}

function parseEndpoint(key: string, value: string): Endpoint {
  try {
    return Endpoint.parse(value, { allowPortZero: true });
  } catch (error) {
    throw wrong(key, toMptError(error, "Cannot parse it").message, error);
  }
}

function wrong(key: string, reason: string, cause?: unknown): MptError {
  return new MptError("ERR_PROTOCOL", `Cannot read "${key}" of a path: ${reason}`, { cause });
}
